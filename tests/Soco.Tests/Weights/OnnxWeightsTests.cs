using Google.Protobuf;
using Soco.Models;
using Soco.Vision;
using Soco.Weights;
using Soco.Weights.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Tests.Weights;

/// <summary>Weights of models in ONNX: told by the graph of a ResNet, whatever the tensors are called.</summary>
[Collection(Alone.Name)]
public sealed class OnnxWeightsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("resnet18", false)]
    [InlineData("resnet50", false)]
    [InlineData("resnet18", true)]
    public void A_resnet_is_told_by_its_graph(string arch, bool biases)
    {
        Dictionary<string, Tensor> state = State(arch);
        using WeightsFile weights = WeightsFile.Open(Save(new GraphOfResNet(arch, state) { HasBiases = biases }.Make()));

        Assert.Equal(WeightsContainer.Onnx, weights.Container);
        Assert.Equal(WeightsKind.Backbone, weights.Kind);
        WeightsWidths widths = WeightsWidths.Of(weights);
        Assert.Equal((arch, 0.25, null), (widths.Arch, widths.Width, widths.BlockTooMany));
        string[] expected =
        [
            .. state
                .Keys.Where(name => !name.EndsWith("num_batches_tracked", StringComparison.Ordinal))
                .Select(name => "encoder." + name)
                .Order(StringComparer.Ordinal),
        ];
        Assert.Equal(expected, weights.Names.Order(StringComparer.Ordinal));
        foreach (string name in expected)
        {
            // A bias before a norm is in the norm's mean.
            Tensor wanted =
                state[name["encoder.".Length..]] - (biases && name.EndsWith("running_mean", StringComparison.Ordinal) ? 0.5f : 0);
            Assert.True(weights.Read(name).allclose(wanted, rtol: 0, atol: 1e-6), name);
        }
    }

    [Fact]
    public void A_network_of_CNTK_computes_the_same_from_normalized_red_green_blue()
    {
        Dictionary<string, Tensor> state = State("resnet18");
        ModelProto model = new GraphOfResNet("resnet18", state).Make();
        model.ProducerName = "CNTK";
        using WeightsFile weights = WeightsFile.Open(Save(model));

        // Blue, green, red of 0 to 255 without their mean, and the same pixels as Soco sees them; far from the border, which is padded with
        // another color.
        Tensor pixels = rand(1, 3, 32, 32) * 255;
        Tensor theirs = pixels.flip(1) - tensor(new[] { 103.06262f, 115.902885f, 123.15163f }).view(1, 3, 1, 1);
        Tensor ours =
            (pixels / 255 - tensor(new[] { 0.485f, 0.456f, 0.406f }).view(1, 3, 1, 1))
            / tensor(new[] { 0.229f, 0.224f, 0.225f }).view(1, 3, 1, 1);
        Tensor expected = nn.functional.conv2d(theirs, state["conv1.weight"]) - state["bn1.running_mean"].view(1, -1, 1, 1);
        Tensor found =
            nn.functional.conv2d(ours, weights.Read("encoder.conv1.weight")) - weights.Read("encoder.bn1.running_mean").view(1, -1, 1, 1);
        Assert.True((found - expected).abs().max().item<float>() < 1e-3 * expected.abs().max().item<float>());
    }

    [Fact]
    public void A_block_too_many_is_refused_unless_a_part_is_asked_for()
    {
        // ML.NET's "ResNet18" has three blocks in its last stage.
        using WeightsFile weights = WeightsFile.Open(
            Save(new GraphOfResNet("resnet18", State("resnet18")) { HasBlockTooMany = true }.Make())
        );
        Assert.Equal("layer4.2", WeightsWidths.Of(weights).BlockTooMany);
        (string, Tensor)[] detector = [.. State("resnet18").Select(tensor => ($"backbone.body.{tensor.Key}", tensor.Value))];

        var error = Assert.Throws<SocoDataException>(() => WeightsTransfer.Load(detector, weights, TransferParts.Backbone));

        Assert.Contains("deeper than resnet18, with layer4.2", error.Message, StringComparison.Ordinal);
        Assert.Equal(100, WeightsTransfer.Load(detector, weights, TransferParts.Backbone, partial: true).Taken.Count);
    }

    [Theory]
    [InlineData("a convolution has no batch norm after it", nameof(FoldNorms))]
    [InlineData("a convolution has another padding", nameof(PadOtherwise))]
    [InlineData("its weights are in another file", nameof(KeepOutside))]
    [InlineData("it has no pooling", nameof(RemovePooling))]
    [InlineData("it has 3 stages of residual blocks", nameof(RemoveLastStage))]
    [InlineData("has 3 values", nameof(Shorten))]
    [InlineData("it has no graph", nameof(RemoveGraph))]
    public void Another_graph_is_refused_with_the_reason(string reason, string change)
    {
        ModelProto model = new GraphOfResNet("resnet18", State("resnet18")).Make();
        GetType()
            .GetMethod(change, System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static)!
            .Invoke(null, [model]);

        var error = Assert.Throws<SocoDataException>(() => WeightsFile.Open(Save(model)));

        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Single(error.Message.Split('\n'));
    }

    [Fact]
    public void A_file_that_was_cut_off_is_refused()
    {
        string path = Save(new GraphOfResNet("resnet18", State("resnet18")).Make());
        byte[] bytes = File.ReadAllBytes(path);
        foreach (int length in new[] { 2, 3, 100, bytes.Length / 2, bytes.Length - 1 })
        {
            File.WriteAllBytes(path, bytes[..length]);
            Assert.Throws<SocoDataException>(() => WeightsFile.Open(path));
        }
    }

    private static void FoldNorms(ModelProto model)
    {
        NodeProto norm = model.Graph.Node.Last(node => node.OpType == "BatchNormalization");
        norm.OpType = "Identity";
    }

    private static void PadOtherwise(ModelProto model) =>
        model.Graph.Node[0].Attribute.Single(attribute => attribute.Name == "pads").Ints[0] = 2;

    private static void KeepOutside(ModelProto model) => model.Graph.Initializer[0].DataLocation = 1;

    private static void RemovePooling(ModelProto model) =>
        model.Graph.Node.Remove(model.Graph.Node.Single(node => node.OpType == "MaxPool"));

    private static void RemoveLastStage(ModelProto model)
    {
        int sixth = model.Graph.Node.Index().Where(node => node.Item.OpType == "Add").ElementAt(5).Index;
        while (model.Graph.Node.Count > sixth + 2)
        {
            model.Graph.Node.RemoveAt(model.Graph.Node.Count - 1);
        }
    }

    private static void Shorten(ModelProto model) => model.Graph.Initializer[0].RawData = ByteString.CopyFrom(new byte[12]);

    private static void RemoveGraph(ModelProto model) => model.Graph = null;

    private static Dictionary<string, Tensor> State(string arch)
    {
        manual_seed(3);
        var network = new ResNet(arch, 0.25);
        Dictionary<string, Tensor> state = network.state_dict();
        foreach (
            (string name, Tensor value) in state.Where(tensor =>
                tensor.Key.Contains("bn", StringComparison.Ordinal) && tensor.Value.is_floating_point()
            )
        )
        {
            using IDisposable guard = no_grad();
            value.copy_(rand_like(value) + (name.EndsWith("running_var", StringComparison.Ordinal) ? 0.5 : 0));
        }

        return state;
    }

    private string Save(ModelProto model)
    {
        string path = _folder.File("model.onnx");
        File.WriteAllBytes(path, model.ToByteArray());
        return path;
    }

    /// <summary>The graph of a ResNet, with tensors of names that say nothing.</summary>
    private sealed class GraphOfResNet(string arch, Dictionary<string, Tensor> state)
    {
        private readonly GraphProto _graph = new();

        public bool HasBiases { get; init; }

        public bool HasBlockTooMany { get; init; }

        public ModelProto Make()
        {
            (bool bottleneck, int[] depths) = ResNet.BlocksOf(arch);
            string x = Relu(Stage("pixels", "conv1", "bn1", 7, 2));
            x = Node("MaxPool", [x], ("kernel_shape", [3, 3]), ("pads", [1, 1, 1, 1]), ("strides", [2, 2]));
            for (int layer = 1; layer <= 4; layer++)
            {
                int blocks = depths[layer - 1] + (HasBlockTooMany && layer == 4 ? 1 : 0);
                for (int block = 0; block < blocks; block++)
                {
                    string name = $"layer{layer}.{Math.Min(block, depths[layer - 1] - 1)}.";
                    int stride = block == 0 && layer > 1 ? 2 : 1;
                    string shortcut = state.ContainsKey(name + "downsample.0.weight")
                        ? Stage(x, name + "downsample.0", name + "downsample.1", 1, stride)
                        : x;
                    string main = bottleneck
                        ? Stage(
                            Relu(Stage(Relu(Stage(x, name + "conv1", name + "bn1", 1, 1)), name + "conv2", name + "bn2", 3, stride)),
                            name + "conv3",
                            name + "bn3",
                            1,
                            1
                        )
                        : Stage(Relu(Stage(x, name + "conv1", name + "bn1", 3, stride)), name + "conv2", name + "bn2", 3, 1);
                    x = Relu(Node("Add", [block % 2 == 0 ? main : shortcut, block % 2 == 0 ? shortcut : main]));
                }
            }

            return new ModelProto
            {
                IrVersion = 8,
                ProducerName = "test",
                Graph = _graph,
            };
        }

        private string Relu(string x) => Node("Relu", [x]);

        private string Stage(string x, string convolution, string norm, int kernel, int stride)
        {
            Tensor weight = state[convolution + ".weight"];
            string[] bias = HasBiases ? [Initializer(full(weight.shape[0], 0.5f))] : [];
            string y = Node(
                "Conv",
                [x, Initializer(weight), .. bias],
                ("kernel_shape", [kernel, kernel]),
                ("pads", [.. Enumerable.Repeat((long)kernel / 2, 4)]),
                ("strides", [stride, stride])
            );
            return Node(
                "BatchNormalization",
                [y, .. new[] { "weight", "bias", "running_mean", "running_var" }.Select(part => Initializer(state[$"{norm}.{part}"]))]
            );
        }

        private string Initializer(Tensor values)
        {
            var tensor = new TensorProto { Name = $"Parameter{_graph.Initializer.Count}", DataType = 1 };
            tensor.Dims.AddRange(values.shape);
            if (_graph.Initializer.Count % 2 == 0)
            {
                tensor.RawData = ByteString.CopyFrom(
                    System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.data<float>().ToArray().AsSpan())
                );
            }
            else
            {
                tensor.FloatData.AddRange(values.data<float>().ToArray());
            }

            _graph.Initializer.Add(tensor);
            return tensor.Name;
        }

        private string Node(string type, string[] inputs, params (string Name, long[] Values)[] attributes)
        {
            var node = new NodeProto { OpType = type };
            node.Input.AddRange(inputs);
            node.Output.Add($"value{_graph.Node.Count}");
            foreach ((string name, long[] values) in attributes)
            {
                var attribute = new AttributeProto { Name = name };
                attribute.Ints.AddRange(values);
                node.Attribute.Add(attribute);
            }

            _graph.Node.Add(node);
            return node.Output[0];
        }
    }
}

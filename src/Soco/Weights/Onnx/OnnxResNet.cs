using System.Globalization;

namespace Soco.Weights.Onnx;

/// <summary>
/// A ResNet that is told by its graph, whatever its tensors are called: a 7x7 convolution, a pooling, and residual blocks of two or three
/// convolutions, each with its batch norm (He et al., Deep Residual Learning for Image Recognition, 2015; a downsampling block has its
/// stride where torchvision has it).
/// </summary>
/// <param name="model">The model.</param>
internal sealed class OnnxResNet(ModelProto model)
{
    private const int Layers = 4;
    private const float Epsilon = 1e-5f;

    private readonly Dictionary<string, TensorProto> _initializers = model
        .Graph.Initializer.DistinctBy(tensor => tensor.Name)
        .ToDictionary(tensor => tensor.Name);
    private readonly Dictionary<string, NodeProto> _makers = model
        .Graph.Node.SelectMany(node => node.Output.Select(output => (output, node)))
        .DistinctBy(made => made.output)
        .ToDictionary(made => made.output, made => made.node);

    private readonly List<(string Name, StoredTensor Tensor)> _tensors = [];

    /// <summary>The tensors, under torchvision's names.</summary>
    /// <exception cref="FormatException">The graph is no ResNet, or one that would not compute the same in Soco.</exception>
    public List<(string Name, StoredTensor Tensor)> Tensors()
    {
        NodeProto stem = model.Graph.Node.FirstOrDefault(node => node.OpType == "Conv") ?? throw NoResNet("it has no convolution");
        NodeProto pool = model.Graph.Node.FirstOrDefault(node => node.OpType == "MaxPool") ?? throw NoResNet("it has no pooling");
        NodeProto[] path =
            PathTo(First(pool.Input), First(stem.Input)) ?? throw NoResNet("its first convolution does not lead to its pooling");
        Add(path, "conv1", "bn1", CaffeInput.IsOf(model) ? CaffeInput.Rewrite : null);

        string x = First(pool.Output);
        (int layer, int block) = (0, 0);
        foreach (NodeProto sum in model.Graph.Node.Where(node => node.OpType is "Add" or "Sum" && node.Input.Count == 2))
        {
            if (PathTo(sum.Input[0], x) is not { } one || PathTo(sum.Input[1], x) is not { } other)
            {
                continue;
            }

            (NodeProto[] main, NodeProto[] shortcut) = Convolutions(one) >= Convolutions(other) ? (one, other) : (other, one);
            bool opens = layer == 0 || (shortcut.Length > 0 && block > 0);
            (layer, block) = opens ? (layer + 1, 0) : (layer, block + 1);
            AddBlock(main, shortcut, string.Create(CultureInfo.InvariantCulture, $"layer{layer}.{block}."));
            x = model.Graph.Node.FirstOrDefault(node => node.OpType == "Relu" && First(node.Input) == First(sum.Output)) is { } relu
                ? First(relu.Output)
                : throw NoResNet("a block has no ReLU after its sum");
        }

        return layer == Layers ? _tensors : throw NoResNet($"it has {layer} stages of residual blocks, not {Layers}");
    }

    /// <summary>The first name of a list; an empty one, which names nothing, where a damaged file has none.</summary>
    private static string First(IEnumerable<string> names) => names.FirstOrDefault() ?? "";

    private static int Convolutions(NodeProto[] path) => path.Count(node => node.OpType == "Conv");

    private void AddBlock(NodeProto[] main, NodeProto[] shortcut, string name)
    {
        if (Convolutions(main) is not (2 or 3) || Convolutions(shortcut) > 1)
        {
            throw NoResNet($"a block has {Convolutions(main)} convolutions and {Convolutions(shortcut)} beside them");
        }

        NodeProto[][] stages = [.. Split(main)];
        for (int i = 0; i < stages.Length; i++)
        {
            Add(stages[i], $"{name}conv{i + 1}", $"{name}bn{i + 1}");
            if (stages.Length == 3 && i != 1 && Strides(stages[i][0]) > 1)
            {
                throw NoResNet("its bottlenecks have the stride in a 1x1 convolution");
            }
        }

        if (shortcut.Length > 0)
        {
            Add(shortcut, $"{name}downsample.0", $"{name}downsample.1");
        }
    }

    /// <summary>A path in pieces, each from one convolution to the next.</summary>
    private static IEnumerable<NodeProto[]> Split(NodeProto[] path)
    {
        int[] starts = [.. path.Index().Where(node => node.Item.OpType == "Conv").Select(node => node.Index), path.Length];
        return starts.Zip(starts.Skip(1), (start, end) => path[start..end]);
    }

    /// <summary>The nodes from one value to another, along first inputs; null where it does not lead there.</summary>
    private NodeProto[]? PathTo(string value, string from)
    {
        var path = new Stack<NodeProto>();
        while (value != from)
        {
            if (
                !_makers.TryGetValue(value, out NodeProto? node)
                || node.Input.Count == 0
                || node.OpType is not ("Conv" or "BatchNormalization" or "Relu" or "Identity")
                || path.Count > 16
            )
            {
                return null;
            }

            path.Push(node);
            value = node.Input[0];
        }

        return [.. path];
    }

    private void Add(NodeProto[] stage, string convolution, string norm, Action<float[], float[]>? rewrite = null)
    {
        NodeProto[] rest = [.. stage.Skip(1).Where(node => node.OpType is not ("Relu" or "Identity"))];
        if (stage is not [{ OpType: "Conv" } conv, ..] || rest is not [{ OpType: "BatchNormalization" } batch])
        {
            throw NoResNet(
                "a convolution has no batch norm after it; where norms are folded into the weights, training lacks their statistics: export it without folding"
            );
        }

        CheckPadding(conv);
        TensorProto weight = Initializer(conv, 1);
        float[] values = OnnxWeights.Values(weight),
            mean = Values(batch, 3),
            variance = Values(batch, 4);
        if (conv.Input.Count > 2 && conv.Input[2].Length > 0)
        {
            // The norm takes the bias away again.
            Subtract(mean, Values(conv, 2));
        }

        rewrite?.Invoke(values, mean);
        float epsilon = batch.Attribute.FirstOrDefault(attribute => attribute.Name == "epsilon")?.F ?? Epsilon;
        _tensors.Add(($"{convolution}.weight", OnnxWeights.Stored(weight.Dims, values)));
        _tensors.Add(($"{norm}.weight", Vector(Values(batch, 1))));
        _tensors.Add(($"{norm}.bias", Vector(Values(batch, 2))));
        _tensors.Add(($"{norm}.running_mean", Vector(mean)));
        _tensors.Add(($"{norm}.running_var", Vector(Array.ConvertAll(variance, value => value + (epsilon - Epsilon)))));
    }

    private static StoredTensor Vector(float[] values) => OnnxWeights.Stored([values.Length], values);

    private static void Subtract(float[] from, float[] values)
    {
        if (from.Length != values.Length)
        {
            throw new FormatException($"a convolution has {values.Length} biases and its norm {from.Length} means");
        }

        for (int i = 0; i < from.Length; i++)
        {
            from[i] -= values[i];
        }
    }

    private float[] Values(NodeProto node, int input) => OnnxWeights.Values(Initializer(node, input));

    private TensorProto Initializer(NodeProto node, int input) =>
        input < node.Input.Count && _initializers.TryGetValue(node.Input[input], out TensorProto? tensor)
            ? tensor
            : throw NoResNet($"weights of {node.OpType} {node.Name} are not stored in it");

    /// <summary>Soco pads a convolution by half its side; at the far end a stride may leave a pixel of that out.</summary>
    private static void CheckPadding(NodeProto conv)
    {
        long[] kernel = Numbers(conv, "kernel_shape"),
            pads = Numbers(conv, "pads");
        string auto = conv.Attribute.FirstOrDefault(attribute => attribute.Name == "auto_pad")?.S.ToStringUtf8() ?? "";
        bool isHalf =
            kernel is [var high, var wide]
            && (pads is [var top, var left, ..] ? (top, left) == (high / 2, wide / 2) : high == 1 && wide == 1);
        if (
            !isHalf
            || auto is not ("" or "NOTSET" or "VALID")
            || conv.Attribute.Any(attribute => attribute.Name == "group" && attribute.I != 1)
        )
        {
            throw NoResNet("a convolution has another padding, or groups");
        }
    }

    private static long Strides(NodeProto conv) => Numbers(conv, "strides").DefaultIfEmpty(1).Max();

    private static long[] Numbers(NodeProto node, string attribute) =>
        [.. node.Attribute.FirstOrDefault(found => found.Name == attribute)?.Ints ?? []];

    private static FormatException NoResNet(string why) =>
        new($"its tensors have no names that Soco knows, and its graph is no ResNet as torchvision's ({why})");
}

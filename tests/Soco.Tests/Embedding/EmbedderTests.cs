using Soco.Detection.Data;
using Soco.Embedding;
using Soco.Models;
using Soco.Pretraining.Model;
using Soco.Pretraining.Views;
using Soco.Probing;
using Soco.Recipes;
using Soco.Tensors;
using Soco.Tests.Data;
using Soco.Vision;
using Soco.Vision.Imaging;
using Soco.Weights;
using Soco.Weights.Safetensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Tests.Embedding;

[Collection(Alone.Name)]
public sealed class EmbedderTests : IDisposable
{
    // No multiple of 32: nothing may be added at the edges.
    private const int Side = 72;

    private static readonly PretrainingRecipe s_recipe = Recipe.Load<PretrainingRecipe>(
        "small",
        [
            "views.size=72",
            "views.view3_size=36",
            "model.fpn_channels=8",
            "model.head_channels=8",
            "model.head_fc=16",
            "model.projector_hidden=16",
            "model.projector_out=8",
        ]
    );

    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public EmbedderTests()
    {
        manual_seed(3);
        using var model = new SocoModel(SocoModelOptions.Of(s_recipe));
        foreach ((string name, Tensor value) in model.TransferableState())
        {
            // Statistics and scales that are those of no fresh network.
            if (name.EndsWith("running_mean", StringComparison.Ordinal))
            {
                value.copy_(randn_like(value) * 0.1f);
            }
            else if (
                name.EndsWith("running_var", StringComparison.Ordinal)
                || name.Contains("bn", StringComparison.Ordinal) && name.EndsWith("weight", StringComparison.Ordinal)
            )
            {
                using IDisposable guard = no_grad();
                value.copy_(rand_like(value) + 0.5f);
            }
        }

        SafetensorsWriter.Write(_folder.File("weights.safetensors"), model.TransferableState());
    }

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Vectors_of_images_are_those_of_plain_tensor_operations()
    {
        ToyImages source = ToyImages.Scenes(5, 1, unreadable: 2);
        var unreadable = new List<string>();
        using WeightsFile weights = WeightsFile.Open(_folder.File("weights.safetensors"));
        using var embedder = new Embedder(weights, s_recipe, new ProbeOptions { Batch = 2 });

        using VectorSet vectors = embedder.OfImages(source, null, image => unreadable.Add(image.Name));

        Assert.Equal(["scene-002.bmp"], unreadable);
        Assert.Equal(["scene-000.bmp", "scene-001.bmp", "scene-003.bmp", "scene-004.bmp"], vectors.Paths);
        Assert.Equal(new VectorOrigin(weights.Path, "resnet18", "C5", Side), vectors.Origin);
        using IDisposable guard = no_grad();
        foreach ((int row, int index) in new[] { 0, 1, 3, 4 }.Index())
        {
            Tensor expected = Stages(weights, PixelsOf(source, index))[^1].mean([2, 3])[0];
            AssertClose(expected, vectors.Values[row]);
        }
    }

    [Fact]
    public void Vectors_of_boxes_are_what_the_box_head_gives_on_the_level_of_their_size()
    {
        using LabelledImages images = ToyLabels.Scenes(4, 1, unreadable: 2);
        using WeightsFile weights = WeightsFile.Open(_folder.File("weights.safetensors"));
        using var embedder = new Embedder(weights, s_recipe, new ProbeOptions { Batch = 2 });

        using VectorSet vectors = embedder.OfBoxes(images, null, _ => { });

        var levels = new PyramidLevels(s_recipe.LevelLimits);
        int row = 0;
        using IDisposable guard = no_grad();
        foreach (int place in new[] { 0, 1, 3 })
        {
            Tensor[] stages = Stages(weights, PixelsOf(images.Source, place));
            using Fpn neck = Loaded(new Fpn([.. stages.Select(stage => (int)stage.shape[1])], 8), weights, "neck.");
            using ConvFcHead head = Loaded(new ConvFcHead(8, 8, 7, 16), weights, "head.");
            Tensor[] maps = neck.Forward(stages);
            foreach (LabelledObject item in images.ObjectsOf(place))
            {
                var box = new BoxXyxy(item.Box.X1 * Side / 96, item.Box.Y1 * Side / 72, item.Box.X2 * Side / 96, item.Box.Y2 * Side / 72);
                int level = levels.LevelOf(box) is >= 0 and var found ? found : 3;
                Tensor region = tensor(new[] { 0, (float)box.X1, (float)box.Y1, (float)box.X2, (float)box.Y2 }, [1, 5]);
                var options = new RoiAlignOptions(7, 1f / (4 << level), 2);

                Tensor expected = head.forward(RoiAlignOps.Apply(maps[level], RoiAlign.Regions.Read(maps[level], region, options)))[0];

                AssertClose(expected, vectors.Values[row]);
                Assert.Equal(item.Box, vectors.Boxes![row]);
                Assert.Equal(images.ImageAt(place).FileName, vectors.Paths[row++]);
            }
        }

        Assert.Equal(row, vectors.Count);
        Assert.Equal("head", vectors.Origin.Stage);
    }

    [Fact]
    public void The_same_again_is_the_same_and_leaves_no_tensors()
    {
        ToyImages source = ToyImages.Scenes(3);
        using WeightsFile weights = WeightsFile.Open(_folder.File("weights.safetensors"));
        using var embedder = new Embedder(weights, s_recipe, new ProbeOptions { Batch = 2 });
        byte[] once = Bytes();
        long live = LiveTensors.Count();

        Assert.Equal(once, Bytes());
        Assert.Equal(live, LiveTensors.Count());

        byte[] Bytes()
        {
            using VectorSet vectors = embedder.OfImages(source, null, _ => { });
            using Tensor directions = vectors.Directions();
            return [.. vectors.Values.bytes, .. directions.bytes];
        }
    }

    [Theory]
    [InlineData("neck.")] // a backbone
    [InlineData(".bn.")] // an FPN without norms
    public void Weights_without_an_fpn_as_socos_give_vectors_of_images_alone(string without)
    {
        using (WeightsFile whole = WeightsFile.Open(_folder.File("weights.safetensors")))
        {
            SafetensorsWriter.Write(
                _folder.File("backbone.safetensors"),
                whole.Names.Where(name => !name.Contains(without, StringComparison.Ordinal)).Select(name => (name, whole.Read(name)))
            );
        }

        using WeightsFile weights = WeightsFile.Open(_folder.File("backbone.safetensors"));
        using var embedder = new Embedder(weights, null, new ProbeOptions { Size = 32 });
        using LabelledImages images = ToyLabels.Scenes(2);

        Assert.Contains(
            "has no FPN and box head",
            Assert.Throws<SocoRequestException>(() => embedder.OfBoxes(images, null, _ => { })).Message
        );
        using VectorSet vectors = embedder.OfImages(images.Source, null, _ => { });
        Assert.Equal((2, 512, 32), (vectors.Count, vectors.Dimensions, vectors.Origin.Side));
    }

    private static void AssertClose(Tensor expected, Tensor actual)
    {
        float largest = expected.abs().max().item<float>();
        Assert.InRange((expected - actual).abs().max().item<float>(), 0, 2e-5f * largest);
        Assert.True(largest > 0);
    }

    private static T Loaded<T>(T module, WeightsFile weights, string prefix)
        where T : nn.Module
    {
        StateLoading.Load(StateLoading.TensorsOf(module), weights, weights.Path, prefix: prefix);
        module.eval();
        return module;
    }

    private static Tensor PixelsOf(Soco.Vision.Sources.ImageSource source, int index)
    {
        RgbImage image = Resampling.ResizeBilinear(ImageDecoder.Decode(source.ReadBytes(index), source.NameOf(index)), Side, Side);
        Tensor pixels = tensor(image.Pixels.ToArray(), [Side, Side, 3]).to_type(ScalarType.Float32).permute(2, 0, 1) / 255;
        Tensor mean = tensor(new[] { 0.485f, 0.456f, 0.406f }).view(3, 1, 1),
            std = tensor(new[] { 0.229f, 0.224f, 0.225f }).view(3, 1, 1);
        return ((pixels - mean) / std).unsqueeze(0);
    }

    /// <summary>C2 to C5 of a ResNet-18 (He et al., 2016), operation by operation.</summary>
    private static Tensor[] Stages(WeightsFile weights, Tensor image)
    {
        Tensor x = nn.functional.max_pool2d(Norm("bn1", Convolution("conv1", image, 2, 3)).relu(), 3, 2, 1);
        var stages = new List<Tensor>();
        for (int stage = 1; stage <= 4; stage++)
        {
            for (int block = 0; block < 2; block++)
            {
                string name = $"layer{stage}.{block}.";
                int stride = stage > 1 && block == 0 ? 2 : 1;
                Tensor shortcut = stride == 2 ? Norm(name + "downsample.1", Convolution(name + "downsample.0", x, 2, 0)) : x;
                Tensor inner = Norm(name + "bn1", Convolution(name + "conv1", x, stride, 1)).relu();
                x = (Norm(name + "bn2", Convolution(name + "conv2", inner, 1, 1)) + shortcut).relu();
            }

            stages.Add(x);
        }

        return [.. stages];

        Tensor Read(string name) => weights.Read($"encoder.{name}");

        Tensor Convolution(string name, Tensor input, long stride, long padding) =>
            nn.functional.conv2d(input, Read(name + ".weight"), strides: [stride, stride], padding: [padding, padding]);

        Tensor Norm(string name, Tensor input)
        {
            Tensor Column(string part) => Read($"{name}.{part}").view(1, -1, 1, 1);
            return (input - Column("running_mean")) / (Column("running_var") + 1e-5f).sqrt() * Column("weight") + Column("bias");
        }
    }
}

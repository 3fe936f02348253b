using System.Text.Json;
using Soco.Detection.Model;
using Soco.TestSupport;
using Soco.Vision;
using Soco.Weights;
using Soco.Weights.Export;
using Soco.Weights.Safetensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Tests.Weights.Export;

[Collection(Alone.Name)]
public sealed class WeightsExportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("soco_fpn_checkpoint", "soco_fpn_checkpoint", ExportFormat.Soco, "model")]
    [InlineData("soco_c4_checkpoint", "soco_c4_checkpoint", ExportFormat.Soco, "model")]
    [InlineData("soco_fpn_checkpoint", "detectron2_fpn", ExportFormat.Detectron2, "model,__author__,matching_heuristics")]
    [InlineData("soco_c4_checkpoint", "detectron2_c4", ExportFormat.Detectron2, "model,__author__,matching_heuristics")]
    [InlineData("soco_fpn_checkpoint", "mmdetection_fpn", ExportFormat.Mmdetection, "state_dict,meta")]
    [Trait("Category", "Golden")]
    public void Names_shapes_order_and_wrappers_are_those_of_the_authors_converters(
        string from,
        string to,
        ExportFormat format,
        string wrappers
    ) =>
        Assert.All(
            GoldenFiles.Matching("checkpoint_keys*.json"),
            path =>
            {
                using DisposeScope scope = NewDisposeScope();
                using JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(path));
                string source = _folder.File("source.safetensors"),
                    exported = _folder.File("exported");
                SafetensorsWriter.Write(source, Lines(golden, from).Select((line, i) => (line.Name, Value(line, i))));
                using WeightsFile weights = WeightsFile.Open(source);

                WeightsExport.Write(weights, format, ExportPart.All, exported);

                using WeightsFile read = WeightsFile.Open(exported);
                Assert.Equal(wrappers.Split(','), read.Wrappers.Select(wrapper => wrapper.Key));
                Assert.Equal(
                    Lines(golden, to).Select(line => $"{line.Name} {line.Shape}"),
                    read.Stored.Names.Select(name => $"{name} [{string.Join(", ", read.Stored.Shape(name))}]")
                );
                Assert.All(read.Names, name => Assert.True(read.Read(name).bytes.SequenceEqual(weights.Read(name).bytes), name));
            }
        );

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float64)]
    public void Any_format_gives_back_the_bits_that_went_in(ScalarType type)
    {
        string source = _folder.File("source.safetensors");
        Tensor kernel = randn(64, 3, 7, 7).to(type),
            bias = randn(64).to(type);
        SafetensorsWriter.Write(
            source,
            [
                ("encoder.conv1.weight", kernel),
                ("encoder.bn1.bias", bias),
                ("encoder.bn1.num_batches_tracked", tensor(5L)),
                ("encoder.layer1.0.conv1.weight", kernel),
            ]
        );
        using WeightsFile weights = WeightsFile.Open(source);

        Assert.All(
            Enum.GetValues<ExportFormat>(),
            format =>
            {
                string exported = _folder.File($"{format}");
                WeightsExport.Write(weights, format, ExportPart.Backbone, exported);
                using WeightsFile read = WeightsFile.Open(exported);

                // numpy has no bfloat16.
                ScalarType expected = format == ExportFormat.Detectron2 && type == ScalarType.BFloat16 ? ScalarType.Float32 : type;
                Assert.Equal(WeightsKind.Backbone, read.Kind);
                Assert.True(read.Read("encoder.conv1.weight").bytes.SequenceEqual(kernel.to(expected).bytes));
                Assert.True(read.Read("encoder.bn1.bias").bytes.SequenceEqual(bias.to(expected).bytes));
                Assert.Equal(5L, read.Read("encoder.bn1.num_batches_tracked").item<long>());
            }
        );
    }

    [Fact]
    public void Halved_files_hold_the_nearest_float16_and_leave_counts_as_they_are()
    {
        string source = _folder.File("source.safetensors");
        Tensor kernel = randn(64, 3, 7, 7),
            count = tensor(70_000L);
        SafetensorsWriter.Write(
            source,
            [("encoder.conv1.weight", kernel), ("encoder.bn1.num_batches_tracked", count), ("encoder.layer1.0.conv1.weight", kernel)]
        );
        using WeightsFile weights = WeightsFile.Open(source);

        Assert.All(
            Enum.GetValues<ExportFormat>(),
            format =>
            {
                string exported = _folder.File($"{format}");
                WeightsExport.Write(weights, format, ExportPart.Backbone, exported, halved: true);
                using WeightsFile read = WeightsFile.Open(exported);
                Assert.True(read.Read("encoder.conv1.weight").bytes.SequenceEqual(kernel.to(ScalarType.Float16).bytes));
                Assert.Equal(70_000L, read.Read("encoder.bn1.num_batches_tracked").item<long>());
            }
        );

        SafetensorsWriter.Write(source, [("encoder.conv1.weight", full([64, 3, 7, 7], 1e5f)), ("encoder.layer1.0.conv1.weight", kernel)]);
        using WeightsFile large = WeightsFile.Open(source);
        var error = Assert.Throws<SocoRequestException>(() =>
            WeightsExport.Write(large, ExportFormat.Safetensors, ExportPart.All, _folder.File("large"), halved: true)
        );
        Assert.Contains("encoder.conv1.weight has values above 65,504", error.Message);
        Assert.False(File.Exists(_folder.File("large")));
    }

    [Theory]
    [InlineData("encoder.", false, ExportFormat.Torchvision, ExportFormat.Detectron2)]
    [InlineData("backbone.body.", false, ExportFormat.Torchvision, ExportFormat.Detectron2)]
    [InlineData("encoder.", true, ExportFormat.Torchvision)]
    public void A_width_that_a_framework_cannot_build_is_refused(string body, bool bottleneck, params ExportFormat[] refused)
    {
        string source = _folder.File("source.safetensors");
        SafetensorsWriter.Write(
            source,
            [
                (body + "conv1.weight", ones(32, 3, 7, 7)),
                ($"{body}layer1.0.conv{(bottleneck ? 3 : 1)}.weight", ones(32, 32, 1, 1)),
                ("backbone.fpn.inner_blocks.0.0.weight", ones(1)),
                ("roi_heads.box_predictor.cls_score.weight", ones(2, 1)),
            ]
        );
        using WeightsFile weights = WeightsFile.Open(source);

        Assert.All(
            refused,
            format =>
            {
                var error = Assert.Throws<SocoRequestException>(() =>
                    WeightsExport.Write(weights, format, ExportPart.Backbone, _folder.File("refused"))
                );
                Assert.Contains("32 stem channels", error.Message);
            }
        );
        Assert.NotEmpty(
            WeightsExport.Write(
                weights,
                ExportFormat.Safetensors,
                body == "encoder." ? ExportPart.Backbone : ExportPart.All,
                _folder.File("taken")
            )
        );
    }

    [Fact]
    public void Each_part_includes_those_before_it_and_one_that_is_not_there_is_refused()
    {
        string source = _folder.File("source.safetensors"),
            exported = _folder.File("exported.pth");
        SafetensorsWriter.Write(
            source,
            [("encoder.conv1.weight", ones(1)), ("neck.fpn_convs.0.bn.bias", ones(1)), ("projector.linear1.bias", ones(1))]
        );
        using WeightsFile weights = WeightsFile.Open(source);

        Assert.Equal(["conv1.weight"], WeightsExport.Write(weights, ExportFormat.Torchvision, ExportPart.Backbone, exported));
        Assert.Equal(
            ["backbone.body.conv1.weight", "backbone.fpn.layer_blocks.0.1.bias"],
            WeightsExport.Write(weights, ExportFormat.Torchvision, ExportPart.Fpn, exported)
        );
        Assert.Equal(["module.encoder.conv1.weight"], WeightsExport.Write(weights, ExportFormat.Soco, ExportPart.Backbone, exported));
        Assert.Equal(
            $"{source} has no tensors head.*, which --part head asks for; ask for a smaller part.",
            Assert.Throws<SocoRequestException>(() => WeightsExport.Write(weights, ExportFormat.Soco, ExportPart.Head, exported)).Message
        );
        Assert.Contains(
            "holds no detector",
            Assert
                .Throws<SocoRequestException>(() => WeightsExport.Write(weights, ExportFormat.Torchvision, ExportPart.Detector, exported))
                .Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    [Trait("Category", "Golden")]
    public void A_detector_goes_to_detectron2_and_back_and_to_torchvisions_names_in_order() =>
        Assert.All(
            GoldenFiles.Matching("torchvision_maskrcnn_keys*.json"),
            path =>
            {
                using DisposeScope scope = NewDisposeScope();
                using JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(path));
                (string Name, string Shape, long[] Sides)[] lines = [.. Lines(golden.RootElement)];
                string source = _folder.File("source.safetensors"),
                    there = _folder.File("there.pkl"),
                    back = _folder.File("back.pth");
                SafetensorsWriter.Write(source, lines.Select((line, i) => (line.Name, Value(line, i))));
                using WeightsFile weights = WeightsFile.Open(source);

                WeightsExport.Write(weights, ExportFormat.Detectron2, ExportPart.Detector, there);
                using WeightsFile detectron2 = WeightsFile.Open(there);
                WeightsExport.Write(detectron2, ExportFormat.Torchvision, ExportPart.Detector, back);
                using WeightsFile torchvision = WeightsFile.Open(back);

                Assert.Equal(
                    (WeightsFormat.Detectron2, WeightsKind.Detector, false),
                    (detectron2.Format, detectron2.Kind, detectron2.BackgroundFirst)
                );
                Assert.Equal([4, 256, 1, 1], detectron2.Stored.Shape("roi_heads.mask_head.predictor.weight"));
                Assert.Contains("backbone.bottom_up.res2.0.conv1.norm.running_var", detectron2.Stored.Names);
                Assert.Equal(
                    (WeightsFormat.Torchvision, WeightsKind.Detector, true),
                    (torchvision.Format, torchvision.Kind, torchvision.BackgroundFirst)
                );
                Assert.Equal(
                    lines.Select(line => $"{line.Name} {line.Shape}"),
                    torchvision.Names.Select(name => $"{name} [{string.Join(", ", torchvision.Shape(name))}]")
                );
                Assert.All(
                    torchvision.Names,
                    name =>
                        Assert.True(
                            Objects(name, torchvision.Read(name)).bytes.SequenceEqual(Objects(name, weights.Read(name)).bytes),
                            name
                        )
                );
            }
        );

    [Fact]
    public void An_rpn_of_one_convolution_gets_one_that_passes_its_input_through()
    {
        string source = _folder.File("source.safetensors"),
            exported = _folder.File("exported.pth");
        SafetensorsWriter.Write(
            source,
            [
                ("backbone.body.conv1.weight", ones(1)),
                ("backbone.fpn.inner_blocks.0.0.weight", ones(1)),
                ("rpn.head.conv.0.0.weight", randn(3, 3, 3, 3)),
                ("rpn.head.conv.0.0.bias", randn(3)),
            ]
        );
        using WeightsFile weights = WeightsFile.Open(source);

        WeightsExport.Write(weights, ExportFormat.Torchvision, ExportPart.All, exported);

        using WeightsFile read = WeightsFile.Open(exported);
        Tensor input = randn(2, 3, 5, 5);
        Tensor passed = nn.functional.conv2d(
            input,
            read.Read("rpn.head.conv.1.0.weight"),
            read.Read("rpn.head.conv.1.0.bias"),
            padding: [1, 1]
        );
        Assert.True(input.bytes.SequenceEqual(passed.bytes));
    }

    [Fact]
    public void A_detector_on_c4_goes_to_detectron2_alone()
    {
        string source = _folder.File("source.safetensors"),
            exported = _folder.File("exported.pkl");
        SafetensorsWriter.Write(
            source,
            [
                ("backbone.body.layer3.0.bn2.weight", ones(1)),
                ("backbone.body.layer4.0.bn2.weight", ones(1)),
                ("rpn.head.conv.0.0.bias", ones(1)),
                ("roi_heads.box_head.norm.weight", ones(1)),
            ]
        );
        using WeightsFile weights = WeightsFile.Open(source);

        Assert.Equal(
            [
                "backbone.res4.0.conv2.norm.weight",
                "roi_heads.res5.0.conv2.norm.weight",
                "proposal_generator.rpn_head.conv.bias",
                "roi_heads.res5.norm.weight",
            ],
            WeightsExport.Write(weights, ExportFormat.Detectron2, ExportPart.All, exported)
        );
        using WeightsFile read = WeightsFile.Open(exported);
        Assert.Equal(weights.Names.Order(), read.Names.Order());
        Assert.Contains(
            "on C4",
            Assert
                .Throws<SocoRequestException>(() => WeightsExport.Write(weights, ExportFormat.Torchvision, ExportPart.All, exported))
                .Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(DetectorVariant.Fpn)]
    [InlineData(DetectorVariant.C4)]
    public void Every_tensor_of_socos_own_detector_goes_to_detectron2_and_comes_back(DetectorVariant variant)
    {
        string source = _folder.File("source.safetensors"),
            there = _folder.File("there.pkl");
        using var model = new MaskRcnn(
            (variant == DetectorVariant.C4 ? MaskRcnnOptions.C4 : new MaskRcnnOptions()) with
            {
                Arch = "resnet18",
                Classes = 3,
                HeadChannels = 16,
                HeadFc = 32,
            }
        );
        SafetensorsWriter.Write(source, StateLoading.TensorsOf(model));
        using WeightsFile weights = WeightsFile.Open(source);

        WeightsExport.Write(weights, ExportFormat.Detectron2, ExportPart.All, there);

        using WeightsFile read = WeightsFile.Open(there);
        Assert.Equal((WeightsKind.Detector, false), (read.Kind, read.BackgroundFirst));
        Assert.Equal(weights.Names.Count, read.Stored.Names.Count);
        Assert.True(WeightsTransfer.Load(StateLoading.TensorsOf(model), read, strict: true).Fresh.Count == 0);
        Assert.All(weights.Names, name => Assert.True(weights.Read(name).bytes.SequenceEqual(read.Read(name).bytes), name));
    }

    /// <summary>The rows that stand for objects: a background's boxes and mask are read by nothing, and are zero on the way back.</summary>
    private static Tensor Objects(string name, Tensor tensor) =>
        name.StartsWith("roi_heads.box_predictor.bbox_pred.", StringComparison.Ordinal) ? tensor.narrow(0, 4, tensor.shape[0] - 4).clone()
        : name.StartsWith("roi_heads.mask_predictor.mask_fcn_logits.", StringComparison.Ordinal)
            ? tensor.narrow(0, 1, tensor.shape[0] - 1).clone()
        : tensor;

    /// <summary>Narrow types keep the whole of a ResNet-50 quick to write.</summary>
    private static Tensor Value((string Name, string Shape, long[] Sides) line, int seed) =>
        line.Sides.Length == 0 ? tensor((long)seed) : full(line.Sides, (byte)(seed % 251), ScalarType.Byte);

    private static IEnumerable<(string Name, string Shape, long[] Sides)> Lines(JsonDocument golden, string key) =>
        Lines(golden.RootElement.GetProperty(key));

    private static IEnumerable<(string Name, string Shape, long[] Sides)> Lines(JsonElement shapes) =>
        shapes
            .EnumerateObject()
            .Select(entry =>
            {
                long[] sides = [.. entry.Value.EnumerateArray().Select(side => side.GetInt64())];
                return (entry.Name, $"[{string.Join(", ", sides)}]", sides);
            });
}

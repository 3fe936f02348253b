using System.Text.Json;
using Soco.Detection.Model;
using Soco.Pretraining.Model;
using Soco.Runs;
using Soco.TestSupport;
using Soco.Vision;
using Soco.Weights;
using Soco.Weights.Safetensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Tests.Weights;

[Collection(Alone.Name)]
public sealed class WeightsTransferTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    private string Path => _folder.File("weights.safetensors");

    [Theory]
    [InlineData(TransferParts.Backbone, "backbone.body")]
    [InlineData(TransferParts.Fpn, "backbone.body,backbone.fpn")]
    [InlineData(TransferParts.Head, "backbone.body,backbone.fpn,roi_heads.box_head")]
    [Trait("Category", "Golden")]
    public void Every_pretrained_tensor_of_the_parts_finds_its_place_in_torchvisions_detector(TransferParts parts, string taken) =>
        Assert.All(
            GoldenFiles.Matching("torchvision_maskrcnn_keys*.json"),
            path =>
            {
                using DisposeScope scope = NewDisposeScope();
                using JsonDocument keys = JsonDocument.Parse(File.ReadAllBytes(path));
                (string Name, Tensor Tensor)[] detector =
                [
                    .. keys
                        .RootElement.EnumerateObject()
                        .Select(key => (key.Name, empty([.. key.Value.EnumerateArray().Select(side => side.GetInt64())], device: META))),
                ];
                using var model = new SocoModel(new SocoModelOptions());
                SafetensorsWriter.Write(Path, model.TransferableState());
                using WeightsFile weights = WeightsFile.Open(Path);

                TransferReport report = WeightsTransfer.Load(detector, weights, parts, strict: true);

                string[] expected = taken.Split(',');
                Assert.Equal(
                    detector.Select(t => t.Name).Where(name => expected.Contains(TransferReport.PartOf(name))),
                    report.Taken.Select(t => t.Name)
                );
                Assert.Equal(detector.Length - report.Taken.Count, report.Fresh.Count);
                Assert.Empty(report.Unused);
                Assert.Equal(weights.Names.Count - report.Taken.Count, report.LeftOut);
            }
        );

    [Theory]
    [InlineData(Variant.Fpn, DetectorVariant.Fpn)]
    [InlineData(Variant.C4, DetectorVariant.C4)]
    public void A_pretrained_network_fills_socos_own_detector(Variant pretrained, DetectorVariant variant)
    {
        var parts = new SocoModelOptions
        {
            Variant = pretrained,
            Arch = "resnet18",
            FpnChannels = 16,
            HeadChannels = 16,
            HeadFc = 32,
            ProjectorHidden = 8,
            ProjectorOut = 8,
        };
        using var source = new SocoModel(parts);
        using var detector = new MaskRcnn(
            new MaskRcnnOptions
            {
                Variant = variant,
                Arch = "resnet18",
                Classes = 3,
                FpnChannels = 16,
                HeadChannels = 16,
                HeadFc = 32,
            }
        );
        SafetensorsWriter.Write(Path, source.TransferableState());
        using WeightsFile weights = WeightsFile.Open(Path);

        TransferReport report = WeightsTransfer.Load(StateLoading.TensorsOf(detector), weights);

        Assert.Equal(weights.Names.Count, report.Taken.Count);
        Assert.Equal((0, 0), (report.Unused.Count, report.LeftOut));
        Assert.DoesNotContain(report.Fresh, tensor => tensor.Name.StartsWith("backbone.", StringComparison.Ordinal));
        Dictionary<string, Tensor> values = StateLoading.TensorsOf(detector).ToDictionary(tensor => tensor.Name, tensor => tensor.Tensor);
        Assert.All(
            report.Taken,
            tensor => Assert.True(values[tensor.Name].detach().bytes.SequenceEqual(weights.Read(tensor.Source).bytes), tensor.Name)
        );
    }

    [Fact]
    public void The_values_come_over_and_the_report_tells_what_did_not()
    {
        Write(
            ("encoder.conv1.weight", full([2, 3], 5f)),
            ("neck.lateral_convs.1.bn.bias", full(4, 6f)),
            ("head.fc1.weight", ones(3)),
            ("head.fc9.weight", ones(3)),
            ("projector.linear1.weight", ones(3))
        );
        (string, Tensor)[] detector =
        [
            ("backbone.body.conv1.weight", zeros(2, 3)),
            ("backbone.fpn.inner_blocks.1.1.bias", zeros(4)),
            ("roi_heads.box_head.5.weight", zeros(7)),
            ("rpn.head.cls_logits.bias", zeros(1)),
        ];
        using WeightsFile weights = WeightsFile.Open(Path);

        TransferReport report = WeightsTransfer.Load(detector, weights);

        Assert.Equal([5f, 6f, 0f], detector[..3].Select(t => t.Item2.flatten()[0].item<float>()));
        Assert.Equal(["encoder.conv1.weight", "neck.lateral_convs.1.bn.bias"], report.Taken.Select(t => t.Source));
        Assert.Equal(
            ["roi_heads.box_head.5.weight: 3", "rpn.head.cls_logits.bias: "],
            report.Fresh.Select(t => $"{t.Name}: {string.Join(',', t.ShapeInFile ?? [])}")
        );
        Assert.Empty(report.Unused);
        Assert.Equal(
            $"2 tensors come from {Path}, 2 begin fresh (roi_heads.box_head, rpn.head), 1 of them because their shapes differ; 2 of other parts are left out.",
            report.Describe()
        );
    }

    [Fact]
    public void A_strict_transfer_refuses_what_is_missing_and_changes_nothing()
    {
        Write(("encoder.conv1.weight", full([2, 3], 5f)), ("encoder.layer1.0.conv9.weight", ones(3)));
        Tensor untouched = zeros(2, 3);
        using WeightsFile weights = WeightsFile.Open(Path);

        var error = Assert.Throws<SocoDataException>(() =>
            WeightsTransfer.Load(
                [("backbone.body.conv1.weight", untouched), ("backbone.body.layer1.0.conv1.weight", zeros(3))],
                weights,
                TransferParts.Backbone,
                strict: true
            )
        );

        Assert.Contains(
            "1 missing (backbone.body.layer1.0.conv1.weight); 1 unexpected (encoder.layer1.0.conv9.weight",
            error.Message,
            StringComparison.Ordinal
        );
        Assert.Equal(0f, untouched.sum().item<float>());
    }

    [Fact]
    public void A_part_of_a_backbone_is_taken_only_when_asked_for()
    {
        Write(("encoder.conv1.weight", full([2, 3], 5f)), ("encoder.layer1.0.conv1.weight", ones(4)));
        (string, Tensor)[] detector =
        [
            ("backbone.body.conv1.weight", zeros(2, 3)),
            ("backbone.body.layer1.0.conv1.weight", zeros(3)),
            ("backbone.body.layer2.0.conv1.weight", zeros(3)),
            ("backbone.body.bn1.num_batches_tracked", zeros(1)),
        ];
        using WeightsFile weights = WeightsFile.Open(Path);

        var error = Assert.Throws<SocoDataException>(() => WeightsTransfer.Load(detector, weights));

        Assert.Contains(
            "lacks 2 tensors of the backbone, or has them in another shape, backbone.body.layer1.0.conv1.weight among them",
            error.Message,
            StringComparison.Ordinal
        );
        Assert.Contains("--partial", error.Message, StringComparison.Ordinal);
        Assert.Equal(0f, detector[0].Item2.sum().item<float>());
        Assert.Single(WeightsTransfer.Load(detector, weights, partial: true).Taken);
        Assert.Equal(30f, detector[0].Item2.sum().item<float>());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Classes_are_put_in_the_order_of_the_detector(bool backgroundFirst)
    {
        // Two classes and background; a row's values tell which it is.
        (string, Tensor)[] first =
        [
            ("roi_heads.box_predictor.cls_score.bias", tensor(new float[] { 9, 1, 2 })),
            ("roi_heads.box_predictor.bbox_pred.bias", tensor(new float[] { 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2 })),
            ("roi_heads.mask_predictor.mask_fcn_logits.weight", tensor(new float[] { 0, 1, 2 }).view(3, 1)),
        ];
        (string, Tensor)[] last =
        [
            ("roi_heads.box_predictor.cls_score.bias", tensor(new float[] { 1, 2, 9 })),
            ("roi_heads.box_predictor.bbox_pred.bias", tensor(new float[] { 1, 1, 1, 1, 2, 2, 2, 2 })),
            ("roi_heads.mask_predictor.mask_fcn_logits.weight", tensor(new float[] { 1, 2 }).view(2, 1)),
        ];
        (string Name, Tensor Tensor)[] expected = backgroundFirst ? first : last;
        Write([("backbone.body.conv1.weight", ones(1)), .. backgroundFirst ? last : first]);
        (string Name, Tensor Tensor)[] detector = [.. expected.Select(tensor => (tensor.Name, zeros_like(tensor.Tensor)))];
        using WeightsFile weights = WeightsFile.Open(Path);

        TransferReport report = WeightsTransfer.Load(detector, weights);

        Assert.Equal(!backgroundFirst, weights.BackgroundFirst);
        Assert.Empty(report.Fresh);
        Assert.All(
            expected.Zip(detector),
            pair => Assert.True(pair.First.Tensor.equal(pair.Second.Tensor).all().item<bool>(), pair.First.Name)
        );
    }

    [Fact]
    public void A_file_of_something_else_is_refused()
    {
        Write(("transformer.wte", ones(2)));
        using WeightsFile weights = WeightsFile.Open(Path);

        Assert.Equal((WeightsFormat.Other, WeightsKind.Unknown), (weights.Format, weights.Kind));
        var error = Assert.Throws<SocoDataException>(() => WeightsTransfer.Load([("backbone.body.conv1.weight", zeros(1))], weights));
        Assert.StartsWith($"Nothing of {Path} fits this detector", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_checkpoint_of_a_run_gives_its_model_alone()
    {
        Write(
            ("model.encoder.conv1.weight", ones(2)),
            ("model.projector.linear1.bias", ones(2)),
            ("optimizer.encoder.conv1.weight", ones(2))
        );
        using WeightsFile weights = RunFolder.OpenWeights(Path);

        Assert.Equal((WeightsFormat.Soco, WeightsKind.Pretrained), (weights.Format, weights.Kind));
        Assert.Equal(["encoder.conv1.weight", "projector.linear1.bias"], weights.Names);
        Assert.Equal(3, weights.Stored.Names.Count);
    }

    private void Write(params (string, Tensor)[] tensors) => SafetensorsWriter.Write(Path, tensors);
}

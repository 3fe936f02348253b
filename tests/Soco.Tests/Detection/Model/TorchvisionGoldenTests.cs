using System.Text.Json;
using Soco.Detection.Data;
using Soco.Detection.Model;
using Soco.TestSupport;
using Soco.Vision;
using Soco.Vision.Inference;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Tests.Detection.Model;

/// <summary>torchvision's maskrcnn_resnet50_fpn_v2: its parameters by name, its losses and gradients, and its detections.</summary>
[Trait("Category", "Golden")]
public class TorchvisionGoldenTests
{
    private static readonly float[] Mean = [0.485f, 0.456f, 0.406f];
    private static readonly float[] Std = [0.229f, 0.224f, 0.225f];

    public static TheoryData<string> Files() =>
        [
            .. GoldenFiles
                .Matching("torchvision_maskrcnn*.json")
                .Select(f => Path.GetFileName(f)!)
                .Where(f => !f.Contains("keys", StringComparison.Ordinal)),
        ];

    public static TheoryData<string> KeyFiles() =>
        [.. GoldenFiles.Matching("torchvision_maskrcnn*keys*.json").Select(f => Path.GetFileName(f)!)];

    [Theory]
    [MemberData(nameof(KeyFiles))]
    public void Parameters_and_buffers_have_torchvisions_names_and_shapes(string file)
    {
        using JsonDocument keys = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(GoldenFiles.Folder, file)));
        int classes = keys.RootElement.GetProperty("roi_heads.box_predictor.cls_score.bias")[0].GetInt32() - 1;
        using var model = new MaskRcnn(MaskRcnnOptions.TorchvisionV2 with { Classes = classes });

        Dictionary<string, string> named = keys
            .RootElement.EnumerateObject()
            .ToDictionary(e => e.Name, e => string.Join(',', e.Value.EnumerateArray().Select(d => d.GetInt64())));
        Assert.Equal(
            named.OrderBy(e => e.Key, StringComparer.Ordinal),
            model
                .state_dict()
                .Select(e => KeyValuePair.Create(e.Key, string.Join(',', e.Value.shape)))
                .OrderBy(e => e.Key, StringComparer.Ordinal)
        );
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Losses_and_gradients_are_torchvisions(string file)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(GoldenFiles.Folder, file)));
        JsonElement golden = document.RootElement;
        using DisposeScope scope = NewDisposeScope();
        MaskRcnn model = Filled(golden);
        model.train();
        using DetectionLosses losses = model.Losses(BatchOf(golden), seed: 0, step: 0);
        losses.Total.backward();

        var named = new Dictionary<string, Tensor>
        {
            ["loss_classifier"] = losses.Classifier,
            ["loss_box_reg"] = losses.Box,
            ["loss_mask"] = losses.Mask!,
            ["loss_objectness"] = losses.RpnObjectness,
            ["loss_rpn_box_reg"] = losses.RpnBox,
        };
        foreach (JsonProperty loss in golden.GetProperty("train_losses").EnumerateObject())
        {
            Close(loss.Value.GetDouble(), named[loss.Name].item<float>(), 1e-4, loss.Name);
        }

        foreach (JsonProperty group in golden.GetProperty("train_grad_norms").EnumerateObject())
        {
            double squares = model
                .TrainableParameters()
                .Where(p => p.Name.StartsWith(group.Name, StringComparison.Ordinal))
                .Sum(p => p.Parameter.grad!.to_type(ScalarType.Float64).square().sum().item<double>());

            // Roundings move the backbone's gradients by more than 1e-3 in torchvision itself, from one count of threads to another.
            double tolerance = group.Name.StartsWith("backbone.body", StringComparison.Ordinal) ? 5e-3 : 1e-3;
            Close(group.Value.GetDouble(), Math.Sqrt(squares), tolerance * group.Value.GetDouble(), group.Name);
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Features_proposals_detections_and_masks_are_torchvisions(string file)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(GoldenFiles.Folder, file)));
        JsonElement golden = document.RootElement;
        using DisposeScope scope = NewDisposeScope();
        using IDisposable guard = no_grad();
        MaskRcnn model = Filled(golden);
        model.eval();
        DetectionBatch batch = BatchOf(golden);
        DetectorTrace trace = model.Trace(batch);

        Assert.All(
            golden.GetProperty("feature_norms").EnumerateObject().Zip(trace.Maps),
            pair => CloseNorm(pair.First.Value, pair.Second, pair.First.Name)
        );
        Assert.All(
            golden
                .GetProperty("objectness_norms")
                .EnumerateArray()
                .Zip(trace.Output.Logits.split(trace.Anchors.Counts.Select(c => (long)c).ToArray(), 1)),
            pair => CloseNorm(pair.First, pair.Second, "objectness")
        );
        Assert.All(
            golden
                .GetProperty("delta_norms")
                .EnumerateArray()
                .Zip(trace.Output.Offsets.split(trace.Anchors.Counts.Select(c => (long)c).ToArray(), 1)),
            pair => CloseNorm(pair.First, pair.Second, "deltas")
        );
        Assert.All(
            golden.GetProperty("proposals_first20").EnumerateArray().Zip(trace.Proposals[0]),
            pair => CloseBox(pair.First, new BoxXyxy(pair.Second.X1, pair.Second.Y1, pair.Second.X2, pair.Second.Y2))
        );

        Detections found = model.Detect(batch)[0];
        JsonElement expected = golden.GetProperty("detections");
        Assert.Equal(expected.GetProperty("labels").EnumerateArray().Select(e => e.GetInt32() - 1), found.Labels);
        Assert.All(expected.GetProperty("boxes").EnumerateArray().Zip(found.Boxes), pair => CloseBox(pair.First, pair.Second));
        Assert.All(
            expected.GetProperty("scores").EnumerateArray().Zip(found.Scores),
            pair => Close(pair.First.GetDouble(), pair.Second, 1e-4, "score")
        );
        IReadOnlyList<DetectedObject> objects = DetectionResults.ToImage(
            found,
            batch.Sizes[0],
            batch.Sizes[0],
            model.Options.Convention.ResizedMasks
        );
        Assert.Equal(
            expected.GetProperty("mask_areas").EnumerateArray().Select(e => (int)e.GetDouble()),
            objects.Select(o => o.Mask!.Area)
        );
    }

    private static MaskRcnn Filled(JsonElement golden)
    {
        JsonElement rpn = golden.GetProperty("rpn"),
            roi = golden.GetProperty("roi");
        int preNms = rpn.GetProperty("pre_nms_top_n").GetInt32(),
            postNms = rpn.GetProperty("post_nms_top_n").GetInt32();
        var model = new MaskRcnn(
            MaskRcnnOptions.TorchvisionV2 with
            {
                Classes = golden.GetProperty("num_classes").GetInt32() - 1,
                Rpn = new RpnOptions
                {
                    TrainPreNms = preNms,
                    TestPreNms = preNms,
                    TrainPostNms = postNms,
                    TestPostNms = postNms,
                    SamplesPerImage = rpn.GetProperty("batch_size_per_image").GetInt32(),
                },
                Roi = new RoiOptions
                {
                    SamplesPerImage = roi.GetProperty("batch_size_per_image").GetInt32(),
                    ScoreThreshold = roi.GetProperty("score_thresh").GetSingle(),
                    DetectionsPerImage = roi.GetProperty("detections_per_image").GetInt32(),
                },
            }
        );
        uint salt = Salt(golden);
        using IDisposable guard = no_grad();
        foreach ((string name, var parameter) in model.named_parameters())
        {
            double bound =
                Math.Sqrt(3.0 / (parameter.numel() / parameter.shape[0]))
                * (name.Contains("cls_logits") || name.Contains("bbox_pred") || name.Contains("cls_score") ? 0.3 : 1);
            (double low, double high) = (parameter.dim(), name.EndsWith("weight", StringComparison.Ordinal)) switch
            {
                (1, true) => (0.5, 1.5),
                (1, false) => (-0.1, 0.1),
                _ => (-bound, bound),
            };
            using Tensor values = Fill(name, parameter.shape, low, high, salt);
            parameter.copy_(values);
        }

        return model;
    }

    private static DetectionBatch BatchOf(JsonElement golden)
    {
        int height = golden.GetProperty("image")[1].GetInt32(),
            width = golden.GetProperty("image")[2].GetInt32();
        int padded(int side) => (side + 31) / 32 * 32;
        Tensor image = Fill("image", [1, 3, height, width], 0, 1, Salt(golden));
        Tensor normalized = (image - tensor(Mean).view(1, 3, 1, 1)) / tensor(Std).view(1, 3, 1, 1);
        Tensor images = nn.functional.pad(normalized, [0, padded(width) - width, 0, padded(height) - height]);
        JsonElement targets = golden.GetProperty("targets");
        float[][] boxes =
        [
            .. targets.GetProperty("boxes").EnumerateArray().Select(b => b.EnumerateArray().Select(e => e.GetSingle()).ToArray()),
        ];
        long[] labels = [.. targets.GetProperty("labels").EnumerateArray().Select(e => e.GetInt64() - 1)];
        var masks = zeros([boxes.Length, height, width], ScalarType.Byte);
        for (int i = 0; i < boxes.Length; i++)
        {
            // Its box, less the top third of its left half.
            (int x1, int y1, int x2, int y2) = ((int)boxes[i][0], (int)boxes[i][1], (int)boxes[i][2], (int)boxes[i][3]);
            masks[i].narrow(0, y1, y2 - y1).narrow(1, x1, x2 - x1).fill_(1);
            masks[i].narrow(0, y1, (y2 - y1) / 3).narrow(1, x1, (x2 - x1) / 2).fill_(0);
        }

        var target = new DetectionTarget(tensor(boxes.SelectMany(b => b).ToArray(), [boxes.Length, 4]), tensor(labels), masks);
        return new DetectionBatch(images, [new ImageSize(height, width)], [target]);
    }

    private static uint Salt(JsonElement golden) => golden.TryGetProperty("salt", out JsonElement salt) ? salt.GetUInt32() : 0;

    private static Tensor Fill(string name, long[] shape, double low, double high, uint salt) =>
        tensor(Array.ConvertAll(GoldenFiles.Fill(name, shape.Aggregate(1L, (a, b) => a * b), low, high, salt), v => (float)v), shape);

    private static void CloseNorm(JsonElement expected, Tensor tensor, string what) =>
        Close(
            expected.GetDouble(),
            tensor.to_type(ScalarType.Float64).square().sum().sqrt().item<double>(),
            1e-3 * expected.GetDouble(),
            what
        );

    private static void CloseBox(JsonElement expected, BoxXyxy box)
    {
        double[] sides = [box.X1, box.Y1, box.X2, box.Y2];
        Assert.All(expected.EnumerateArray().Zip(sides), pair => Close(pair.First.GetDouble(), pair.Second, 1e-2, "corner"));
    }

    private static void Close(double expected, double actual, double tolerance, string what) =>
        Assert.True(Math.Abs(expected - actual) <= tolerance, $"{what}: {actual:g8}, torchvision says {expected:g8}.");
}

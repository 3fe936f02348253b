using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Soco.Deployment;
using Soco.Detection.Inference;
using Soco.Detection.Model;
using Soco.Recipes;
using Soco.Runtime;
using Soco.Training;
using Soco.Vision;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Annotations.Masks;
using Soco.Vision.Imaging;
using Soco.Vision.Inference;
using Soco.Vision.Scenes;
using Soco.Vision.Sources;
using Soco.Weights;
using Soco.Weights.Export;
using Soco.Weights.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Tests.Deployment;

/// <summary>Detectors in ONNX find what those of torch find.</summary>
[Collection(Alone.Name)]
public sealed class OnnxDetectorTests : IDisposable
{
    private static readonly CocoCategory[] s_classes = [new(4, "disk", ""), new(9, "box \"1\"", ""), new(2, "star", "")];

    private readonly TemporaryFolder _folder = new();

    private string Model => _folder.File("model.onnx");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("mask-rcnn-fpn", "box-and-mask", OnnxInput.Resized, false)]
    [InlineData("mask-rcnn-fpn", "box", OnnxInput.Normalized, false)]
    [InlineData("mask-rcnn-fpn", "box-and-mask", OnnxInput.Resized, true)]
    [InlineData("mask-rcnn-c4", "box-and-mask", OnnxInput.Resized, false)]
    [InlineData("mask-rcnn-c4", "box", OnnxInput.Resized, true)]
    public void Objects_are_those_of_torch(string method, string heads, OnnxInput input, bool halved)
    {
        DetectedImage[] expected = [.. Expected(Recipe(method, heads), input, halved)];
        using Detector detector = Detector.Load(Model, new DetectorOptions { Threads = 1 });
        Assert.Equal(heads == "box-and-mask", detector.HasMasks);
        Assert.Equal(s_classes, detector.Classes);
        int objects = expected.Sum(image => image.Objects.Count),
            lost = 0;
        Assert.InRange(objects, 20, 1000);
        foreach (DetectedImage image in expected)
        {
            List<DetectedObject> found = [.. detector.Find(image.Image, threshold: 0)];
            Assert.InRange(found.Count, image.Objects.Count - 3, image.Objects.Count + 3);
            Assert.Equal(found.OrderByDescending(item => item.Score).Select(item => item.Score), found.Select(item => item.Score));
            foreach (DetectedObject item in image.Objects)
            {
                DetectedObject? twin = found.Where(other => other.Label == item.Label).MinBy(other => Distance(other.Box, item.Box));
                if (
                    twin is null
                    || Distance(twin.Box, item.Box) > (halved ? 1 : 1e-3)
                    || Math.Abs(twin.Score - item.Score) > (halved ? 0.03 : 1e-4)
                )
                {
                    lost++;
                }
                else if (item.Mask is { } mask && !halved)
                {
                    Assert.True(Overlap(mask, twin.Mask!) >= 0.95, $"IoU {Overlap(mask, twin.Mask!)}");
                }
            }
        }

        // Of a thousand random boxes some overlap by the threshold of the suppression but for rounding; a trained network has none such.
        Assert.True(lost <= objects / (halved ? 10 : 20), $"{lost} of {objects} are not found");
    }

    [Fact]
    public void An_image_that_the_graph_resizes_is_resized_as_in_training_but_for_rounding()
    {
        var graph = new OnnxGraph(18, halves: false);
        SeenImage seen = new ImageGraph(graph).Add(OnnxInput.Image, new InputRecipe { TestShortSide = 64, LongSide = 100 });
        graph.Output(seen.Pixels, "pixels", OnnxType.Float, 1, 3, "h", "w");
        graph.Output(seen.Limits, "limits", OnnxType.Float, 2);
        graph.Output(seen.Scale!, "scale", OnnxType.Float, 4);
        using var session = new InferenceSession(graph.ToModel("", []).ToByteArray());
        SceneSet.Write(_folder.Root, 1, seed: 3, new SceneOptions { Width = 131, Height = 90 });
        RgbImage image = ImageDecoder.Decode(File.ReadAllBytes(Directory.GetFiles(_folder.File("train"))[0]), "scene");
        foreach (RgbImage own in new[] { image, Resampling.ResizeBilinear(image, 300, 100), Resampling.ResizeBilinear(image, 40, 57) })
        {
            ImageSize size = ImageResize.SizeOf(own.Width, own.Height, 64, 100);
            RgbImage resized = Resampling.ResizeBilinear(own, size.Width, size.Height);
            using OrtValue input = OrtValue.CreateTensorValueFromMemory(own.Pixels, [own.Height, own.Width, 3]);
            using IDisposableReadOnlyCollection<OrtValue> found = session.Run(
                new RunOptions(),
                ["image"],
                [input],
                ["pixels", "limits", "scale"]
            );
            Assert.Equal([size.Width, size.Height], found[1].GetTensorDataAsSpan<float>().ToArray());
            Assert.Equal((double)own.Width / size.Width, found[2].GetTensorDataAsSpan<float>()[2], 1e-5);
            long[] shape = found[0].GetTensorTypeAndShape().Shape;
            Assert.Equal([1, 3, (size.Height + 31) / 32 * 32, (size.Width + 31) / 32 * 32], shape);
            ReadOnlySpan<float> pixels = found[0].GetTensorDataAsSpan<float>();
            int differing = 0;
            for (int y = 0; y < shape[2]; y++)
            {
                for (int x = 0; x < shape[3]; x++)
                {
                    float red = pixels[(int)(y * shape[3] + x)];
                    if (y >= size.Height || x >= size.Width)
                    {
                        Assert.Equal(0, red);
                        continue;
                    }

                    double levels = Math.Abs((red * 0.229 + 0.485) * 255 - resized[x, y].R);
                    Assert.InRange(levels, 0, 1.001);
                    differing += levels > 0.5 ? 1 : 0;
                }
            }

            Assert.InRange(differing, 0, size.Width * size.Height / 4);
        }
    }

    [Theory]
    [InlineData("mask-rcnn-fpn")]
    [InlineData("mask-rcnn-c4")]
    public void Where_nothing_reaches_the_score_nothing_is_found(string method)
    {
        DetectionRecipe recipe = Recipe(method, "box-and-mask", "model.score_threshold=0.999");
        Assert.All(Expected(recipe, OnnxInput.Image, spread: 0.01), image => Assert.Empty(image.Objects));
        using Detector detector = Detector.Load(Model);
        Assert.Empty(detector.Detect(new RgbImage(61, 33), threshold: 0));
        Assert.Empty(detector.Detect(new RgbImage(1, 1), threshold: 0));
    }

    [Fact]
    public void Detections_carry_the_names_of_their_classes_and_reach_the_threshold()
    {
        Expected(Recipe("mask-rcnn-fpn", "box"), OnnxInput.Image);
        using Detector detector = Detector.Load(Model);
        string file = Directory.GetFiles(_folder.File("train"))[0];
        IReadOnlyList<Runtime.Detection> all = detector.Detect(file, 0),
            sure = detector.Detect(file, all[all.Count / 2].Score);
        Assert.All(all, found => Assert.Equal(s_classes[found.Label].Name, found.Class));
        Assert.All(all, found => Assert.True(found.Box is { X1: >= 0, Y1: >= 0, X2: <= 96, Y2: <= 72 }));
        Assert.Equal(all.Take(sure.Count), sure);
        Assert.InRange(sure.Count, 1, all.Count - 1);
    }

    [Fact]
    public void Files_that_hold_no_detector_are_one_sentence()
    {
        Expected(Recipe("mask-rcnn-fpn", "box"), OnnxInput.Resized);
        byte[] whole = File.ReadAllBytes(Model);
        Assert.Contains(
            "There is no ",
            Assert.Throws<SocoRequestException>(() => Detector.Load(_folder.File("other.onnx"))).Message,
            StringComparison.Ordinal
        );
        foreach (byte[] damaged in new[] { [], "weights"u8.ToArray(), whole[..^100], whole[..1000], [.. whole.Skip(3)] })
        {
            File.WriteAllBytes(Model, damaged);
            Assert.Contains(Model, Assert.Throws<SocoDataException>(() => Detector.Load(Model)).Message, StringComparison.Ordinal);
        }

        foreach (
            (string key, string value) in new[]
            {
                ("soco.classes", "[{}]"),
                ("soco.classes", "[]"),
                ("soco.short_side", "-4"),
                ("soco.input", "video"),
                ("soco.kind", "backbone"),
            }
        )
        {
            ModelProto model = ModelProto.Parser.ParseFrom(whole);
            model.MetadataProps.Remove(model.MetadataProps.Single(entry => entry.Key == "soco.checksum"));
            model.MetadataProps.Single(entry => entry.Key == key).Value = value;
            File.WriteAllBytes(Model, model.ToByteArray());
            Assert.Contains(Model, Assert.Throws<SocoDataException>(() => Detector.Load(Model)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_flipped_bit_is_found_and_a_change_by_a_tool_is_not_taken_for_damage()
    {
        Expected(Recipe("mask-rcnn-fpn", "box"), OnnxInput.Resized);
        byte[] whole = File.ReadAllBytes(Model);
        foreach (int place in new[] { 30, whole.Length / 3, whole.Length / 2, whole.Length - 60, whole.Length - 1 })
        {
            byte[] damaged = [.. whole];
            damaged[place] ^= 4;
            File.WriteAllBytes(Model, damaged);
            Assert.Contains(
                "its checksum differs",
                Assert.Throws<SocoDataException>(() => Detector.Load(Model)).Message,
                StringComparison.Ordinal
            );
            Assert.Contains(
                "its checksum differs",
                Assert.Throws<SocoDataException>(() => WeightsFile.Open(Model)).Message,
                StringComparison.Ordinal
            );
        }

        ModelProto model = ModelProto.Parser.ParseFrom(whole);
        Assert.Equal("soco.checksum", model.MetadataProps[^1].Key);
        model.Graph.Name += ", changed by a tool";
        File.WriteAllBytes(Model, model.ToByteArray());
        using Detector changed = Detector.Load(Model);
        Assert.Equal(s_classes, changed.Classes);
    }

    [Fact]
    public void A_model_that_gives_a_class_without_a_name_is_one_sentence()
    {
        Expected(Recipe("mask-rcnn-fpn", "box"), OnnxInput.Resized);
        ModelProto model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(Model));
        StringStringEntryProto classes = model.MetadataProps.Single(entry => entry.Key == "soco.classes");
        classes.Value = """[{"id":1,"name":"one"}]""";
        File.WriteAllBytes(Model, model.ToByteArray());
        using var fewer = Detector.Load(Model);
        Assert.Contains(
            "1 class",
            Assert.Throws<SocoDataException>(() => fewer.Detect(new RgbImage(96, 72), 0)).Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("resnet18", ExportPart.Fpn)]
    [InlineData("resnet50", ExportPart.Backbone)]
    public void Maps_of_a_backbone_are_those_of_torch(string arch, ExportPart part)
    {
        manual_seed(3);
        using DisposeScope scope = NewDisposeScope();
        using var detector = new MaskRcnn(
            new MaskRcnnOptions
            {
                Arch = arch,
                Width = 0.25,
                Classes = 3,
                FpnChannels = 8,
                HeadChannels = 8,
                HeadFc = 16,
            }
        );
        Scatter(detector, spread: 0.5);
        detector.eval();
        string file = _folder.File("weights.safetensors");
        DetectorWeights.Save(file, detector, Recipe("mask-rcnn-fpn", "box", $"arch={arch}"), s_classes, 1);
        using (WeightsFile weights = WeightsFile.Open(file))
        {
            OnnxExport.Write(weights, part, OnnxInput.Resized, Model);
            Assert.Contains(
                "--part head",
                Assert.Throws<SocoRequestException>(() => OnnxExport.Write(weights, ExportPart.Head, OnnxInput.Resized, Model)).Message,
                StringComparison.Ordinal
            );
        }

        using Tensor images = randn(2, 3, 64, 96);
        using IDisposable guard = no_grad();
        var backbone = (DetectorBackbone)detector.named_children().First().module;
        Tensor[] maps = part == ExportPart.Fpn ? backbone.Forward(images) : backbone.Body.Stages(images);
        using var session = new InferenceSession(Model);
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(images.data<float>().ToArray(), [2, 3, 64, 96]);
        string[] outputs = [.. Enumerable.Range(2, 4).Select(level => $"{(part == ExportPart.Fpn ? 'p' : 'c')}{level}")];
        using IDisposableReadOnlyCollection<OrtValue> found = session.Run(new RunOptions(), ["images"], [input], outputs);
        for (int level = 0; level < 4; level++)
        {
            Assert.Equal(maps[level].shape, found[level].GetTensorTypeAndShape().Shape);
            float[] expected = maps[level].contiguous().data<float>().ToArray(),
                values = found[level].GetTensorDataAsSpan<float>().ToArray();
            float largest = expected.Max(Math.Abs);
            Assert.InRange(expected.Zip(values, (left, right) => Math.Abs(left - right)).Max(), 0, 1e-5f * largest);
        }
    }

    private static DetectionRecipe Recipe(string method, string heads, params string[] more) =>
        Soco.Recipes.Recipe.Load<DetectionRecipe>(
            "nano",
            [
                $"method={method}",
                $"model.heads={heads}",
                "model.width=0.25",
                "model.fpn_channels=8",
                "model.head_channels=8",
                "model.head_fc=16",
                "precision=fp32",
                "input.test_short_side=64",
                "input.long_side=100",
                .. more,
            ]
        );

    /// <summary>Makes a detector of random weights, exports it, and gives what torch finds with it.</summary>
    private List<DetectedImage> Expected(DetectionRecipe recipe, OnnxInput input, bool halved = false, double spread = 0.5)
    {
        // What is normalized and padded does not say where its padding begins, so there is none.
        SceneSet.Write(_folder.Root, 3, seed: 1, new SceneOptions { Width = 96, Height = input == OnnxInput.Normalized ? 64 : 72 });
        manual_seed(5);
        using var detector = new MaskRcnn(MaskRcnnOptions.Of(recipe, s_classes.Length));
        Scatter(detector, spread);
        detector.eval();
        string file = _folder.File("weights.safetensors");
        DetectorWeights.Save(file, detector, recipe, s_classes, 1);
        using (WeightsFile weights = WeightsFile.Open(file))
        {
            OnnxExport.Write(weights, ExportPart.All, input, Model, halved);
        }

        using ImageSource images = ImageSource.Open(_folder.File("train"));
        return [.. new ImageDetector(detector, recipe).Detect(images, [0, 1, 2], null, _ => { })];
    }

    /// <summary>
    /// Weights as a trained network has them: norms that are not the identity, and scores that differ as far as they are spread.
    /// </summary>
    private static void Scatter(MaskRcnn detector, double spread)
    {
        using IDisposable guard = no_grad();
        foreach ((string name, Tensor values) in StateLoading.TensorsOf(detector))
        {
            if (name.EndsWith("running_mean", StringComparison.Ordinal))
            {
                values.normal_(0, 0.1);
            }
            else if (
                name.EndsWith("running_var", StringComparison.Ordinal)
                || (name.EndsWith(".weight", StringComparison.Ordinal) && values.dim() == 1)
            )
            {
                values.uniform_(0.5, 1.5);
            }
            else if (name.Contains("cls_", StringComparison.Ordinal) || name.Contains("mask_fcn_logits", StringComparison.Ordinal))
            {
                values.normal_(0, spread);
            }
            else if (name.Contains("bbox_pred", StringComparison.Ordinal))
            {
                values.normal_(0, 0.3);
            }
        }
    }

    private static double Distance(BoxXyxy left, BoxXyxy right) =>
        new[] { left.X1 - right.X1, left.Y1 - right.Y1, left.X2 - right.X2, left.Y2 - right.Y2 }.Max(Math.Abs);

    private static double Overlap(RunLengthMask left, RunLengthMask right)
    {
        byte[] a = left.Decode(),
            b = right.Decode();
        int shared = a.Zip(b, (x, y) => x & y).Sum(),
            all = a.Zip(b, (x, y) => x | y).Sum();
        return all == 0 ? 1 : (double)shared / all;
    }
}

using System.Diagnostics;
using System.Text.Json;
using Soco.Deployment;
using Soco.Detection.Data;
using Soco.Detection.Model;
using Soco.Recipes;
using Soco.Runtime;
using Soco.Training;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Imaging;
using Soco.Vision.Inference;
using Soco.Weights;
using Soco.Weights.Export;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Benchmarks;

/// <summary>
/// <c>onnx [--threads 2] [--rounds 5]</c>: a prediction with pasted masks of Mask R-CNN R50-FPN on an image of 480 x 640 pixels, by ONNX
/// Runtime and by torch, and the time to load the file. Peer: torchvision's maskrcnn_resnet50_fpn_v2.
/// </summary>
internal static class OnnxBenchmark
{
    private const int Height = 480;
    private const int Width = 640;
    private const int Classes = 80;

    public static void Run(BenchmarkRun run)
    {
        int threads = run.Number("threads", 2),
            rounds = run.Number("rounds", 5);
        set_num_threads(threads);
        manual_seed(0);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("soco-onnx-");
        try
        {
            string path = Path.Combine(folder.FullName, "model.onnx");
            var pixels = new byte[3 * Height * Width];
            new Random(0).NextBytes(pixels);
            var image = new RgbImage(Width, Height, pixels);
            (double torch, int expected) = Torch(path, image, rounds);
            JsonElement? peer = run.HasPeers
                ? run.Peer("detector.py", "--predict-only", "--batch", "1", "--threads", $"{threads}", "--rounds", $"{rounds}")
                : null;
            string? name = peer is { } known
                ? $"torchvision's maskrcnn_resnet50_fpn_v2 on PyTorch {known.GetProperty("torch").GetString()}, fp32"
                : null;
            double? seconds = peer is { } result
                ? BenchmarkRun.Median(result.GetProperty("predict_s").EnumerateArray().Select(e => e.GetDouble()))
                : null;

            var clock = Stopwatch.StartNew();
            using Detector detector = Detector.Load(path, new DetectorOptions { Threads = threads });
            double load = clock.Elapsed.TotalSeconds;
            int found = 0;
            double onnx = Time(rounds, () => found = detector.Detect(image, 0).Count);
            run.Report($"predicted image in ONNX Runtime, {found} detections", threads, onnx, "s", name, seconds);
            run.Report(
                $"the same, beside Soco's torch form, {expected} detections",
                threads,
                onnx,
                "s",
                "soco predict's network on TorchSharp",
                torch
            );
            run.Report("loading the file", threads, load, "s");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Exports a network of random weights, and times it in torch.</summary>
    private static (double Seconds, int Detections) Torch(string path, RgbImage image, int rounds)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable guard = no_grad();
        var recipe = Recipe.Load<DetectionRecipe>(
            "mask-rcnn-fpn-1x",
            [$"input.test_short_side={Height}", $"input.long_side={Width}", "precision=fp32", "model.heads=box-and-mask"]
        );
        using var model = new MaskRcnn(MaskRcnnOptions.Of(recipe, Classes));

        // Every proposal is a candidate of one class, so that as many objects are found as may be.
        model.state_dict()["roi_heads.box_predictor.cls_score.bias"][0] = 5;
        model.eval();
        string weights = Path.ChangeExtension(path, ".safetensors");
        DetectorWeights.Save(
            weights,
            model,
            recipe,
            [.. Enumerable.Range(1, Classes).Select(id => new CocoCategory(id, $"class {id}", ""))],
            0
        );
        using (WeightsFile file = WeightsFile.Open(weights))
        {
            OnnxExport.Write(file, ExportPart.All, OnnxInput.Resized, path);
        }

        int detections = 0;
        using DetectionBatch batch = DetectionBatches.Build([new DetectionSample(image, false, null)], withMasks: false);
        double seconds = Time(
            rounds,
            () =>
            {
                Detections found = model.Detect(batch)[0];
                detections = DetectionResults.ToImage(found, batch.Sizes[0], batch.Sizes[0]).Count;
            }
        );
        return (seconds, detections);
    }

    private static double Time(int rounds, Action work)
    {
        var seconds = new List<double>();
        for (int round = 0; round <= rounds; round++)
        {
            var clock = Stopwatch.StartNew();
            work();
            seconds.Add(clock.Elapsed.TotalSeconds);
        }

        return BenchmarkRun.Median(seconds.Skip(1));
    }
}

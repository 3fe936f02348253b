using System.Diagnostics;
using System.Text.Json;
using Soco.Detection.Data;
using Soco.Detection.Model;
using Soco.Tensors;
using Soco.Vision;
using Soco.Vision.Inference;
using Soco.Vision.Random;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Benchmarks;

/// <summary>
/// <c>detector [--batch 2] [--threads 2] [--rounds 3]</c>: a whole training step (losses, backward, SGD) and a prediction with pasted masks
/// of Mask R-CNN R50-FPN in torchvision's v2 form, on random images of 480 x 640 pixels, float32 and bfloat16. Peer: torchvision itself.
/// </summary>
internal static class DetectorBenchmark
{
    private const int Height = 480;
    private const int Width = 640;
    private const int Objects = 5;

    public static void Run(BenchmarkRun run)
    {
        int batch = run.Number("batch", 2),
            threads = run.Number("threads", 2),
            rounds = run.Number("rounds", 3);
        var ours = new[] { false, true }
            .Where(narrow => !narrow || run.HasBfloat16)
            .Select(narrow => (Format: narrow ? "bf16" : "fp32", Figures: Measure(batch, threads, rounds, narrow)))
            .ToArray();
        double peak = BenchmarkRun.PeakMiB();
        JsonElement? peer = run.HasPeers
            ? run.Peer("detector.py", "--batch", $"{batch}", "--threads", $"{threads}", "--rounds", $"{rounds}")
            : null;
        string? name = peer is { } known
            ? $"torchvision's maskrcnn_resnet50_fpn_v2 on PyTorch {known.GetProperty("torch").GetString()}, fp32"
            : null;
        double? Of(string key) =>
            peer is { } result ? BenchmarkRun.Median(result.GetProperty(key).EnumerateArray().Select(e => e.GetDouble())) : null;
        foreach ((string format, (double train, double predict, int detections)) in ours)
        {
            run.Report($"training step of {batch} images, {format}", threads, train, "s", name, Of("train_s"));
            run.Report($"predicted image, {detections} detections, {format}", threads, predict, "s", name, Of("predict_s"));
        }

        run.Report("peak memory of all", threads, peak, "MiB", name, peer?.GetProperty("peak_mib").GetDouble());
    }

    private static (double Train, double Predict, int Detections) Measure(int batch, int threads, int rounds, bool narrow)
    {
        set_num_threads(threads);
        manual_seed(0);
        using DisposeScope scope = NewDisposeScope();
        using var model = new MaskRcnn(MaskRcnnOptions.TorchvisionV2 with { Bfloat16 = narrow });
        using var optimizer = optim.SGD(model.TrainableParameters().Select(p => p.Parameter), 1e-4, momentum: 0.9, weight_decay: 2.5e-5);
        var random = new CounterRandom(0, 0, 0, 0);
        using var data = new DetectionBatch(
            randn(batch, 3, Height, Width),
            [.. Enumerable.Repeat(new ImageSize(Height, Width), batch)],
            [.. Enumerable.Range(0, batch).Select(_ => Target(ref random))]
        );
        RaiseClassBias(model);
        model.train();
        double train = Time(
            rounds,
            step =>
            {
                using (DetectionLosses losses = model.Losses(data, seed: 0, step))
                {
                    optimizer.zero_grad();
                    losses.Total.backward();
                }

                optimizer.step();
                CastWeights.Changed(model);
            }
        );

        RaiseClassBias(model);
        model.eval();
        using Tensor first = data.Images.narrow(0, 0, 1);
        using var one = new DetectionBatch(first, [data.Sizes[0]], []);
        int detections = 0;
        double predict = Time(
            rounds,
            _ =>
            {
                Detections found = model.Detect(one)[0];
                detections = DetectionResults.ToImage(found, one.Sizes[0], one.Sizes[0], model.Options.Convention.ResizedMasks).Count;
            }
        );
        return (train, predict, detections);
    }

    private static double Time(int rounds, Action<int> work)
    {
        var seconds = new List<double>();
        for (int round = 0; round <= rounds; round++)
        {
            var clock = Stopwatch.StartNew();
            work(round);
            seconds.Add(clock.Elapsed.TotalSeconds);
        }

        return BenchmarkRun.Median(seconds.Skip(1));
    }

    /// <summary>Makes every proposal a candidate of one class, so that as many objects are found as may be.</summary>
    private static void RaiseClassBias(MaskRcnn model)
    {
        using IDisposable guard = no_grad();
        model.state_dict()["roi_heads.box_predictor.cls_score.bias"][1] = 5;
    }

    private static DetectionTarget Target(ref CounterRandom random)
    {
        var boxes = new float[4 * Objects];
        var labels = new long[Objects];
        Tensor masks = zeros([Objects, Height, Width], ScalarType.Byte);
        for (int i = 0; i < Objects; i++)
        {
            double x = random.Uniform(0, 0.5 * Width),
                y = random.Uniform(0, 0.5 * Height);
            double w = random.Uniform(0.1, 0.5) * Width,
                h = random.Uniform(0.1, 0.5) * Height;
            (boxes[4 * i], boxes[4 * i + 1], boxes[4 * i + 2], boxes[4 * i + 3]) = ((float)x, (float)y, (float)(x + w), (float)(y + h));
            labels[i] = random.NextInt(80);
            masks[i, (int)y..(int)(y + h), (int)x..(int)(x + w)] = 1;
        }

        return new DetectionTarget(tensor(boxes, [Objects, 4]), tensor(labels), masks);
    }
}

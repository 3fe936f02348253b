using System.Diagnostics;
using System.Text.Json;
using Soco.Detection;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Benchmarks;

/// <summary>
/// A whole training step (losses, backward, SGD) and a prediction with pasted masks of Mask R-CNN R50-FPN in torchvision's v2 form, on random
/// images of 480 x 640 pixels, against torchvision itself (<c>benchmarks/peers/detector.py</c>), one process after the other in one run.
/// </summary>
internal static class DetectorBenchmark
{
    private const int Height = 480;
    private const int Width = 640;
    private const int Objects = 5;
    private const int Rounds = 3;

    public static void Run(int batch, int threads, string? python, string? resultFile)
    {
        var results = new Dictionary<string, object> { ["batch"] = batch, ["threads"] = threads, ["cores"] = Environment.ProcessorCount };
        foreach (bool narrow in new[] { false, true })
        {
            (double train, double predict, int detections) = Measure(batch, threads, narrow);
            string format = narrow ? "bf16" : "fp32";
            Console.WriteLine($"soco {format}: {train:0.00} s a training step of {batch} images, {predict:0.00} s a predicted image ({detections} detections)");
            results[format] = new { train_s = train, predict_s = predict, detections };
        }

        results["peak_mb"] = Process.GetCurrentProcess().PeakWorkingSet64 / 1e6;
        if (python is not null)
        {
            JsonElement peer = Peer(batch, threads, python);
            double train = Median(peer.GetProperty("train_s")), predict = Median(peer.GetProperty("predict_s"));
            Console.WriteLine($"torchvision on PyTorch {peer.GetProperty("torch")}: {train:0.00} s, {predict:0.00} s ({peer.GetProperty("detections")} detections)");
            results["peer"] = new { train_s = train, predict_s = predict, peak_mb = peer.GetProperty("peak_mb").GetDouble() };
        }

        string json = JsonSerializer.Serialize(results);
        Console.WriteLine(json);
        if (resultFile is not null)
        {
            File.WriteAllText(resultFile, json + "\n");
        }
    }

    private static (double Train, double Predict, int Detections) Measure(int batch, int threads, bool narrow)
    {
        set_num_threads(threads);
        manual_seed(0);
        using DisposeScope scope = NewDisposeScope();
        using var model = new MaskRcnn(MaskRcnnOptions.TorchvisionV2 with { Bfloat16 = narrow });
        using var optimiser = optim.SGD(model.LearnedParameters().Select(p => p.Parameter), 1e-4, momentum: 0.9, weight_decay: 2.5e-5);
        var random = new CounterRandom(0, 0, 0, 0);
        using var data = new DetectionBatch(
            randn(batch, 3, Height, Width),
            [.. Enumerable.Repeat(new ImageSize(Height, Width), batch)],
            [.. Enumerable.Range(0, batch).Select(_ => Target(ref random))]);
        RaiseClassBias(model);
        model.train();
        List<double> train = Time(step =>
        {
            using (DetectionLosses losses = model.Losses(data, seed: 0, step))
            {
                optimiser.zero_grad();
                losses.Total.backward();
            }

            optimiser.step();
            model.DropNarrowedWeights();
        });

        RaiseClassBias(model);
        model.eval();
        using Tensor first = data.Images.narrow(0, 0, 1);
        using var one = new DetectionBatch(first, [data.Sizes[0]], []);
        int detections = 0;
        List<double> predict = Time(_ =>
        {
            Detections found = model.Detect(one)[0];
            detections = DetectionResults.ToImage(found, one.Sizes[0], one.Sizes[0], model.Options.Convention).Count;
        });
        return (train.Order().ElementAt(Rounds / 2), predict.Order().ElementAt(Rounds / 2), detections);
    }

    private static List<double> Time(Action<int> work)
    {
        var seconds = new List<double>();
        for (int round = 0; round <= Rounds; round++)
        {
            var clock = Stopwatch.StartNew();
            work(round);
            seconds.Add(clock.Elapsed.TotalSeconds);
        }

        return seconds[1..];
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
            double x = random.Uniform(0, 0.5 * Width), y = random.Uniform(0, 0.5 * Height);
            double w = random.Uniform(0.1, 0.5) * Width, h = random.Uniform(0.1, 0.5) * Height;
            (boxes[4 * i], boxes[4 * i + 1], boxes[4 * i + 2], boxes[4 * i + 3]) = ((float)x, (float)y, (float)(x + w), (float)(y + h));
            labels[i] = random.NextInt(80);
            masks[i, (int)y..(int)(y + h), (int)x..(int)(x + w)] = 1;
        }

        return new DetectionTarget(tensor(boxes, [Objects, 4]), tensor(labels), masks);
    }

    private static JsonElement Peer(int batch, int threads, string python)
    {
        string script = Path.Combine(AppContext.BaseDirectory, "peers", "detector.py");
        var start = new ProcessStartInfo(python, [script, "--batch", $"{batch}", "--threads", $"{threads}", "--rounds", $"{Rounds}"])
        {
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? JsonDocument.Parse(output).RootElement
            : throw new SocoRunException($"{python} {script} failed; the peer needs torch and torchvision.");
    }

    private static double Median(JsonElement seconds) => seconds.EnumerateArray().Select(e => e.GetDouble()).Order().ElementAt(seconds.GetArrayLength() / 2);
}

using System.Diagnostics;
using System.Text.Json;
using Soco.Pretraining;
using Soco.Training;
using static TorchSharp.torch;

namespace Soco.Benchmarks;

/// <summary>
/// One whole training step (three views, both networks, backward, LARS) of SoCo with an FPN, on random images, against the published step in
/// plain PyTorch (<c>benchmarks/peers/pretrain_step.py</c>), one process after the other in one run.
/// </summary>
internal static class PretrainStepBenchmark
{
    private const int Steps = 3;

    public static void Run(string arch, int batch, int threads, string python, string? resultFile)
    {
        var results = new Dictionary<string, object>
        {
            ["arch"] = arch,
            ["batch"] = batch,
            ["threads"] = threads,
            ["cores"] = Environment.ProcessorCount,
        };
        foreach (int round in new[] { 1, 2 })
        {
            double sparse = Median(Measure(arch, batch, threads, Assignment.Sparse));
            double dense = Median(Measure(arch, batch, threads, Assignment.Dense));
            (double peer, double peerMemory, string version) = Peer(arch, batch, threads, python);
            Console.WriteLine(
                $"round {round}: soco sparse {sparse:0.00} s, soco dense {dense:0.00} s, PyTorch {version} {peer:0.00} s a step "
                + $"({batch / sparse:0.00}, {batch / dense:0.00}, {batch / peer:0.00} images/s); peer / sparse {peer / sparse:0.00}, peer / dense {peer / dense:0.00}");
            results[$"round_{round}"] = new { sparse_s = sparse, dense_s = dense, peer_s = peer, peer_peak_mb = peerMemory, peer = version };
        }

        results["peak_mb"] = PeakMegabytes();
        Console.WriteLine($"peak memory of this process {PeakMegabytes():0} MB");
        if (resultFile is not null)
        {
            File.WriteAllText(resultFile, JsonSerializer.Serialize(results, new JsonSerializerOptions { WriteIndented = true }) + "\n");
        }
    }

    private static List<double> Measure(string arch, int batch, int threads, Assignment assignment)
    {
        set_num_threads(threads);
        manual_seed(0);
        using var model = new SocoModel(new SocoModelOptions { Arch = arch, Assignment = assignment });
        using var lars = new Lars(model.LearnedParameters(), 0.9, 1e-5, 0.001);
        model.train();
        var seconds = new List<double>();
        for (int step = 0; step <= Steps; step++)
        {
            using SocoBatch data = RandomBatch(batch);
            var clock = Stopwatch.StartNew();
            model.FollowOnline(0.99);
            model.Learn(data);
            lars.Step(0.01);
            lars.ZeroGradients();
            seconds.Add(clock.Elapsed.TotalSeconds);
        }

        return seconds[1..];
    }

    private static SocoBatch RandomBatch(int batch)
    {
        Tensor[] views = [randn(batch, 3, 224, 224), randn(batch, 3, 224, 224), randn(batch, 3, 112, 112)];
        var random = new CounterRandom(0, 0, 0, 0);
        BoxSet[] sets = [.. Enumerable.Range(0, 3).Select(_ => Boxes(ref random, batch))];
        return new SocoBatch(views, [new ViewPair(1, sets[0], sets[1]), new ViewPair(2, sets[0], sets[2])]);
    }

    private static BoxSet Boxes(ref CounterRandom random, int batch)
    {
        var corners = new List<float>();
        for (int box = 0; box < 4 * batch; box++)
        {
            double x = random.Uniform(0, 0.5), y = random.Uniform(0, 0.5);
            corners.AddRange([(float)x, (float)y, (float)(x + random.Uniform(0.1, 0.5)), (float)(y + random.Uniform(0.1, 0.5))]);
        }

        int[] all = [.. Enumerable.Range(0, 4 * batch)];
        return new BoxSet(batch, 4, [.. corners], [.. all.Select(box => box % 4)], [.. all.Select(box => box % 4)]);
    }

    private static (double Seconds, double Megabytes, string Version) Peer(string arch, int batch, int threads, string python)
    {
        string script = Path.Combine(AppContext.BaseDirectory, "peers", "pretrain_step.py");
        var start = new ProcessStartInfo(python, [script, "--arch", arch, "--batch", $"{batch}", "--threads", $"{threads}", "--steps", $"{Steps}"])
        {
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new SocoRunException($"{python} {script} failed; the peer needs torch and torchvision.");
        }

        using JsonDocument result = JsonDocument.Parse(output);
        return (
            Median([.. result.RootElement.GetProperty("seconds").EnumerateArray().Select(e => e.GetDouble())]),
            result.RootElement.GetProperty("peak_mb").GetDouble(),
            result.RootElement.GetProperty("torch").GetString()!);
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static double PeakMegabytes() => Process.GetCurrentProcess().PeakWorkingSet64 / 1e6;
}

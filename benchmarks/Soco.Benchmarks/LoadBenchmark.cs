using System.Diagnostics;
using System.Text.Json;
using Soco.Pretraining.Model;
using Soco.Weights;
using Soco.Weights.Export;
using Soco.Weights.Safetensors;
using static TorchSharp.torch;

namespace Soco.Benchmarks;

/// <summary>
/// <c>load [--rounds 3] [--times 6]</c>: all tensors of a pretraining checkpoint of ResNet-50 (the authors' form, about 370 MiB) and of its
/// parts in detectron2's form, from the page cache: the first load of a process, those after it, and the first one's memory. Peers:
/// <c>torch.load</c> and <c>pickle.load</c>. Each round starts new processes, in turns.
/// </summary>
internal static class LoadBenchmark
{
    /// <summary>The benchmark's other half: one process that loads one file.</summary>
    public const string OneProcess = "load-alone";

    public static void Run(BenchmarkRun run)
    {
        int rounds = run.Number("rounds", 3),
            times = run.Number("times", 6);
        string folder = Directory.CreateTempSubdirectory("soco-load-").FullName;
        try
        {
            string source = Path.Combine(folder, "source.safetensors");
            using (var model = new SocoModel(new SocoModelOptions()))
            {
                SafetensorsWriter.Write(source, StateLoading.TensorsOf(model));
            }

            foreach (
                (ExportFormat format, string name) in new[]
                {
                    (ExportFormat.Soco, "checkpoint.pth"),
                    (ExportFormat.Detectron2, "parts.pkl"),
                }
            )
            {
                string file = Path.Combine(folder, name);
                using (WeightsFile weights = WeightsFile.Open(source))
                {
                    WeightsExport.Write(weights, format, ExportPart.All, file);
                }

                Compare(run, file, rounds, times);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Loads <c>--file</c> <c>--times</c> times.</summary>
    public static void RunAlone(BenchmarkRun run)
    {
        zeros(1).Dispose();
        // The peak of loading libtorch is not the file's.
        BenchmarkRun.ForgetPeak();
        double before = BenchmarkRun.MemoryMiB("VmRSS:"),
            peak = 0,
            opened = 0;
        var seconds = new List<double>();
        for (int i = 0; i < run.Number("times", 6); i++)
        {
            using var scope = NewDisposeScope();
            var clock = Stopwatch.StartNew();
            using WeightsFile weights = WeightsFile.Open(run.Text("file", ""));
            opened = i == 0 ? clock.Elapsed.TotalSeconds : opened;
            foreach (string name in weights.Stored.Names)
            {
                weights.Stored.Read(name);
            }

            seconds.Add(clock.Elapsed.TotalSeconds);
            peak = i == 0 ? BenchmarkRun.MemoryMiB("VmHWM:") - before : peak;
        }

        BenchmarkRun.Answer(
            new()
            {
                ["opened_s"] = opened,
                ["first_s"] = seconds[0],
                ["later_s"] = BenchmarkRun.Median(seconds.Skip(1)),
                ["peak_mib"] = peak,
            }
        );
    }

    private static void Compare(BenchmarkRun run, string file, int rounds, int times)
    {
        List<JsonElement> ours = [],
            theirs = [];
        for (int round = 0; round < rounds; round++)
        {
            ours.Add(BenchmarkRun.Alone(OneProcess, "--file", file, "--times", $"{times}"));
            if (run.HasPeers)
            {
                theirs.Add(run.Peer("load.py", file, $"{times}"));
            }
        }

        string config = $"{Path.GetFileName(file)}, {new FileInfo(file).Length / 1048576.0:0} MiB";
        run.Report($"{config}, its names alone", 1, MedianOf(ours, "opened_s"), "s");
        foreach (
            (string property, string label, string unit) in new[]
            {
                ("first_s", "first load of a process", "s"),
                ("later_s", "later loads", "s"),
                ("peak_mib", "most memory", "MiB"),
            }
        )
        {
            run.Report(
                $"{config}, {label}",
                1,
                MedianOf(ours, property),
                unit,
                theirs.Count == 0 ? null : theirs[0].GetProperty("peer").GetString(),
                theirs.Count == 0 ? null : MedianOf(theirs, property)
            );
        }
    }

    private static double MedianOf(List<JsonElement> runs, string property) =>
        BenchmarkRun.Median(runs.Select(run => run.GetProperty(property).GetDouble()));
}

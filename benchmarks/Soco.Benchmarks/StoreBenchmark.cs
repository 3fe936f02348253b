using System.Diagnostics;
using System.Text.Json;
using Soco.Data;
using Soco.Runs;
using Soco.Vision;
using Soco.Vision.Proposals.Storage;
using Soco.Vision.Random;
using Soco.Vision.Sources;

namespace Soco.Benchmarks;

/// <summary>
/// <c>store [--rows 1300000] [--boxes 40]</c>: what a run over a data set as large as ImageNet costs before its first step: the names of
/// its images, their proposals from a folder of Parquet parts, and the order of an epoch; seconds and memory, in a process of its own.
/// </summary>
internal static class StoreBenchmark
{
    /// <summary>The benchmark's other half: one process that starts such a run.</summary>
    public const string OneProcess = "store-alone";

    private const int RowsPerPart = 1000,
        ImagesPerClass = 1300;

    public static void Run(BenchmarkRun run)
    {
        int rows = run.Number("rows", 1_300_000),
            boxes = run.Number("boxes", 40);
        string folder = Directory.CreateTempSubdirectory("soco-store-").FullName;
        try
        {
            var clock = Stopwatch.StartNew();
            for (int first = 0, part = 0; first < rows; first += RowsPerPart, part++)
            {
                ProposalPart.Write(
                    Path.Combine(folder, $"part-{part:00000}.parquet"),
                    new ProposalOrigin("synthetic", "none"),
                    [.. Enumerable.Range(first, Math.Min(RowsPerPart, rows - first)).Select(row => RowOf(row, boxes))]
                );
            }

            string config = $"{rows} images of {boxes} boxes";
            run.Report($"{config}, parts written", 1, clock.Elapsed.TotalSeconds, "s");
            run.Report($"{config}, parts", 1, Directory.EnumerateFiles(folder).Sum(file => new FileInfo(file).Length) / 1048576.0, "MiB");
            JsonElement alone = BenchmarkRun.Alone(OneProcess, "--folder", folder, "--rows", $"{rows}");
            foreach (
                (string property, string label, string unit) in new[]
                {
                    ("names_s", "names listed", "s"),
                    ("names_mib", "names in memory", "MiB"),
                    ("load_s", "proposals loaded", "s"),
                    ("store_mib", "proposals in memory", "MiB"),
                    ("peak_mib", "most memory of the process", "MiB"),
                    ("find_us", "one image's boxes looked up", "us"),
                    ("known_s", "every image's boxes looked up", "s"),
                    ("hash_s", "names hashed", "s"),
                    ("order_s", "order of an epoch", "s"),
                }
            )
            {
                run.Report($"{config}, {label}", 1, alone.GetProperty(property).GetDouble(), unit);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Starts a run over the proposals in <c>--folder</c>.</summary>
    public static void RunAlone(BenchmarkRun run)
    {
        int rows = run.Number("rows", 0);
        var clock = Stopwatch.StartNew();
        double held = HeldMiB();
        double Seconds()
        {
            double seconds = clock.Elapsed.TotalSeconds;
            clock.Restart();
            return seconds;
        }

        var numbers = new Dictionary<string, double>();
        clock.Restart();
        using var source = new FileImageSource(Enumerable.Range(0, rows).Select(row => new ImageFile(NameOf(row), "train")));
        numbers["names_s"] = Seconds();
        numbers["names_mib"] = HeldMiB() - held;
        held = HeldMiB();
        clock.Restart();
        ProposalStore store = ProposalStore.Load(run.Text("folder", ""));
        numbers["load_s"] = Seconds();
        numbers["store_mib"] = HeldMiB() - held;
        clock.Restart();
        int[] known = [.. Enumerable.Range(0, source.Count).Where(index => store.TryFind(source.NameOf(index), out _))];
        numbers["known_s"] = Seconds();
        DatasetFingerprint.Of(Enumerable.Range(0, source.Count).Select(source.NameOf));
        numbers["hash_s"] = Seconds();
        int[] order = EpochOrder.Of(seed: 0, epoch: 399, known.Length);
        numbers["order_s"] = Seconds();
        int sample = Math.Min(100_000, order.Length);
        for (int i = 0; i < sample; i++)
        {
            store.TryFind(source.NameOf(order[i]), out _);
        }

        numbers["find_us"] = Seconds() / sample * 1e6;
        numbers["peak_mib"] = BenchmarkRun.PeakMiB();
        BenchmarkRun.Answer(numbers);
    }

    private static double HeldMiB() => GC.GetTotalMemory(forceFullCollection: true) / 1048576.0;

    private static string NameOf(int row) => $"n{row / ImagesPerClass:00000000}/n{row / ImagesPerClass:00000000}_{row}.JPEG";

    private static ProposalRow RowOf(int row, int boxes)
    {
        var random = new CounterRandom(0, 0, (ulong)row, 0);
        var list = new BoxXywh[boxes];
        for (int i = 0; i < boxes; i++)
        {
            list[i] = new BoxXywh(random.NextInt(250), random.NextInt(200), 32 + random.NextInt(218), 32 + random.NextInt(143));
        }

        return new ProposalRow(NameOf(row), 500, 375, list);
    }
}

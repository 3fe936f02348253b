using System.Diagnostics;
using System.Text.Json;
using Soco.Vision.Imaging;
using Soco.Vision.Proposals;

namespace Soco.Benchmarks;

/// <summary>
/// <c>proposals-large [--images FOLDER] [--rounds 3]</c>: how time and memory of the proposals grow from 0.2 to 20 megapixels, on one
/// thread, each size in a process of its own: photographs side by side, which have as much in them everywhere; one photograph enlarged; and
/// noise.
/// </summary>
internal static class ProposalScaleBenchmark
{
    /// <summary>The benchmark's other half: one process that proposes boxes for one kind of image of one size.</summary>
    public const string OneProcess = "proposals-large-alone";

    private static readonly (int Width, int Height)[] s_sizes = [(500, 375), (1200, 833), (2580, 1935), (5160, 3870)];

    public static void Run(BenchmarkRun run)
    {
        string folder = run.Text("images", "../shared/data/imagenet-sample"),
            rounds = $"{run.Number("rounds", 3)}";
        foreach (string kind in new[] { "photographs side by side", "photograph enlarged", "noise" })
        {
            foreach ((int width, int height) in s_sizes)
            {
                JsonElement alone = BenchmarkRun.Alone(
                    OneProcess,
                    "--images",
                    folder,
                    "--rounds",
                    rounds,
                    "--kind",
                    kind,
                    "--width",
                    $"{width}",
                    "--height",
                    $"{height}"
                );
                string config = $"{kind}, {width}x{height}";
                run.Report(config, 1, alone.GetProperty("seconds").GetDouble(), "s");
                run.Report($"{config}, a megapixel", 1, alone.GetProperty("seconds").GetDouble() * 1e9 / ((double)width * height), "ms");
                run.Report($"{config}, most memory beside the image", 1, alone.GetProperty("peak_mib").GetDouble(), "MiB");
                run.Report($"{config}, segments", 1, alone.GetProperty("segments").GetDouble(), "1");
            }
        }
    }

    /// <summary>Proposes boxes for one image.</summary>
    public static void RunAlone(BenchmarkRun run)
    {
        string folder = run.Text("images", "");
        RgbImage small = Draw(folder, run.Text("kind", ""), 500, 375);
        RgbImage image = Draw(folder, run.Text("kind", ""), run.Number("width", 0), run.Number("height", 0));
        for (int i = 0; i < 40; i++)
        {
            new SelectiveSearch().Propose(small);
        }

        // The runtime swaps compiled code in from another thread.
        Thread.Sleep(300);
        GC.Collect();
        BenchmarkRun.ForgetPeak();
        double before = BenchmarkRun.MemoryMiB("VmRSS:");
        var seconds = new List<double>();
        int segments = 0;
        for (int round = 0; round < run.Number("rounds", 1); round++)
        {
            var clock = Stopwatch.StartNew();
            segments = new SelectiveSearch().Propose(image).SegmentCount;
            seconds.Add(clock.Elapsed.TotalSeconds);
        }

        BenchmarkRun.Answer(
            new()
            {
                ["seconds"] = seconds.Min(),
                ["peak_mib"] = BenchmarkRun.MemoryMiB("VmHWM:") - before,
                ["segments"] = segments,
            }
        );
    }

    private static RgbImage Draw(string folder, string kind, int width, int height)
    {
        if (kind == "noise")
        {
            var noise = new RgbImage(width, height);
            new Random(1).NextBytes(noise.Pixels);
            return noise;
        }

        RgbImage[] photographs =
        [
            .. Directory
                .EnumerateFiles(folder)
                .Order(StringComparer.Ordinal)
                .Take(kind == "photograph enlarged" ? 1 : 125)
                .Select(path => ImageDecoder.Decode(File.ReadAllBytes(path), path)),
        ];
        return photographs.Length == 1 ? Resampling.ResizeBilinear(photographs[0], width, height) : SideBySide(photographs, width, height);
    }

    private static RgbImage SideBySide(RgbImage[] photographs, int width, int height)
    {
        const int CellWidth = 500,
            CellHeight = 375;
        var sheet = new RgbImage(width, height);
        int next = 0;
        for (int top = 0; top < height; top += CellHeight)
        {
            for (int left = 0; left < width; left += CellWidth)
            {
                RgbImage cell = Resampling.ResizeBilinear(photographs[next++ % photographs.Length], CellWidth, CellHeight);
                int columns = Math.Min(CellWidth, width - left);
                for (int y = top; y < Math.Min(top + CellHeight, height); y++)
                {
                    cell.Pixels.AsSpan(3 * CellWidth * (y - top), 3 * columns).CopyTo(sheet.Pixels.AsSpan(3 * (y * width + left)));
                }
            }
        }

        return sheet;
    }
}

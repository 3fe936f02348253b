using System.Diagnostics;
using System.Text.Json;
using Soco.Images;
using Soco.Proposals;

namespace Soco.Benchmarks;

/// <summary>
/// Time to decode an image and propose its boxes, on one thread: every image of a folder once, after two rounds over the first images
/// that let the runtime compile. Files are read before the clock starts.
/// </summary>
internal static class ProposalBenchmark
{
    private const int WarmUpImages = 40;

    // A size as in ImageNet: 500x375 give or take a fifth of its pixels.
    private const double UsualMegapixels = 0.1875;

    public static void Run(string folder, string? resultFile)
    {
        List<(string Name, byte[] Bytes)> files = [.. Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal)
            .Select(path => (Path.GetFileName(path), File.ReadAllBytes(path)))];
        var search = new SelectiveSearch();
        for (int round = 0; round < 2; round++)
        {
            foreach ((string name, byte[] bytes) in files.Take(WarmUpImages))
            {
                search.Propose(ImageDecoder.Decode(bytes, name));
            }

            // The runtime swaps compiled code in from another thread.
            Thread.Sleep(300);
        }

        var timings = new List<Timing>();
        foreach ((string name, byte[] bytes) in files)
        {
            long start = Stopwatch.GetTimestamp();
            RgbImage image = ImageDecoder.Decode(bytes, name);
            long decoded = Stopwatch.GetTimestamp();
            SelectiveSearchResult result = search.Propose(image);
            long end = Stopwatch.GetTimestamp();
            timings.Add(new Timing(
                name, image.Width, image.Height, Stopwatch.GetElapsedTime(start, decoded).TotalMilliseconds,
                Stopwatch.GetElapsedTime(decoded, end).TotalMilliseconds, result.SegmentCount, result.Boxes.Count));
        }

        List<Timing> usual = timings.FindAll(timing => Math.Abs(timing.Megapixels / UsualMegapixels - 1) <= 0.2);
        Summary[] summaries =
        [
            Summarise("all, ms an image", timings, timing => timing.TotalMs),
            Summarise("all, ms a megapixel", timings, timing => timing.TotalMs / timing.Megapixels),
            Summarise("near 500x375, ms an image", usual, timing => timing.TotalMs),
            Summarise("near 500x375, decode alone, ms", usual, timing => timing.DecodeMs),
        ];
        foreach (Summary summary in summaries)
        {
            Console.WriteLine(
                $"{summary.What,-32} n {summary.Images,4}  min {summary.Min,7:0.0}  median {summary.Median,7:0.0}  p90 {summary.P90,7:0.0}  max {summary.Max,7:0.0}");
        }

        double peakMiB = Process.GetCurrentProcess().PeakWorkingSet64 / (1024.0 * 1024);
        Console.WriteLine($"peak memory {peakMiB:0} MiB");
        if (resultFile is not null)
        {
            File.WriteAllText(resultFile, JsonSerializer.Serialize(
                new { what = "selective search, decode included, one thread, ms", peak_mib = peakMiB, summaries, timings },
                new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true }));
        }
    }

    private static Summary Summarise(string what, List<Timing> timings, Func<Timing, double> value)
    {
        double[] sorted = [.. timings.Select(value).Order()];
        double At(double quantile) => sorted.Length == 0 ? double.NaN : sorted[(int)Math.Round(quantile * (sorted.Length - 1))];
        return new Summary(what, sorted.Length, At(0), At(0.5), At(0.9), At(1));
    }

    private sealed record Timing(string Image, int Width, int Height, double DecodeMs, double ProposeMs, int Segments, int Boxes)
    {
        public double TotalMs => DecodeMs + ProposeMs;

        public double Megapixels => Width * Height / 1e6;
    }

    private sealed record Summary(string What, int Images, double Min, double Median, double P90, double Max);
}

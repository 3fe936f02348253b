using System.Diagnostics;
using System.Text.Json;
using Soco.Vision.Imaging;
using Soco.Vision.Proposals;

namespace Soco.Benchmarks;

/// <summary>
/// <c>proposals [--images FOLDER] [--peer-every N]</c>: time to decode an image and propose its boxes on one thread, every image of a
/// folder once. Files are read before the clock starts. Peers over every Nth of the images near 500x375: OpenCV's selective search, single
/// strategy and fast, and the segmentation of scikit-image alone, with which the published proposals begin.
/// </summary>
internal static class ProposalsBenchmark
{
    private const int WarmUpImages = 40,
        WarmUpRounds = 5;

    // A size as in ImageNet: 500x375 give or take a fifth of its pixels.
    private const double UsualPixels = 500 * 375;

    public static void Run(BenchmarkRun run)
    {
        string folder = run.Text("images", "../shared/data/imagenet-sample");
        (string Name, byte[] Bytes)[] files =
        [
            .. Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).Select(path => (path, File.ReadAllBytes(path))),
        ];
        var search = new SelectiveSearch();
        for (int round = 0; round < WarmUpRounds; round++)
        {
            foreach ((string name, byte[] bytes) in files.Take(WarmUpImages))
            {
                search.Propose(ImageDecoder.Decode(bytes, name));
            }

            // The runtime swaps compiled code in from another thread.
            Thread.Sleep(300);
        }

        Timing[] timings = [.. files.Select(file => Time(search, file.Name, file.Bytes))];
        double median = BenchmarkRun.Median(timings.Select(t => t.Milliseconds));
        Timing[] usual = [.. timings.Where(timing => Math.Abs(timing.Pixels / UsualPixels - 1) <= 0.2)];
        run.Report($"{timings.Length} images, median", 1, median, "ms");
        run.Report($"{timings.Length} images, slowest", 1, timings.Max(t => t.Milliseconds), "ms");
        run.Report(
            $"{timings.Length} images, a megapixel, median",
            1,
            BenchmarkRun.Median(timings.Select(t => t.Milliseconds / t.Pixels * 1e6)),
            "ms"
        );
        run.Report($"{usual.Length} images near 500x375, slowest", 1, usual.Max(t => t.Milliseconds), "ms");
        run.Report("peak memory", 1, BenchmarkRun.PeakMiB(), "MiB");
        if (!run.HasPeers)
        {
            run.Report($"{usual.Length} images near 500x375, median", 1, BenchmarkRun.Median(usual.Select(t => t.Milliseconds)), "ms");
            return;
        }

        int every = run.Number("peer-every", 8);
        string[] names = [.. usual.Where((_, index) => index % every == 0).Select(t => t.Name)];
        foreach (string peer in new[] { "opencv-single", "opencv-fast", "skimage-segmentation" })
        {
            JsonElement theirs = run.Peer("proposals.py", [peer, .. names]);
            double ours = BenchmarkRun.Median(
                files.Where(f => names.Contains(f.Name)).Select(f => Time(search, f.Name, f.Bytes).Milliseconds)
            );
            run.Report(
                $"{names.Length} images near 500x375, median",
                1,
                ours,
                "ms",
                theirs.GetProperty("peer").GetString(),
                BenchmarkRun.Median(theirs.GetProperty("milliseconds").EnumerateArray().Select(e => e.GetDouble()))
            );
        }
    }

    private static Timing Time(SelectiveSearch search, string name, byte[] bytes)
    {
        var clock = Stopwatch.StartNew();
        RgbImage image = ImageDecoder.Decode(bytes, name);
        search.Propose(image);
        return new Timing(name, image.Width * (double)image.Height, clock.Elapsed.TotalMilliseconds);
    }

    private sealed record Timing(string Name, double Pixels, double Milliseconds);
}

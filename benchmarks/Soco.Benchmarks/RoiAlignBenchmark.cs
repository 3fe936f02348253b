using System.Diagnostics;
using System.Text.Json;
using Soco.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Benchmarks;

/// <summary>
/// <c>roialign [--threads N] [--rounds N]</c>: RoIAlign 7x7, adaptive sampling, aligned, in channels-last memory as our networks hold it,
/// forward and forward with backward: the shapes of a pretraining step and of a detector's finest level. Peer: torchvision's operator, in
/// turns.
/// </summary>
internal static class RoiAlignBenchmark
{
    private static readonly (int Images, int Channels, int Side, int Regions)[] s_shapes = [(8, 256, 56, 96), (1, 256, 200, 512)];

    public static void Run(BenchmarkRun run)
    {
        int threads = run.Number("threads", 2),
            rounds = run.Number("rounds", 3);
        set_num_threads(threads);
        foreach ((int images, int channels, int side, int regions) in s_shapes)
        {
            string config = $"[{images}, {channels}, {side}, {side}], {regions} regions";
            List<(double Forward, double Both)> ours = [],
                theirs = [];
            string? peer = null;
            for (int round = 0; round < 3; round++)
            {
                Measure(images, channels, side, regions);
                // The runtime swaps compiled code in from another thread.
                Thread.Sleep(300);
            }

            for (int round = 0; round < rounds; round++)
            {
                ours.Add(Measure(images, channels, side, regions));
                if (run.HasPeers)
                {
                    JsonElement result = run.Peer("roialign.py", $"{images}", $"{channels}", $"{side}", $"{regions}", $"{threads}");
                    theirs.Add((result.GetProperty("forward_ms").GetDouble(), result.GetProperty("both_ms").GetDouble()));
                    peer = result.GetProperty("peer").GetString();
                }
            }

            run.Report(
                $"{config}, forward",
                threads,
                BenchmarkRun.Median(ours.Select(t => t.Forward)),
                "ms",
                peer,
                peer is null ? null : BenchmarkRun.Median(theirs.Select(t => t.Forward))
            );
            run.Report(
                $"{config}, forward and backward",
                threads,
                BenchmarkRun.Median(ours.Select(t => t.Both)),
                "ms",
                peer,
                peer is null ? null : BenchmarkRun.Median(theirs.Select(t => t.Both))
            );
        }
    }

    private static (double Forward, double Both) Measure(int images, int channels, int side, int regions)
    {
        using DisposeScope scope = NewDisposeScope();
        manual_seed(0);
        Tensor features = randn(images, side, side, channels).permute(0, 3, 1, 2).requires_grad_(true);
        Tensor corner = rand(regions, 2) * side * 0.6,
            size = side * (0.1 + 0.3 * rand(regions, 2));
        Tensor boxes = cat([(arange(regions) % images).to_type(ScalarType.Float32).unsqueeze(1), corner, corner + size], 1);
        var options = new RoiAlignOptions(7);
        Tensor upstream = randn(regions, 7, 7, channels).permute(0, 3, 1, 2);
        var forward = new List<double>();
        var both = new List<double>();
        for (int i = 0; i < 7; i++)
        {
            using DisposeScope inner = NewDisposeScope();
            var clock = Stopwatch.StartNew();
            Tensor pooled = RoiAlign.Apply(features, boxes, options);
            forward.Add(clock.Elapsed.TotalMilliseconds);
            pooled.backward([upstream]);
            both.Add(clock.Elapsed.TotalMilliseconds);
            features.grad = null;
        }

        return (BenchmarkRun.Median(forward.Skip(2)), BenchmarkRun.Median(both.Skip(2)));
    }
}

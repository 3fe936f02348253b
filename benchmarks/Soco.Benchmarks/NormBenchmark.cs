using System.Diagnostics;
using Soco.Distributed;
using Soco.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Benchmarks;

/// <summary>
/// <c>norm [--threads N] [--rounds N]</c>: batch norm of several processes without the messages, forward and backward, on the maps of a
/// ResNet-18 at 64 and at 224 pixels. Peer: libtorch's batch norm of one process.
/// </summary>
internal static class NormBenchmark
{
    private const int Warming = 8;

    private static readonly (int Images, int Channels, int Side)[] s_shapes =
    [
        (16, 64, 64),
        (16, 64, 32),
        (16, 256, 32),
        (16, 128, 16),
        (16, 256, 8),
        (64, 256, 7),
        (16, 512, 4),
    ];

    public static void Run(BenchmarkRun run)
    {
        int threads = run.Number("threads", 1),
            rounds = run.Number("rounds", 5);
        set_num_threads(threads);
        foreach ((int images, int channels, int side) in s_shapes)
        {
            foreach (
                (ScalarType type, bool backward) in new[]
                {
                    (ScalarType.Float32, false),
                    (ScalarType.Float32, true),
                    (ScalarType.BFloat16, false),
                    (ScalarType.BFloat16, true),
                }
            )
            {
                List<double> ours = [],
                    theirs = [];
                for (int round = 0; round < rounds + Warming; round++)
                {
                    double shared = Measure(new Alone(), images, channels, side, type, backward),
                        alone = Measure(SingleProcess.Instance, images, channels, side, type, backward);
                    if (round >= Warming)
                    {
                        ours.Add(shared);
                        theirs.Add(alone);
                    }
                }

                run.Report(
                    $"[{images}, {channels}, {side}, {side}], {(type == ScalarType.BFloat16 ? "bf16" : "fp32")}, {(backward ? "forward and backward" : "forward")}",
                    threads,
                    BenchmarkRun.Median(ours),
                    "ms",
                    "libtorch",
                    BenchmarkRun.Median(theirs)
                );
            }
        }
    }

    private static double Measure(ICollective processes, int images, int channels, int side, ScalarType type, bool backward)
    {
        using DisposeScope scope = NewDisposeScope();
        using var norm = new BatchNorm(channels) { Processes = processes };
        Tensor input = randn(images, side, side, channels).to_type(type).permute(0, 3, 1, 2).requires_grad_(true);
        Tensor gradient = randn(images, side, side, channels).to_type(type).permute(0, 3, 1, 2);
        const int Repeats = 20;
        var clock = new Stopwatch();
        for (int i = 0; i < Repeats; i++)
        {
            using DisposeScope one = NewDisposeScope();
            clock.Start();
            Tensor output = norm.forward(input);
            if (backward)
            {
                output.backward([gradient]);
            }

            clock.Stop();
        }

        return clock.Elapsed.TotalMilliseconds / Repeats;
    }

    /// <summary>One of two processes whose other one has nothing.</summary>
    private sealed class Alone : ICollective
    {
        public int Rank => 0;

        public int Size => 2;

        public string Engine => "";

        public IReadOnlyList<string> Hosts { get; } = ["", ""];

        public void AllReduce(Tensor values) { }

        public void AllReduce(Span<double> values) { }

        public IDisposable BeginAllReduce(Tensor values) => SingleProcess.Instance;

        public void Broadcast(Tensor values) { }

        public byte[][] AllGather(ReadOnlySpan<byte> message) => [message.ToArray(), []];

        public void Barrier() { }

        public void Abort(int exitCode) { }

        public void Dispose() { }
    }
}

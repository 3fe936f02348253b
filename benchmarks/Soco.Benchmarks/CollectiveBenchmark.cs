using System.Diagnostics;
using Soco.Distributed;
using Soco.Distributed.Mpi;
using Soco.Vision;
using static TorchSharp.torch;

namespace Soco.Benchmarks;

/// <summary>
/// <c>mpirun -n N dotnet Soco.Benchmarks.dll collective [--rounds N]</c>: sums over processes, by their size, and messages that every
/// process hears. Over TCP with <c>mpirun --mca btl tcp,self</c>.
/// </summary>
internal static class CollectiveBenchmark
{
    private static readonly long[] s_floats = [2, 256, 16 << 10, 1 << 18, 1 << 20, 1 << 22, 12 << 20];

    public static void Run(BenchmarkRun run)
    {
        if (!MpiCollective.IsLaunched)
        {
            throw new SocoRequestException("Start it as several processes: mpirun -n 2 dotnet Soco.Benchmarks.dll collective.");
        }

        int rounds = run.Number("rounds", 30);
        set_num_threads(1);
        using var processes = MpiCollective.Join(Console.Error.WriteLine);
        foreach (long floats in s_floats)
        {
            using Tensor values = ones(floats);
            Report($"sum of {Size(4 * floats)}", 4 * floats, () => processes.AllReduce(values));
        }

        using Tensor parts = ones(12 << 20);
        Report(
            $"sum of {Size(4 * parts.numel())} in buckets of 4 MiB",
            4 * parts.numel(),
            () =>
            {
                var underway = new Queue<IDisposable>();
                for (int at = 0; at < 12 << 20; at += 1 << 20)
                {
                    underway.Enqueue(processes.BeginAllReduce(parts.narrow(0, at, 1 << 20)));
                    if (underway.Count > 2)
                    {
                        underway.Dequeue().Dispose();
                    }
                }

                while (underway.TryDequeue(out IDisposable? last))
                {
                    last.Dispose();
                }
            }
        );
        Report("barrier", 0, processes.Barrier);
        byte[] message = new byte[64 << 10];
        Report("message of 64 KiB from each to each", message.Length, () => processes.AllGather(message));

        void Report(string config, long bytes, Action work)
        {
            var times = new List<double>();
            for (int round = -5; round < rounds; round++)
            {
                processes.Barrier();
                long began = Stopwatch.GetTimestamp();
                work();
                if (round >= 0)
                {
                    times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                }
            }

            if (processes.IsFirst())
            {
                double median = BenchmarkRun.Median(times);
                run.Report($"{processes.Size} processes, {config}", 1, median, "ms");
                if (bytes > 1 << 20)
                {
                    run.Report($"{processes.Size} processes, {config}", 1, bytes / median / 1e6, "GB/s");
                }
            }
        }
    }

    private static string Size(long bytes) => bytes < 1 << 20 ? $"{bytes} bytes" : $"{bytes >> 20} MiB";
}

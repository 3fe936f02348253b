using Soco.Tensors.Native;
using Soco.Vision;

namespace Soco.Benchmarks;

/// <summary>Timings that anyone can repeat: one name for each part of the program that has a time to keep.</summary>
internal static class Program
{
    private static readonly SortedDictionary<string, Action<BenchmarkRun>> s_benchmarks = new(StringComparer.Ordinal)
    {
        ["collective"] = CollectiveBenchmark.Run,
        ["detector"] = DetectorBenchmark.Run,
        ["evaluate"] = EvaluateBenchmark.Run,
        ["kernels"] = KernelsBenchmark.Run,
        ["load"] = LoadBenchmark.Run,
        [LoadBenchmark.OneProcess] = LoadBenchmark.RunAlone,
        ["norm"] = NormBenchmark.Run,
        ["onnx"] = OnnxBenchmark.Run,
        ["proposals"] = ProposalsBenchmark.Run,
        ["proposals-large"] = ProposalScaleBenchmark.Run,
        [ProposalScaleBenchmark.OneProcess] = ProposalScaleBenchmark.RunAlone,
        ["roialign"] = RoiAlignBenchmark.Run,
        ["step"] = StepBenchmark.Run,
        ["store"] = StoreBenchmark.Run,
        [StoreBenchmark.OneProcess] = StoreBenchmark.RunAlone,
        ["views"] = ViewsBenchmark.Run,
    };

    private static int Main(string[] args)
    {
        // A benchmark may meet TorchSharp before it meets Soco.
        TorchRuntime.LimitSpinning();
        try
        {
            if (args.Length == 0 || !s_benchmarks.TryGetValue(args[0], out Action<BenchmarkRun>? benchmark))
            {
                throw new SocoRequestException($"Usage: NAME [options], where NAME is one of {string.Join(", ", s_benchmarks.Keys)}.");
            }

            var run = new BenchmarkRun(args[0], args[1..]);
            benchmark(run);
            run.Save();
            return 0;
        }
        catch (SocoException error)
        {
            Console.Error.WriteLine(error.Message);
            return error is SocoRunException ? 1 : 2;
        }
    }
}

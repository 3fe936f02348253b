using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Soco.Benchmarks.Kernels;

namespace Soco.Benchmarks;

/// <summary>
/// <c>kernels [--only WORD]</c>: the inner loops one by one, timed by BenchmarkDotNet in this process: median, and how far single
/// measurements spread. <c>--only</c> takes those whose name has the word.
/// </summary>
internal static class KernelsBenchmark
{
    private static readonly Type[] s_kernels =
    [
        typeof(ColorKernels),
        typeof(ResizeKernels),
        typeof(DecodeKernels),
        typeof(ProposalKernels),
        typeof(RoiAlignKernels),
    ];

    public static void Run(BenchmarkRun run)
    {
        string only = run.Text("only", "");
        string artifacts = Directory.CreateTempSubdirectory("soco-kernels-").FullName;
        IConfig config = ManualConfig
            .CreateEmpty()
            .AddJob(Job.ShortRun.WithIterationCount(9).WithToolchain(InProcessEmitToolchain.Instance))
            .AddFilter(new BenchmarkDotNet.Filters.NameFilter(name => name.Contains(only, StringComparison.OrdinalIgnoreCase)))
            .WithArtifactsPath(artifacts)
            .WithOptions(ConfigOptions.DisableLogFile);
        try
        {
            foreach (BenchmarkReport report in s_kernels.SelectMany(kernel => BenchmarkRunner.Run(kernel, config).Reports))
            {
                string name = report.BenchmarkCase.Descriptor.WorkloadMethodDisplayInfo.Replace('_', ' ');
                run.Report(name, 1, report.ResultStatistics!.Median / 1000, "us");
                run.Report($"{name}, quartiles apart", 1, report.ResultStatistics.InterquartileRange / 1000, "us");
            }
        }
        finally
        {
            Directory.Delete(artifacts, recursive: true);
        }
    }
}

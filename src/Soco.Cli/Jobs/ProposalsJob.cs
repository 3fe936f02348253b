

using Soco.Cli.Terminal;
using Soco.Vision.Proposals;
using Soco.Vision.Sources;

namespace Soco.Cli.Jobs;

/// <summary>Proposals for a source of images, with progress.</summary>
internal static class ProposalsJob
{
    /// <summary>Makes what is not there yet.</summary>
    /// <param name="source">The images.</param>
    /// <param name="strategy">What proposes.</param>
    /// <param name="output">A folder, or a file named *.json.</param>
    /// <param name="jobs">Images at a time.</param>
    /// <param name="interruption">Stops; what is done is kept.</param>
    public static ProposalRunResult Run(ImageSource source, ProposalStrategy strategy, string output, int jobs, CancellationToken interruption) =>
        ProgressLine.Run("proposals", progress => ProposalRun.Run(
            source,
            strategy,
            output,
            new ProposalRunOptions { Jobs = jobs, Progress = p => progress.Report(p.Done, p.Total, p.Remaining, p.ImagesPerSecond > 0 ? $"{p.ImagesPerSecond:0.0} images/s" : "") },
            interruption));
}

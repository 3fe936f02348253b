using Soco.Distributed;
using Soco.Vision;
using Soco.Vision.Proposals;
using Soco.Vision.Sources;

namespace Soco.Jobs;

/// <summary>What a job of proposals is asked for.</summary>
public sealed record ProposalsRequest
{
    /// <summary>The images.</summary>
    public required ImageSource Images { get; init; }

    /// <summary>What proposes.</summary>
    public required ProposalStrategy Strategy { get; init; }

    /// <summary>A folder for Parquet files, or a file named *.json.</summary>
    public required string Output { get; init; }

    /// <summary>Images at a time; 0 is one for each core.</summary>
    public int Jobs { get; init; }

    /// <summary>The processes that share the images; each of them runs the job with the same request.</summary>
    public ICollective Processes { get; init; } = SingleProcess.Instance;
}

/// <summary>Proposals for a source of images.</summary>
/// <param name="request">What is asked for.</param>
public sealed class ProposalsJob(ProposalsRequest request)
{
    /// <summary>Makes what is not there yet.</summary>
    /// <param name="progress">Receives how far it is.</param>
    /// <param name="cancellationToken">Stops; what is done is kept.</param>
    /// <returns>What was done, and whether it was stopped.</returns>
    /// <exception cref="SocoRequestException">The output has boxes of another strategy, or cannot be written.</exception>
    /// <exception cref="SocoRunException">No image can be read, or the disk is full.</exception>
    public ProposalRunResult Run(IProgress<JobEvent>? progress = null, CancellationToken cancellationToken = default)
    {
        ICollective processes = request.Processes;
        var options = new ProposalRunOptions { Jobs = processes.ThreadsOf(request.Jobs), Progress = processes.IsFirst() ? Report : null };
        if (!processes.IsShared())
        {
            return ProposalRun.Run(request.Images, request.Strategy, request.Output, options, cancellationToken);
        }

        // Each process adds to a store of its own, and the first one takes their parts over: also those that were left by a run that was
        // killed.
        if (processes.IsFirst())
        {
            ProposalRun.TakeOver(request.Images, request.Strategy, request.Output, finished: false);
        }

        processes.Barrier();
        ProposalRunResult own = ProposalRun.Run(
            request.Images,
            request.Strategy,
            request.Output,
            options with
            {
                Share = new ProposalShare(processes.Rank, processes.Size),
            },
            cancellationToken
        );
        double[] sums = processes.Sum(own.Proposed, own.Skipped, own.Boxes, own.WithoutBoxes, own.Cancelled ? 1 : 0);
        if (processes.IsFirst())
        {
            ProposalRun.TakeOver(request.Images, request.Strategy, request.Output, finished: sums[4] == 0);
        }

        processes.Barrier();
        return new ProposalRunResult((int)sums[0], own.AlreadyThere, (int)sums[1], (long)sums[2], (int)sums[3], sums[4] > 0);

        void Report(ProposalProgress p) =>
            progress?.Report(
                new JobProgress("proposals", p.Done, p.Total, p.Remaining, p.ImagesPerSecond > 0 ? $"{p.ImagesPerSecond:0.0} images/s" : "")
            );
    }
}

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
    public ProposalRunResult Run(IProgress<JobEvent>? progress = null, CancellationToken cancellationToken = default) => ProposalRun.Run(
        request.Images,
        request.Strategy,
        request.Output,
        new ProposalRunOptions
        {
            Jobs = request.Jobs > 0 ? request.Jobs : Environment.ProcessorCount,
            Progress = p => progress?.Report(new JobProgress("proposals", p.Done, p.Total, p.Remaining, p.ImagesPerSecond > 0 ? $"{p.ImagesPerSecond:0.0} images/s" : "")),
        },
        cancellationToken);
}

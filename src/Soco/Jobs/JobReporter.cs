namespace Soco.Jobs;

/// <summary>Where a job tells what it does: everything, or its progress alone where it is a part of a longer one.</summary>
/// <param name="Progress">The receiver, if there is one.</param>
internal sealed record JobReporter(IProgress<JobEvent>? Progress)
{
    /// <summary>What the progress of a training is called.</summary>
    public string Stage { get; private init; } = "step";

    /// <summary>Whether it tells of progress and warnings alone.</summary>
    public bool IsPart { get; private init; }

    /// <summary>For a part of the job.</summary>
    /// <param name="name">The part.</param>
    public JobReporter Of(string name) => this with { Stage = $"{name} step", IsPart = true };

    /// <summary>Tells what a job of its own tells.</summary>
    public void Say(string text)
    {
        if (!IsPart)
        {
            Tell(new JobMessage(text));
        }
    }

    /// <summary>Warns.</summary>
    public void Warn(string text) => Tell(new JobWarning(text));

    /// <summary>Tells how far a stage is.</summary>
    public void Advance(string stage, long done, long total, TimeSpan? left, string details) => Tell(new JobProgress(stage, done, total, left, details));

    /// <summary>Tells something whoever runs it.</summary>
    public void Tell(JobEvent told) => Progress?.Report(told);
}

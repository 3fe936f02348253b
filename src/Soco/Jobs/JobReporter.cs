namespace Soco.Jobs;

/// <summary>Reports the events of a job. A part of a longer job reports progress and warnings only.</summary>
/// <param name="Progress">The receiver, if there is one.</param>
internal sealed record JobReporter(IProgress<JobEvent>? Progress)
{
    /// <summary>Name of the training stage.</summary>
    public string Stage { get; private init; } = "step";

    /// <summary>Whether messages are left out.</summary>
    public bool IsPart { get; private init; }

    /// <summary>The reporter of a part of the job.</summary>
    /// <param name="name">The part.</param>
    public JobReporter Of(string name) => this with { Stage = $"{name} step", IsPart = true };

    /// <summary>Reports a message, unless this is a part.</summary>
    public void Say(string text)
    {
        if (!IsPart)
        {
            Tell(new JobMessage(text));
        }
    }

    /// <summary>Reports a warning.</summary>
    public void Warn(string text) => Tell(new JobWarning(text));

    /// <summary>Reports the progress of a stage.</summary>
    public void Advance(string stage, long done, long total, TimeSpan? left, string details) =>
        Tell(new JobProgress(stage, done, total, left, details));

    /// <summary>Reports an event, also from a part.</summary>
    public void Tell(JobEvent told) => Progress?.Report(told);
}

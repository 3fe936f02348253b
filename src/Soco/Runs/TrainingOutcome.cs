namespace Soco.Runs;

/// <summary>How training ended.</summary>
public enum TrainingOutcome
{
    /// <summary>The whole schedule is done.</summary>
    Completed,

    /// <summary>The step that was asked for is reached; the schedule goes on.</summary>
    Stopped,

    /// <summary>The run was interrupted, after a save.</summary>
    Interrupted,
}

using Soco.Runs;

namespace Soco.Jobs;

/// <summary>How a training job ended.</summary>
/// <param name="Outcome">Completed, stopped as asked, or interrupted after a save.</param>
/// <param name="Step">Optimizer steps done, in all sessions.</param>
/// <param name="Folder">The run: weights, log, pictures, report.</param>
public sealed record TrainingResult(TrainingOutcome Outcome, long Step, RunFolder Folder);

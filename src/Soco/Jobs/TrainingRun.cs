using Soco.Distributed;
using Soco.Recipes;
using Soco.Runs;
using Soco.Tensors;
using Soco.Training;
using Soco.Vision;

namespace Soco.Jobs;

/// <summary>How a training job ended.</summary>
/// <param name="Outcome">Completed, stopped as asked, or interrupted after a save.</param>
/// <param name="Step">Optimizer steps done, in all sessions.</param>
/// <param name="Folder">The run: weights, log, pictures, report.</param>
public sealed record TrainingResult(TrainingOutcome Outcome, long Step, RunFolder Folder);

/// <summary>A training as a job: progress, how it ended, what it still owes.</summary>
/// <param name="folder">The run.</param>
/// <param name="task">What is trained.</param>
/// <param name="trainer">Trains it.</param>
/// <param name="reporter">Receives the events.</param>
internal sealed class TrainingRun(RunFolder folder, TrainingTask task, Trainer trainer, JobReporter reporter)
{
    /// <summary>The figures of a step that the progress shows.</summary>
    public required Func<TrainingStep, string> Details { get; init; }

    /// <summary>The figures of an evaluation, as a sentence.</summary>
    public Func<IReadOnlyDictionary<string, double>, string>? Evaluation { get; init; }

    /// <summary>Refuses to go on with a run that was told something else.</summary>
    /// <param name="folder">The run, if there is one.</param>
    /// <param name="recipe">As asked for now.</param>
    /// <param name="undecided">Keys that are not resolved yet.</param>
    /// <exception cref="SocoRequestException">Another key differs.</exception>
    public static void RefuseOtherRecipe(RunFolder folder, Recipe recipe, params string[] undecided)
    {
        if (!File.Exists(folder.RecipePath))
        {
            return;
        }

        IReadOnlyList<string> differences = folder.ReadRecipe().RefusedChanges(recipe, undecided);
        if (differences.Count > 0)
        {
            throw new SocoRequestException(
                $"{folder.Root} holds a run of another recipe ({string.Join("; ", differences)}): leave these changes out to go on with it, or name another folder."
            );
        }
    }

    /// <summary>
    /// The recipe with its number format decided: as the run in the folder began, or else as the machine is fast. Says what it decided, and
    /// warns where bfloat16 was asked for that the processor has no units for.
    /// </summary>
    /// <param name="path">The run folder, which need not be there.</param>
    /// <param name="recipe">The run.</param>
    /// <param name="reporter">Where to say so.</param>
    public static T WithPrecision<T>(string path, T recipe, JobReporter reporter)
        where T : Recipe
    {
        bool begun = RunFolder.IsRun(path) && File.Exists(RunFolder.Open(path).RecipePath);
        NumberFormat precision =
            recipe.Precision == NumberFormat.Auto && begun
                ? RunFolder.Open(path).ReadRecipe().Precision
                : NumberFormats.Resolve(recipe.Precision, recipe.Device);
        bool fast = NumberFormats.HasBfloat16Units(recipe.Device);
        if (recipe.Precision == NumberFormat.Auto && !begun)
        {
            reporter.Say(fast ? "Precision bf16: there are units for it here." : "Precision fp32: this processor has no bfloat16 units.");
        }

        if (precision == NumberFormat.Bf16 && !fast)
        {
            reporter.Warn(
                "This processor has no bfloat16 units: precision bf16 can take a hundred times as long as fp32 here; precision auto takes what is fast."
            );
        }

        return (T)(recipe with { Precision = precision });
    }

    private bool IsFirst => task.Processes.IsFirst();

    /// <summary>Whether the run is where it was asked to come.</summary>
    private bool IsDone(long? stopAfter) => trainer.IsOver || (trainer.Step >= stopAfter && trainer.IsEvaluated);

    /// <summary>Trains.</summary>
    /// <param name="stopAfter">Steps in total after which to stop, or null.</param>
    /// <param name="completed">Called when the schedule is done.</param>
    /// <param name="cancellationToken">Stops after the step that is under way, with a save.</param>
    public TrainingResult Go(long? stopAfter, Action? completed, CancellationToken cancellationToken)
    {
        long end = Math.Min(task.TotalSteps, stopAfter ?? task.TotalSteps);
        foreach (string damaged in trainer.DamagedCheckpoints)
        {
            reporter.Warn($"Left out a newer checkpoint: {damaged}");
        }

        if (trainer.Step > 0 && IsFirst)
        {
            reporter.Say($"Going on from step {trainer.Step}.");
            if (folder.ReadRecord().TotalSteps is > 0 and var before && before < task.TotalSteps)
            {
                reporter.Say(
                    $"The run was {before} steps long and is now {task.TotalSteps}: learning rate and momentum follow the schedules of the longer run from here."
                );
            }
        }

        if (IsDone(stopAfter))
        {
            if (IsFirst)
            {
                Conclude(completed);
            }

            reporter.Say($"Nothing left to do: step {trainer.Step} of {task.TotalSteps} is reached. Weights: {folder.WeightsPath}");
            return new TrainingResult(trainer.IsOver ? TrainingOutcome.Completed : TrainingOutcome.Stopped, trainer.Step, folder);
        }

        try
        {
            return new TrainingResult(Train(stopAfter, end, completed, cancellationToken), trainer.Step, folder);
        }
        finally
        {
            if (IsFirst)
            {
                RunReport.Save(folder.Root, reporter);
            }
        }
    }

    /// <summary>What a run that was killed after its last checkpoint still owes: weights, pictures, and last of all its report.</summary>
    private void Conclude(Action? completed)
    {
        trainer.Finish();
        if (File.Exists(folder.ReportPath) && File.GetLastWriteTimeUtc(folder.ReportPath) >= File.GetLastWriteTimeUtc(folder.LogPath))
        {
            return;
        }

        if (trainer.IsOver)
        {
            completed?.Invoke();
        }

        RunReport.Save(folder.Root, reporter);
    }

    private TrainingOutcome Train(long? stopAfter, long end, Action? completed, CancellationToken cancellationToken)
    {
        TrainingOutcome outcome = trainer.Run(stopAfter, step => Tell(step, end), cancellationToken, Tell);
        if (outcome == TrainingOutcome.Interrupted)
        {
            reporter.Warn($"Interrupted after step {trainer.Step} of {task.TotalSteps}, saved.");
            return outcome;
        }

        reporter.Say(
            outcome == TrainingOutcome.Completed
                ? $"Done: {Plural.Of(trainer.Step, "step")}{(trainer.Step < task.TotalSteps ? $" of {task.TotalSteps}, as evaluations got no better" : "")}. Weights: {folder.WeightsPath}"
                : $"Stopped at step {trainer.Step} of {task.TotalSteps} as asked; without that limit it goes on. Weights: {folder.WeightsPath}"
        );
        if (outcome == TrainingOutcome.Completed && IsFirst)
        {
            completed?.Invoke();
        }

        return outcome;
    }

    private void Tell(TrainingStep step, long end)
    {
        TimeSpan left = TimeSpan.FromSeconds((end - step.Step) * step.SecondsPerStep);
        reporter.Advance(reporter.Stage, step.Step, end, left, $"epoch {step.Epoch}  {Details(step)}  {step.ImagesPerSecond:0.0} images/s");
    }

    private void Tell(long step, IReadOnlyDictionary<string, double> figures)
    {
        if (Evaluation is not null && figures.Count > 0)
        {
            reporter.Tell(new JobMessage($"step {step}: {Evaluation(figures)}"));
        }
    }
}

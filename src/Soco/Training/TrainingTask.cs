using Soco.Distributed;
using Soco.Optimization;
using Soco.Recipes;
using Soco.Runs;
using Soco.Tensors;
using Soco.Tensors.Native;
using Soco.Vision;
using Soco.Weights;
using static TorchSharp.torch;

namespace Soco.Training;

/// <summary>One forward and backward pass of a step.</summary>
/// <param name="Images">Images that it takes, in all processes.</param>
/// <param name="Batch">What it holds; disposed after the pass.</param>
/// <param name="Learn">
/// Adds the pass's gradients, scaled by its share of the step, to those of the parameters, and gives its loss; of several processes each
/// its part.
/// </param>
internal sealed record TrainingPass(int Images, IDisposable Batch, Func<double, double> Learn);

/// <summary>What a task tells of a step or of an evaluation.</summary>
/// <param name="Values">Values by name, in the order they should be read.</param>
/// <param name="Vectors">Lists of values by name.</param>
internal sealed record Figures(
    IReadOnlyDictionary<string, double> Values,
    IReadOnlyDictionary<string, IReadOnlyList<float>>? Vectors = null
);

/// <summary>
/// What is trained: network, batches, losses, schedules and figures. Everything that any training needs - the loop, log, checkpoints,
/// resuming, signals, failures - is the <see cref="Trainer"/>'s, and only there.
/// </summary>
internal abstract class TrainingTask : IDisposable
{
    /// <param name="recipe">The run, all values resolved.</param>
    /// <param name="processes">The processes that share each step.</param>
    /// <exception cref="SocoRequestException">A pass has fewer images than there are processes.</exception>
    protected TrainingTask(Recipe recipe, ICollective processes)
    {
        int least = recipe.Batch % recipe.PassSize is var rest && rest > 0 ? rest : recipe.PassSize;
        if (least < processes.Size)
        {
            throw new SocoRequestException(
                $"A pass of {Plural.Of(least, "image")} (batch {recipe.Batch}, micro_batch {recipe.MicroBatch}) leaves some of {processes.Size} processes without any: "
                    + "start fewer processes, or raise batch or micro_batch, which are of all processes together."
            );
        }

        Recipe = recipe;
        Processes = processes;
        TorchRuntime.LimitSpinning();
        set_num_threads(recipe.ThreadCount);
        Device = Devices.Resolve(recipe.Device);
    }

    /// <summary>The run.</summary>
    public Recipe Recipe { get; }

    /// <summary>The processes that share each step.</summary>
    protected internal ICollective Processes { get; }

    /// <summary>Optimizer steps of one pass over the images.</summary>
    public abstract int StepsPerEpoch { get; }

    /// <summary>Optimizer steps of the whole schedule.</summary>
    public abstract long TotalSteps { get; }

    /// <summary>Where the tensors live.</summary>
    protected Device Device { get; }

    /// <summary>The data, for telling on resume whether it is the same.</summary>
    protected internal abstract DatasetFingerprint Dataset { get; }

    /// <summary>The network, in training mode while it learns.</summary>
    protected internal abstract nn.Module Network { get; }

    /// <summary>The optimizer.</summary>
    protected internal abstract Optimizer Optimizer { get; }

    /// <summary>Checkpoints at multiples of this many steps are never deleted; 0 keeps the newest two only.</summary>
    protected internal abstract long KeepEverySteps { get; }

    /// <summary>What most likely went wrong when the loss is not finite, each cause with its mend.</summary>
    protected internal abstract string CausesOfDivergence { get; }

    /// <summary>All tensors that a checkpoint restores, by unique names.</summary>
    protected internal virtual IEnumerable<(string Name, Tensor Tensor)> State =>
        Checkpoint.Named(StateLoading.TensorsOf(Network), Optimizer.State);

    /// <summary>The passes of the steps from one on, on the device, as many as a step's batch needs for each step.</summary>
    /// <param name="firstStep">Optimizer step to begin with, from 0 over the whole run.</param>
    /// <param name="endStep">One past the last step.</param>
    protected internal abstract IEnumerable<TrainingPass> Passes(long firstStep, long endStep);

    /// <summary>Called before the first pass of a step.</summary>
    protected internal abstract void BeginStep(long step);

    /// <summary>
    /// Called after the last pass of a step: updates the weights and tells what the step measured, <c>loss</c> and <c>lr</c> among it.
    /// </summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="gradientNorm">Euclidean norm of the gradients.</param>
    protected internal abstract Figures Update(long step, double gradientNorm);

    /// <summary>Whether a checkpoint is due.</summary>
    /// <param name="step">Steps done.</param>
    protected internal virtual bool SavesAt(long step) => Recipe.CheckpointEverySteps > 0 && step % Recipe.CheckpointEverySteps == 0;

    /// <summary>Whether an evaluation is due.</summary>
    /// <param name="step">Steps done.</param>
    protected internal virtual bool EvaluatesAt(long step) => false;

    /// <summary>Whether the run is over: the schedule is done, or evaluations say that more of it does not help.</summary>
    /// <param name="step">Steps done; an evaluation that was due is made.</param>
    protected internal virtual bool EndsAt(long step) => step >= TotalSteps;

    /// <summary>Evaluates, and writes what the evaluation decides. The state of the training is afterwards what it was before.</summary>
    /// <param name="step">Steps done.</param>
    /// <param name="folder">The run.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <returns>The figures; null when interrupted.</returns>
    protected internal virtual Figures? Evaluate(long step, RunFolder folder, CancellationToken cancellationToken) => null;

    /// <summary>Called when <see cref="Trainer.Run"/> ends, at the end of the schedule or before it.</summary>
    /// <param name="step">Steps done.</param>
    /// <param name="folder">The run.</param>
    protected internal virtual void Finish(long step, RunFolder folder) { }

    /// <summary>Whether what <see cref="Finish"/> leaves is there, of this step.</summary>
    /// <param name="step">Steps done.</param>
    /// <param name="folder">The run.</param>
    protected internal virtual bool IsFinished(long step, RunFolder folder) => true;

    /// <summary>The training state with what the task alone knows.</summary>
    protected internal virtual TrainingState SaveState(TrainingState state) => state;

    /// <summary>Takes up what <see cref="SaveState"/> left.</summary>
    protected internal virtual void LoadState(TrainingState state) { }

    /// <summary>Frees network and optimizer.</summary>
    public virtual void Dispose()
    {
        Optimizer.Dispose();
        Network.Dispose();
        GC.SuppressFinalize(this);
    }
}

using System.Diagnostics;
using Soco.Distributed;
using Soco.Recipes;
using Soco.Runs;
using Soco.Vision;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Training;

/// <summary>
/// The training loop: passes of a batch, update, log, evaluations, checkpoints. A run is a pure function of its recipe and data on one
/// machine: what is resumed after a kill ends with the same bits as what was never stopped. Several processes take each step together; the
/// first one writes the run.
/// </summary>
internal sealed class Trainer : IDisposable
{
    private const int PaceSteps = 20;

    private readonly TrainingTask _task;
    private readonly RunFolder _folder;
    private readonly CheckpointStore _checkpoints;
    private readonly ICollective _processes;
    private readonly GradientSum _gradients;
    private readonly TrainingTensors _tensors;
    private readonly Queue<double> _pace = new();
    private readonly List<string> _damaged = [];
    private long _step;
    private long _evaluated = -1;

    /// <summary>Takes a task, and where the folder holds a checkpoint, restores it.</summary>
    /// <param name="task">What is trained; disposed with the trainer, or at once when it cannot be restored.</param>
    /// <param name="folder">Where the run lives.</param>
    /// <exception cref="SocoDataException">The checkpoint does not fit the recipe, or the data is not what the run began with.</exception>
    public Trainer(TrainingTask task, RunFolder folder)
    {
        _task = task;
        _folder = folder;
        _checkpoints = new CheckpointStore(folder, task.KeepEverySteps);
        _processes = task.Processes;
        _gradients = new GradientSum(_processes);
        _tensors = new TrainingTensors(task);
        try
        {
            if (_processes.IsFirst())
            {
                Restore();
            }

            FollowFirst();
        }
        catch
        {
            _tensors.Dispose();
            task.Dispose();
            throw;
        }
    }

    /// <summary>Optimizer steps done.</summary>
    public long Step => _step;

    /// <summary>How the training was called, for the record of the run.</summary>
    public string Command { get; init; } = nameof(Trainer);

    /// <summary>Whether the folder held a checkpoint, and training goes on from it.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>What is wrong with checkpoints that are newer than the one that training goes on from.</summary>
    public IReadOnlyList<string> DamagedCheckpoints => _damaged;

    /// <summary>Whether no evaluation is due where the run stands.</summary>
    public bool IsEvaluated => _evaluated == _step || !_task.EvaluatesAt(_step);

    /// <summary>Whether there is nothing left to do.</summary>
    public bool IsOver => IsEvaluated && _task.EndsAt(_step);

    /// <summary>Trains to the end of the schedule, or to a step of it.</summary>
    /// <param name="stopAfter">Steps in total after which to stop; null trains to the end.</param>
    /// <param name="onStep">Told of every step.</param>
    /// <param name="cancellationToken">Finishes the step, saves and returns.</param>
    /// <param name="onEvaluation">Told of every evaluation: steps done, and what it measured.</param>
    /// <exception cref="SocoRunException">
    /// The loss or the gradient is not finite (the last good state is saved), or the disk is full.
    /// </exception>
    public TrainingOutcome Run(
        long? stopAfter,
        Action<TrainingStep> onStep,
        CancellationToken cancellationToken,
        Action<long, IReadOnlyDictionary<string, double>>? onEvaluation = null
    )
    {
        if (!_processes.IsFirst())
        {
            return Train(stopAfter, onStep, cancellationToken, onEvaluation);
        }

        RunRecord.Begin(_folder, Command, _task.Recipe, _processes, _task.TotalSteps, _task.Dataset.Count, _step);
        try
        {
            TrainingOutcome outcome = Train(stopAfter, onStep, cancellationToken, onEvaluation);
            RunRecord.End(_folder, _step, outcome);
            return outcome;
        }
        catch (Exception error)
        {
            try
            {
                RunRecord.End(_folder, _step, null, error.Message);
            }
            catch (SocoRunException)
            {
                // A full disk takes no record either; the first error tells of it.
            }

            throw;
        }
    }

    /// <summary>
    /// Saves the state before the first step: what a run starts from must not be lost where it is killed before its first checkpoint.
    /// </summary>
    /// <exception cref="SocoDataException">A tensor of what it starts from is not finite.</exception>
    /// <exception cref="SocoRunException">The disk is full.</exception>
    public void SaveStart()
    {
        if (_tensors.NotFinite() is { } tensor)
        {
            throw new SocoDataException(
                $"The weights that it is to start from hold values that are not finite, {tensor} among them: take another file."
            );
        }

        Store();
    }

    /// <summary>Writes what the end of a run leaves, where a run was killed between its last checkpoint and that.</summary>
    /// <exception cref="SocoRunException">The disk is full.</exception>
    public void Finish()
    {
        if (_processes.IsFirst() && !_task.IsFinished(_step, _folder))
        {
            _task.Finish(_step, _folder);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _task.Dispose();
        _tensors.Dispose();
    }

    private TrainingOutcome Train(
        long? stopAfter,
        Action<TrainingStep> onStep,
        CancellationToken cancellationToken,
        Action<long, IReadOnlyDictionary<string, double>>? onEvaluation
    )
    {
        long end = Math.Min(_task.TotalSteps, stopAfter ?? _task.TotalSteps);
        using RunLog? log = _processes.IsFirst() ? new RunLog(_folder, _step) : null;
        using IEnumerator<TrainingPass> passes = _task.Passes(_step, end).GetEnumerator();
        long saved = _step;
        _task.Network.train();
        while (!_processes.Any(cancellationToken.IsCancellationRequested))
        {
            // First in the loop, so that a run that was stopped while it evaluated makes up for it.
            bool evaluates = !IsEvaluated;
            if (evaluates && !Evaluate(log, cancellationToken, onEvaluation))
            {
                break;
            }

            if (evaluates || (saved != _step && _task.SavesAt(_step)))
            {
                Save();
                saved = _step;
            }

            if (_step >= end || _task.EndsAt(_step))
            {
                break;
            }

            TrainingStep done = TakeStep(passes);
            if (done.Step % _task.Recipe.Logging.EverySteps == 0 || done.Step == 1 || done.Step == end)
            {
                log?.Write(done.Step, done.ToLog(), done.Vectors);
            }

            onStep(done);
        }

        if (saved != _step)
        {
            Save();
        }

        if (_processes.IsFirst())
        {
            _task.Finish(_step, _folder);
        }

        return IsOver ? TrainingOutcome.Completed
            : _step < end || !IsEvaluated ? TrainingOutcome.Interrupted
            : TrainingOutcome.Stopped;
    }

    private bool Evaluate(RunLog? log, CancellationToken cancellationToken, Action<long, IReadOnlyDictionary<string, double>>? onEvaluation)
    {
        using DisposeScope scope = NewDisposeScope();
        Figures? figures = _task.Evaluate(_step, _folder, cancellationToken);
        _task.Network.train();
        if (figures is null)
        {
            return false;
        }

        _evaluated = _step;
        if (figures.Values.Count > 0)
        {
            log?.Write(_step, figures.Values, figures.Vectors);
        }

        onEvaluation?.Invoke(_step, figures.Values);
        return true;
    }

    private TrainingStep TakeStep(IEnumerator<TrainingPass> passes)
    {
        using DisposeScope scope = NewDisposeScope();
        var clock = Stopwatch.StartNew();
        double waited = 0;
        double? wrong = null;
        _tensors.SaveStatistics();
        _task.BeginStep(_step);
        int batch = _task.Recipe.Batch;
        for (int images = 0; images < batch; )
        {
            double before = clock.Elapsed.TotalSeconds;
            if (!passes.MoveNext())
            {
                throw new InvalidOperationException("The loader ended before the schedule did.");
            }

            waited += clock.Elapsed.TotalSeconds - before;
            TrainingPass pass = passes.Current;
            using IDisposable held = pass.Batch;
            double loss = pass.Learn((double)pass.Images / batch);
            if (!double.IsFinite(loss))
            {
                wrong ??= loss;
            }

            images += pass.Images;
        }

        // What one process meets, all have to know: none may go on alone.
        if (_processes.Any(wrong is not null))
        {
            throw NotFinite("loss", wrong ?? double.NaN);
        }

        if (_processes.IsShared())
        {
            _gradients.Run(_task.Optimizer.Parameters);
        }

        double gradientNorm = _task.Optimizer.GradientNorm();
        if (!double.IsFinite(gradientNorm))
        {
            throw NotFinite("gradient norm", gradientNorm);
        }

        Figures figures = _task.Update(_step, gradientNorm);
        _task.Optimizer.ZeroGradients();
        _step++;

        _pace.Enqueue(clock.Elapsed.TotalSeconds);
        while (_pace.Count > PaceSteps)
        {
            _pace.Dequeue();
        }

        double seconds = _pace.Average();
        int epoch = (int)((_step - 1) / _task.StepsPerEpoch) + 1;
        return new TrainingStep(_step, _task.TotalSteps, epoch, figures.Values, figures.Vectors, batch / seconds, seconds, waited);
    }

    /// <summary>Saves the state before the step that failed, where that is good, and says what happened.</summary>
    private SocoRunException NotFinite(string what, double value)
    {
        _tensors.RestoreStatistics();
        string state = _tensors.NotFinite() is null
            ? $"the state before it is saved in {Store()}"
            : "the weights were damaged before it, so " + LastGoodState();
        return new SocoRunException($"The {what} is {value} at step {_step + 1}; {state}. Likely causes: {_task.CausesOfDivergence}.");
    }

    /// <summary>Saves the state. One that is not finite is never saved: the checkpoints before it stay the last good ones.</summary>
    private void Save()
    {
        if (_tensors.NotFinite() is { } tensor)
        {
            throw new SocoRunException(
                $"{tensor} is not finite after step {_step}; {LastGoodState()}. Likely causes: {_task.CausesOfDivergence}."
            );
        }

        Store();
    }

    private string Store()
    {
        RefuseDrift();
        return _processes.IsFirst() ? Write() : _folder.CheckpointPath(_step);
    }

    private string Write() => _checkpoints.Save(State(), _task.State);

    private TrainingState State() =>
        _task.SaveState(
            new TrainingState
            {
                Step = _step,
                Epoch = (int)(_step / _task.StepsPerEpoch),
                StepInEpoch = _step % _task.StepsPerEpoch,
                EvaluatedStep = _evaluated,
                Seed = _task.Recipe.Seed,
                Batch = _task.Recipe.Batch,
                Recipe = _task.Recipe.ToYaml(),
                Dataset = _task.Dataset,
            }
        );

    /// <summary>Processes with other weights than the first one's would no longer train the network that is saved.</summary>
    private void RefuseDrift()
    {
        if (_processes.IsShared() && _tensors.FirstApart() is { } apart)
        {
            throw new SocoRunException(
                $"Process {apart} on {_processes.Hosts[apart]} has other weights after step {_step} than process 0 on {_processes.Hosts[0]}, so nothing is saved; "
                    + $"{LastGoodState()}. Likely causes: hosts with different processors, or damaged memory."
            );
        }
    }

    private string LastGoodState() =>
        _folder.FindLast() is { } last ? $"the last good state is {last}" : "no state of this run is worth saving";

    /// <summary>
    /// Gives all processes the state of the first one: one of them alone need see the run folder, and all begin with the same bits.
    /// </summary>
    private void FollowFirst()
    {
        if (!_processes.IsShared())
        {
            return;
        }

        string told = _processes.FromFirst(() => HasBegun ? State().ToJson() : "");
        _tensors.FollowFirst();
        if (!_processes.IsFirst() && told.Length > 0)
        {
            Follow(TrainingState.FromJson(told));
        }
    }

    private void Follow(TrainingState state)
    {
        HasBegun = true;
        _step = state.Step;
        _evaluated = state.EvaluatedStep;
        _task.LoadState(state);
    }

    private void Restore()
    {
        using Checkpoint? checkpoint = _checkpoints.OpenLast(_damaged.Add);
        if (checkpoint is null)
        {
            return;
        }

        if (checkpoint.State.Dataset.DifferenceTo(_task.Dataset) is { } difference)
        {
            throw new SocoDataException($"{_folder.Root} {difference}, or another --out folder.");
        }

        RefuseOtherRecipe(checkpoint.State.Recipe);

        checkpoint.Restore(_task.State);
        Follow(checkpoint.State);
    }

    /// <summary>A recipe that was edited since the checkpoint was written would go on with something that never was one run.</summary>
    private void RefuseOtherRecipe(string? yaml)
    {
        if (yaml is null)
        {
            return;
        }

        IReadOnlyList<string> differences = Recipe.ParseAny(yaml, _folder.CheckpointsPath).RefusedChanges(_task.Recipe);
        if (differences.Count > 0)
        {
            throw new SocoDataException(
                $"{_folder.RecipePath} is not what the checkpoints were trained with ({string.Join("; ", differences)}): put the values back, or name another --out folder."
            );
        }
    }
}

using System.Diagnostics;
using Soco.Checkpoints;
using Soco.Data;
using Soco.Pretraining;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Training;

/// <summary>
/// The training loop: EMA update, passes of a batch, LARS step, log, checkpoints. A run is a pure function of its recipe and images on one
/// machine: what is resumed after a kill ends with the same bits as what was never stopped.
/// </summary>
public sealed class Trainer : IDisposable
{
    private readonly Recipe _recipe;
    private readonly RunFolder _folder;
    private readonly SampleLoader _loader;
    private readonly CheckpointStore _checkpoints;
    private readonly DatasetFingerprint _dataset;
    private readonly SocoModel _model;
    private readonly Lars _optimizer;
    private readonly Device _device;
    private readonly (Tensor Live, Tensor Saved)[] _statistics;
    private readonly Queue<(double Seconds, int Images)> _pace = new();
    private long _step;
    private long _emaStep;

    /// <summary>Builds the network and, where the folder holds a checkpoint, restores it.</summary>
    /// <param name="recipe">The run, all values resolved.</param>
    /// <param name="folder">Where the run lives.</param>
    /// <param name="images">The images.</param>
    /// <param name="onUnreadable">Told of each image that turns out unreadable.</param>
    /// <exception cref="SocoRequestException">There are fewer images than a batch takes, or a pass is too small for batch norm.</exception>
    /// <exception cref="SocoDataException">The checkpoint does not fit the recipe, or the images are not those the run began with.</exception>
    public Trainer(Recipe recipe, RunFolder folder, TrainingImages images, Action<Images.UnreadableImageException> onUnreadable)
    {
        _recipe = recipe;
        _folder = folder;
        int threads = recipe.Threads > 0 ? recipe.Threads : Environment.ProcessorCount;
        set_num_threads(threads);
        _loader = new SampleLoader(recipe, images, threads, onUnreadable);
        CheckBatch(images.Indices.Count);
        _checkpoints = new CheckpointStore(folder, (long)recipe.KeepEveryEpochs * _loader.StepsPerEpoch);
        _dataset = DatasetFingerprint.Of(images.Indices.Select(images.Source.NameOf));
        _device = Devices.Resolve(recipe.Device);
        manual_seed(recipe.Seed);
        _model = new SocoModel(recipe.ModelOptions());
        _model.to(_device);
        _optimizer = new Lars(
            _model.LearnedParameters(), recipe.Optimizer.Momentum, recipe.Optimizer.WeightDecay, recipe.Optimizer.TrustCoefficient);
        try
        {
            Restore();
        }
        catch
        {
            _optimizer.Dispose();
            _model.Dispose();
            throw;
        }

        _statistics = [.. _model.named_buffers().Select(b => (b.buffer, b.buffer.clone().DetachFromDisposeScope()))];
    }

    /// <summary>Optimiser steps done.</summary>
    public long Step => _step;

    /// <summary>Optimiser steps of the whole schedule.</summary>
    public long TotalSteps => (long)_recipe.Epochs * _loader.StepsPerEpoch;

    /// <summary>Optimiser steps of one epoch.</summary>
    public int StepsPerEpoch => _loader.StepsPerEpoch;

    /// <summary>The network.</summary>
    public SocoModel Model => _model;

    /// <summary>Trains to the end of the schedule, or to a step of it.</summary>
    /// <param name="stopAfter">Steps in total after which to stop; null trains to the end.</param>
    /// <param name="onStep">Told of every step.</param>
    /// <param name="interruption">Finishes the step, saves and returns.</param>
    /// <exception cref="SocoRunException">The loss or the gradient is not finite (the last good state is saved), or the disk is full.</exception>
    public TrainingOutcome Run(long? stopAfter, Action<TrainingStep> onStep, CancellationToken interruption)
    {
        long end = Math.Min(TotalSteps, stopAfter ?? TotalSteps);
        using var log = new RunLog(_folder, _step);
        using IEnumerator<SocoBatch> batches = _loader.Batches(_step, end).GetEnumerator();
        _model.train();
        long saved = _step;
        while (_step < end && !interruption.IsCancellationRequested)
        {
            TrainingStep done = TakeStep(batches);
            if (done.Step % _recipe.Logging.EverySteps == 0 || done.Step == 1 || done.Step == end)
            {
                log.Write(done.Step, done.ToLog(), done.ToLogVectors());
            }

            onStep(done);
            if (IsCheckpoint(done.Step))
            {
                Save();
                saved = done.Step;
            }
        }

        if (saved != _step)
        {
            Save();
        }

        WriteWeights();
        return _step >= TotalSteps ? TrainingOutcome.Completed
            : _step >= end ? TrainingOutcome.Stopped
            : TrainingOutcome.Interrupted;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _optimizer.Dispose();
        _model.Dispose();
        foreach ((_, Tensor copy) in _statistics)
        {
            copy.Dispose();
        }
    }

    private TrainingStep TakeStep(IEnumerator<SocoBatch> batches)
    {
        using DisposeScope scope = NewDisposeScope();
        var clock = Stopwatch.StartNew();
        double waited = 0;
        foreach ((Tensor live, Tensor copy) in _statistics)
        {
            copy.copy_(live);
        }

        double momentum = Schedules.EmaMomentum(_step, TotalSteps, _recipe.Ema.Momentum);
        if (_emaStep == _step)
        {
            _model.FollowOnline(momentum);
            _emaStep++;
        }

        var passes = new List<(double Share, StepMeasures Measures)>();
        for (int images = 0; images < _recipe.Batch;)
        {
            double before = clock.Elapsed.TotalSeconds;
            if (!batches.MoveNext())
            {
                throw new InvalidOperationException("The loader ended before the schedule did.");
            }

            waited += clock.Elapsed.TotalSeconds - before;
            using SocoBatch batch = batches.Current.To(_device);
            double share = (double)batch.Images / _recipe.Batch;
            StepMeasures measures = _model.Learn(batch, share);
            if (!double.IsFinite(measures.Loss))
            {
                throw NotFinite("loss", measures.Loss);
            }

            passes.Add((share, measures));
            images += batch.Images;
        }

        double gradientNorm = _optimizer.GradientNorm();
        if (!double.IsFinite(gradientNorm))
        {
            throw NotFinite("gradient norm", gradientNorm);
        }

        double learningRate = LearningRate(_step);
        _optimizer.Step(learningRate);
        _optimizer.ZeroGradients();
        _model.DropNarrowedWeights();
        _step++;

        _pace.Enqueue((clock.Elapsed.TotalSeconds, _recipe.Batch));
        while (_pace.Count > 20)
        {
            _pace.Dequeue();
        }

        double Mean(Func<StepMeasures, double> value) => passes.Sum(pass => pass.Share * value(pass.Measures));
        StepMeasures last = passes[^1].Measures;
        return new TrainingStep(
            _step,
            TotalSteps,
            (int)((_step - 1) / StepsPerEpoch) + 1,
            Mean(m => m.Loss),
            [.. last.PairLosses.Select((_, pair) => (_loader.Sampler.Numbers[pair + 1], Mean(m => m.PairLosses[pair])))],
            learningRate,
            momentum,
            Mean(m => m.MatchedPairs.Average()),
            gradientNorm,
            Mean(m => m.EmbeddingStd),
            last.ProjectorStd,
            _pace.Sum(p => p.Images) / _pace.Sum(p => p.Seconds),
            _pace.Average(p => p.Seconds),
            waited);
    }

    private void CheckBatch(int images)
    {
        if (images < _recipe.Batch)
        {
            throw new SocoRequestException($"A batch of {_recipe.Batch} images cannot be taken from {images}; lower batch.");
        }

        // C5 is a 32nd of the view; C4 regions are larger than one cell whatever the view.
        bool oneImage = _recipe.Batch % _recipe.PassSize == 1 || _recipe.PassSize == 1;
        bool oneCell = _recipe.Method != PretrainingMethod.SocoC4 && _loader.Sampler.Sides.Min() <= 32;
        if (oneImage && (oneCell || _loader.Sampler.BoxesPerPair == 1))
        {
            throw new SocoRequestException(
                "A forward pass of one image leaves batch norm a single value, which has no variance; raise batch, or choose a micro_batch that leaves "
                + "no pass of one image.");
        }
    }

    private double LearningRate(long step) => Schedules.LearningRate(
        step,
        TotalSteps,
        (long)_recipe.Optimizer.WarmupEpochs * StepsPerEpoch,
        _recipe.PeakLr,
        _recipe.Optimizer.FinalLr,
        _recipe.Optimizer.WarmupMultiplier);

    private bool IsCheckpoint(long step)
    {
        bool epochEnds = step % StepsPerEpoch == 0 && step / StepsPerEpoch % _recipe.CheckpointEveryEpochs == 0;
        return epochEnds || (_recipe.CheckpointEverySteps > 0 && step % _recipe.CheckpointEverySteps == 0);
    }

    /// <summary>Saves the state before the step that failed, and says what happened.</summary>
    private SocoRunException NotFinite(string what, double value)
    {
        using (no_grad())
        {
            foreach ((Tensor live, Tensor copy) in _statistics)
            {
                live.copy_(copy);
            }
        }

        Save();
        return new SocoRunException(
            $"The {what} is {value} at step {_step + 1}; the state before it is saved in {_folder.CheckpointPath(_step)}. Likely causes: a learning rate "
            + "too high for the batch (lower optimizer.base_lr), too little warm-up (raise optimizer.warmup_epochs), or bf16 (try --precision fp32).");
    }

    private void Save() => _checkpoints.Save(
        new TrainingState
        {
            Step = _step,
            Epoch = (int)(_step / StepsPerEpoch),
            StepInEpoch = _step % StepsPerEpoch,
            EmaStep = _emaStep,
            Seed = _recipe.Seed,
            Batch = _recipe.Batch,
            RecipeHash = _recipe.Hash(),
            Dataset = _dataset,
        },
        StateLoading.TensorsOf(_model),
        _optimizer.State);

    private void Restore()
    {
        using Checkpoint? checkpoint = _checkpoints.OpenLast();
        if (checkpoint is null)
        {
            return;
        }

        if (checkpoint.State.Dataset != _dataset)
        {
            throw new SocoDataException(
                $"{_folder.Root} was trained on {checkpoint.State.Dataset.Count} images, and these are {_dataset.Count} or others; "
                + "give the images it began with, or another --out folder.");
        }

        checkpoint.Restore(StateLoading.TensorsOf(_model), _optimizer.State);
        _step = checkpoint.State.Step;
        _emaStep = checkpoint.State.EmaStep;
    }

    private void WriteWeights() => SafetensorsWriter.Write(
        _folder.WeightsPath,
        _model.TransferableState(),
        new Dictionary<string, string>
        {
            ["format"] = "pt",
            ["soco.arch"] = _recipe.ArchName(),
            ["soco.method"] = _recipe.Method.ToString(),
            ["soco.step"] = _step.ToString(),
            ["soco.total_steps"] = TotalSteps.ToString(),
        });
}

using Soco.Detection.Data;
using Soco.Detection.Model;
using Soco.Distributed;
using Soco.Models;
using Soco.Optimization;
using Soco.Recipes;
using Soco.Runs;
using Soco.Tensors;
using Soco.Vision;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Imaging;
using Soco.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Training;

/// <summary>
/// Fine-tuning a Mask R-CNN as a training: losses, SGD with warm-up and steps, precise norms, and evaluation the COCO way.
/// </summary>
internal sealed class DetectionTask : TrainingTask
{
    /// <summary>The figure that the best detector is chosen by.</summary>
    public const string Score = "ap";

    private const string AveragePrefix = "ema.";

    private readonly DetectionRecipe _recipe;
    private readonly IReadOnlyList<CocoCategory> _classes;
    private readonly DetectionLoader _loader;
    private readonly DetectionEvaluation? _evaluation;
    private readonly Sgd _optimizer;
    private readonly WeightAverage? _average;
    private readonly Dictionary<string, double> _losses = [];
    private long _step;
    private int _pass;
    private double? _bestScore;
    private long _bestStep;

    /// <summary>Builds the detector.</summary>
    /// <param name="recipe">The run, all values resolved; <c>model.heads</c> is box or box-and-mask.</param>
    /// <param name="images">What it learns from.</param>
    /// <param name="validation">What it is evaluated on; null: nothing.</param>
    /// <param name="onUnreadable">Told of each image that turns out unreadable.</param>
    /// <param name="processes">The processes that share each step; null: this one alone.</param>
    /// <exception cref="SocoDataException">No image has an object to learn.</exception>
    /// <exception cref="SocoRequestException">A pass has fewer images than there are processes.</exception>
    public DetectionTask(
        DetectionRecipe recipe,
        LabelledImages images,
        LabelledImages? validation,
        Action<UnreadableImageException> onUnreadable,
        ICollective? processes = null
    )
        : base(recipe, processes ?? SingleProcess.Instance)
    {
        _recipe = recipe;
        _classes = images.Classes;
        _loader = new DetectionLoader(recipe, images, onUnreadable, Processes);
        _evaluation = validation is null ? null : new DetectionEvaluation(validation, images.Classes, onUnreadable, Processes);
        Dataset = images.Fingerprint().WithContents(place => images.Source.ReadBytes(images.SourceIndexOf(place)));
        Detector = InitialWeights.Seeded(recipe.Seed, () => new MaskRcnn(MaskRcnnOptions.Of(recipe, images.Classes.Count)));
        Detector.to(Device);
        Detector.Share(Processes);
        HashSet<string> norms = [.. Detector.named_modules().Where(m => m.module is BatchNorm).Select(m => m.name)];
        _optimizer = new Sgd(
            Detector.TrainableParameters(),
            recipe.Optimizer.Momentum,
            recipe.Optimizer.WeightDecay,
            name => recipe.Optimizer.DecayNorms || !norms.Contains(name[..name.LastIndexOf('.')])
        )
        {
            RateFactor = name => name.StartsWith("backbone.body.", StringComparison.Ordinal) ? recipe.Optimizer.BackboneRateFactor : 1,
        };
        _average = recipe.Ema.Enabled ? new WeightAverage(Detector.TrainableParameters()) : null;
    }

    /// <summary>The network.</summary>
    public MaskRcnn Detector { get; }

    /// <summary>Images that take part.</summary>
    public int Images => _loader.Images;

    /// <summary>The best evaluation so far and its step; null before the first.</summary>
    public (double Score, long Step)? Best => _bestScore is { } score ? (score, _bestStep) : null;

    /// <inheritdoc/>
    public override int StepsPerEpoch => _loader.StepsPerEpoch;

    /// <inheritdoc/>
    public override long TotalSteps => _recipe.Iterations;

    /// <inheritdoc/>
    protected internal override DatasetFingerprint Dataset { get; }

    /// <inheritdoc/>
    protected internal override nn.Module Network => Detector;

    /// <inheritdoc/>
    protected internal override Optimizer Optimizer => _optimizer;

    /// <inheritdoc/>
    protected internal override long KeepEverySteps => _recipe.KeepEverySteps;

    /// <inheritdoc/>
    protected internal override string CausesOfDivergence =>
        "a learning rate too high for the batch (lower optimizer.base_lr), too little warm-up (raise optimizer.warmup_steps), no limit on the gradient "
        + "(set optimizer.max_gradient_norm), or bf16 (try --precision fp32)";

    /// <inheritdoc/>
    protected internal override IEnumerable<(string Name, Tensor Tensor)> State =>
        _average is null ? base.State : base.State.Concat(_average.State.Select(weight => (AveragePrefix + weight.Name, weight.Tensor)));

    /// <summary>Takes over pretrained parts, before the first step.</summary>
    /// <param name="weights">The weights.</param>
    /// <param name="parts">What to take.</param>
    /// <param name="strict">Whether it is an error if a tensor of these parts is missing, misshaped or unused.</param>
    /// <param name="partial">Whether a backbone may be taken of which tensors are missing or misshaped; they keep their values.</param>
    /// <exception cref="SocoDataException">Nothing fits, or a part of the backbone alone.</exception>
    public TransferReport Take(WeightsFile weights, TransferParts parts, bool strict = false, bool partial = false)
    {
        TransferReport report = WeightsTransfer.Load(StateLoading.TensorsOf(Detector), weights, parts, strict, partial);
        _average?.Reset();
        return report;
    }

    /// <inheritdoc/>
    protected internal override IEnumerable<TrainingPass> Passes(long firstStep, long endStep) =>
        Batches(firstStep, endStep).Select(batch => new TrainingPass(batch.WholeImages, batch, share => Learn(batch, share)));

    /// <inheritdoc/>
    protected internal override void BeginStep(long step)
    {
        (_step, _pass) = (step, 0);
        _losses.Clear();
    }

    /// <inheritdoc/>
    protected internal override Figures Update(long step, double gradientNorm)
    {
        SgdRecipe sgd = _recipe.Optimizer;
        if (sgd.MaxGradientNorm > 0 && gradientNorm > sgd.MaxGradientNorm)
        {
            _optimizer.ScaleGradients(sgd.MaxGradientNorm / gradientNorm);
        }

        double learningRate = Schedules.SteppedLearningRate(step, TotalSteps, sgd, _recipe.PeakLr);
        _optimizer.Step(learningRate);
        _average?.Update(Math.Min(_recipe.Ema.Momentum, (1.0 + step) / (10 + step)));
        double[] losses = Processes.Sum([.. _losses.Values]);
        Dictionary<string, double> values = _losses.Keys.Zip(losses).ToDictionary(loss => loss.First, loss => loss.Second);
        return new Figures(new Dictionary<string, double>(values) { ["lr"] = learningRate, ["gradient_norm"] = gradientNorm });
    }

    /// <inheritdoc/>
    protected internal override bool EvaluatesAt(long step) =>
        step > 0 && (step == TotalSteps || (_recipe.Evaluation.EverySteps > 0 && step % _recipe.Evaluation.EverySteps == 0));

    /// <inheritdoc/>
    protected internal override bool EndsAt(long step) =>
        base.EndsAt(step)
        || (
            _recipe.Evaluation is { Patience: > 0, EverySteps: > 0 } evaluation
            && _bestScore is not null
            && step - _bestStep >= (long)evaluation.Patience * evaluation.EverySteps
        );

    /// <summary>
    /// Measures the norms' statistics and the detector with them, and writes it: the best so far to <see cref="RunFolder.WeightsPath"/>,
    /// with its detections and their evaluation beside it, and where there is nothing to measure on the last; the last also to
    /// <see cref="RunFolder.LastWeightsPath"/> where there is, and those that the recipe keeps to <see cref="RunFolder.BestPath"/>.
    /// </summary>
    protected internal override Figures? Evaluate(long step, RunFolder folder, CancellationToken cancellationToken)
    {
        (Tensor Live, Tensor Kept)[] statistics = [.. Detector.named_buffers().Select(b => (b.buffer, b.buffer.clone()))];
        _average?.Swap();
        try
        {
            int batches = Math.Min(_recipe.Evaluation.PreciseNormBatches, StepsPerEpoch);
            if (
                !PreciseNorms.Measure(
                    Detector,
                    Batches(step, step + batches),
                    _recipe.Seed,
                    step,
                    () => Processes.Any(cancellationToken.IsCancellationRequested)
                )
            )
            {
                return null;
            }

            if (_evaluation is null)
            {
                Save(folder.WeightsPath, step, null);
                return new Figures(new Dictionary<string, double>());
            }

            if (_evaluation.Measure(Detector, _recipe, cancellationToken) is not { } measures)
            {
                return null;
            }

            Keep(measures, step, folder);
            return new Figures(measures.Figures);
        }
        finally
        {
            _average?.Swap();
            using IDisposable guard = no_grad();
            foreach ((Tensor live, Tensor kept) in statistics)
            {
                live.copy_(kept);
            }
        }
    }

    /// <inheritdoc/>
    protected internal override TrainingState SaveState(TrainingState state) => state with { BestScore = _bestScore, BestStep = _bestStep };

    /// <inheritdoc/>
    protected internal override void LoadState(TrainingState state) => (_bestScore, _bestStep) = (state.BestScore, state.BestStep);

    /// <inheritdoc/>
    public override void Dispose()
    {
        _average?.Dispose();
        base.Dispose();
    }

    /// <summary>Writes a detector that was measured, to each place that it belongs to.</summary>
    private void Keep(DetectorMeasures measures, long step, RunFolder folder)
    {
        double score = measures.Figures[Score];
        Save(folder.LastWeightsPath, step, score);
        if (Processes.IsFirst())
        {
            new BestDetectors(folder, _recipe.Evaluation.KeepBest).Offer(step, score, path => Save(path, step, score));
        }

        if (!(score <= _bestScore))
        {
            Save(folder.WeightsPath, step, score);
            if (Processes.IsFirst())
            {
                measures.Save(folder, step);
            }

            (_bestScore, _bestStep) = (score, step);
        }
    }

    private void Save(string path, long step, double? score)
    {
        if (Processes.IsFirst())
        {
            DetectorWeights.Save(path, Detector, _recipe, _classes, step, score);
        }
    }

    /// <summary>The batches of some steps, on the device and as large as those of the other processes.</summary>
    private IEnumerable<DetectionBatch> Batches(long firstStep, long endStep)
    {
        foreach (DetectionBatch made in _loader.Batches(firstStep, endStep))
        {
            using (made)
            using (DetectionBatch padded = made.PaddedAmong(Processes))
            {
                yield return padded.To(Device);
            }
        }
    }

    private double Learn(DetectionBatch batch, double share)
    {
        // Each pass of a step samples anchors and regions of its own.
        using DetectionLosses losses = Detector.Losses(batch, _recipe.Seed, _step * _recipe.Batch + _pass++);
        double total = losses.Total.item<float>();
        Add("loss", total);
        foreach ((string name, Tensor loss) in losses.Parts())
        {
            Add(name, loss.item<float>());
        }

        // Also where it is not finite: the other processes go backward too, and wait for this one.
        using Tensor scaled = losses.Total.Times(share);
        scaled.backward();
        return total;

        void Add(string name, double value) => _losses[name] = _losses.GetValueOrDefault(name) + share * value;
    }
}

using System.Text.Json;
using System.Text.Json.Serialization;
using Soco.Distributed;
using Soco.Optimization;
using Soco.Pretraining.Data;
using Soco.Pretraining.Model;
using Soco.Recipes;
using Soco.Runs;
using Soco.Vision;
using Soco.Vision.Imaging;
using Soco.Weights;
using Soco.Weights.Naming;
using Soco.Weights.Safetensors;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using AdamW = Soco.Optimization.AdamW;

namespace Soco.Training;

/// <summary>SoCo as a training: EMA update, losses of the pairs of views, LARS or SGD.</summary>
internal sealed class PretrainingTask : TrainingTask
{
    private static readonly JsonSerializerOptions s_figures = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    private readonly PretrainingRecipe _recipe;
    private readonly SampleLoader _loader;
    private readonly Optimizer _optimizer;
    private readonly List<(double Share, double Part, StepMeasures Measures)> _passes = [];
    private double _momentum;
    private long _emaStep;

    /// <summary>Builds the network.</summary>
    /// <param name="recipe">The run, all values resolved.</param>
    /// <param name="images">The images.</param>
    /// <param name="onUnreadable">Told of each image that turns out unreadable.</param>
    /// <param name="processes">The processes that share each step; null: this one alone.</param>
    /// <exception cref="SocoRequestException">
    /// There are fewer images than a batch takes, or a pass is too small for batch norm or for the processes.
    /// </exception>
    public PretrainingTask(
        PretrainingRecipe recipe,
        TrainingImages images,
        Action<UnreadableImageException> onUnreadable,
        ICollective? processes = null
    )
        : base(recipe, processes ?? SingleProcess.Instance)
    {
        _recipe = recipe;
        _loader = new SampleLoader(recipe, images, recipe.ThreadCount, onUnreadable, Processes);
        CheckBatch(images.Indices.Count);
        Dataset = DatasetFingerprint
            .Of(images.Indices.Select(images.Source.NameOf))
            .WithContents(place => images.Source.ReadBytes(images.Indices[place]))
            .WithBoxes(place => images.BoxesOf(images.Indices[place]));
        Model = PretrainedNetwork.Initialize(recipe);
        Model.to(Device);
        Model.Share(Processes);
        _optimizer = OptimizerOf(recipe.Optimizer, [.. Model.TrainableParameters()]);
    }

    /// <summary>
    /// Measures the network in a file of weights, which is deleted afterwards: the figures by their names in the log. Null measures
    /// nothing; it may end with <see cref="OperationCanceledException"/>.
    /// </summary>
    public Func<string, CancellationToken, IReadOnlyDictionary<string, double>>? Probe { get; init; }

    /// <summary>The network.</summary>
    public SocoModel Model { get; }

    /// <inheritdoc/>
    public override int StepsPerEpoch => _loader.StepsPerEpoch;

    /// <inheritdoc/>
    public override long TotalSteps => (long)_recipe.Epochs * _loader.StepsPerEpoch;

    /// <inheritdoc/>
    protected internal override DatasetFingerprint Dataset { get; }

    /// <inheritdoc/>
    protected internal override nn.Module Network => Model;

    /// <inheritdoc/>
    protected internal override Optimizer Optimizer => _optimizer;

    /// <inheritdoc/>
    protected internal override long KeepEverySteps => (long)_recipe.KeepEveryEpochs * _loader.StepsPerEpoch;

    /// <inheritdoc/>
    protected internal override string CausesOfDivergence =>
        "a learning rate too high for the batch (lower optimizer.base_lr), too little warm-up (raise optimizer.warmup_epochs), or bf16 (try --precision fp32)";

    /// <summary>
    /// Starts from weights, before the first step: a whole pretraining network, such as a published checkpoint, or some of its parts, such
    /// as a backbone. A target network that the file does not have becomes a copy of the online network.
    /// </summary>
    /// <param name="weights">The weights.</param>
    /// <param name="strict">Whether it is an error if anything is missing, unexpected or misshaped; else what fits is taken.</param>
    /// <param name="partial">Whether a backbone may be taken of which tensors are missing or misshaped; they keep their values.</param>
    /// <exception cref="SocoDataException">They do not fit; nothing was changed.</exception>
    public StateMatch Take(WeightsFile weights, bool strict, bool partial = false)
    {
        bool hasTarget = weights.Names.Any(SocoModel.IsOfTarget);
        StateMatch match = StateLoading.Load(
            StateLoading.TensorsOf(Model).Where(tensor => hasTarget || !SocoModel.IsOfTarget(tensor.Name)),
            PretrainedTensors.Of(weights),
            weights.Path,
            strict,
            check: partial
                ? null
                : found =>
                    PartialBackbone.Refuse(
                        weights,
                        found.Missing.Concat(found.Misshaped.Select(misfit => misfit.Split(' ')[0])),
                        "encoder."
                    )
        );
        if (!hasTarget)
        {
            Model.CopyOnlineToTarget();
        }

        return match;
    }

    /// <inheritdoc/>
    protected internal override IEnumerable<TrainingPass> Passes(long firstStep, long endStep)
    {
        foreach (SocoBatch made in _loader.Batches(firstStep, endStep))
        {
            using (made)
            {
                SocoBatch batch = made.To(Device);
                yield return new TrainingPass(batch.WholeImages, batch, share => Learn(batch, share));
            }
        }
    }

    /// <inheritdoc/>
    protected internal override void BeginStep(long step)
    {
        _passes.Clear();
        _momentum = Schedules.EmaMomentum(step, TotalSteps, _recipe.Ema.Momentum);
        if (_emaStep == step)
        {
            Model.UpdateTarget(_momentum);
            _emaStep++;
        }
    }

    /// <inheritdoc/>
    protected internal override Figures Update(long step, double gradientNorm)
    {
        double learningRate = Schedules.LearningRate(
            step,
            TotalSteps,
            (long)_recipe.Optimizer.WarmupEpochs * StepsPerEpoch,
            _recipe.PeakLr,
            _recipe.Optimizer.FinalLr,
            _recipe.Optimizer.WarmupMultiplier
        );
        _optimizer.Step(learningRate);

        // Means over the images of all processes; those of spread and rank are means of what each process measures among its own boxes.
        double Mean(Func<StepMeasures, double> value) => _passes.Sum(pass => pass.Share * pass.Part * value(pass.Measures));
        (_, double part, StepMeasures last) = _passes[^1];
        int pairs = last.PairLosses.Length;
        double[] means = Processes.Sum([
            Mean(m => m.Loss),
            Mean(m => m.MatchedPairs.Average()),
            Mean(m => m.EmbeddingStd),
            Mean(m => m.FeatureRank),
            .. Enumerable.Range(0, pairs).Select(pair => Mean(m => m.PairLosses[pair])),
            .. last.ProjectorStd.Select(std => part * std),
        ]);
        var values = new Dictionary<string, double> { ["loss"] = means[0] };
        for (int pair = 0; pair < pairs; pair++)
        {
            values[$"loss_1_{_loader.Sampler.Numbers[pair + 1]}"] = means[4 + pair];
        }

        float[] projectorStd = [.. means.Skip(4 + pairs).Select(std => (float)std)];
        values["lr"] = learningRate;
        values["ema_momentum"] = _momentum;
        values["matched_pairs"] = means[1];
        values["gradient_norm"] = gradientNorm;
        values["embedding_std"] = means[2];
        values["feature_rank"] = means[3];
        values["projector_std_min"] = projectorStd.Length == 0 ? 0 : projectorStd.Min();
        values["projector_std_mean"] = projectorStd.Length == 0 ? 0 : projectorStd.Average();
        return new Figures(values, new Dictionary<string, IReadOnlyList<float>> { ["projector_std"] = projectorStd });
    }

    /// <inheritdoc/>
    protected internal override bool SavesAt(long step) =>
        (step % StepsPerEpoch == 0 && step / StepsPerEpoch % _recipe.CheckpointEveryEpochs == 0) || base.SavesAt(step);

    /// <inheritdoc/>
    protected internal override bool EvaluatesAt(long step) =>
        Probe is not null
        && step > 0
        && (step == TotalSteps || (_recipe.Evaluation.Probe > 0 && step % ((long)_recipe.Evaluation.Probe * StepsPerEpoch) == 0));

    /// <summary>
    /// Measures the network as a detector would be handed it: the first process does, and the others wait for its figures.
    /// </summary>
    protected internal override Figures? Evaluate(long step, RunFolder folder, CancellationToken cancellationToken)
    {
        string told = Processes.FromFirst(() => JsonSerializer.Serialize(Measure(step, folder, cancellationToken), s_figures));
        return JsonSerializer.Deserialize<Dictionary<string, double>?>(told, s_figures) is { } figures ? new Figures(figures) : null;
    }

    /// <summary>Writes what is handed to a detector.</summary>
    protected internal override void Finish(long step, RunFolder folder) => WriteWeights(step, folder.WeightsPath);

    /// <inheritdoc/>
    protected internal override bool IsFinished(long step, RunFolder folder) => folder.WeightsStep() == step;

    /// <inheritdoc/>
    protected internal override TrainingState SaveState(TrainingState state) => state with { EmaStep = _emaStep };

    /// <inheritdoc/>
    protected internal override void LoadState(TrainingState state) => _emaStep = state.EmaStep;

    private Dictionary<string, double>? Measure(long step, RunFolder folder, CancellationToken cancellationToken)
    {
        try
        {
            WriteWeights(step, folder.ProbedWeightsPath);
            return new Dictionary<string, double>(Probe!(folder.ProbedWeightsPath, cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return null;
        }
        finally
        {
            File.Delete(folder.ProbedWeightsPath);
        }
    }

    private void WriteWeights(long step, string path) =>
        SafetensorsWriter.Write(
            path,
            Model.TransferableState(),
            new Dictionary<string, string>
            {
                ["format"] = "pt",
                ["soco.arch"] = _recipe.ArchName,
                ["soco.method"] = _recipe.Method.ToString(),
                ["soco.step"] = step.ToString(),
                ["soco.total_steps"] = TotalSteps.ToString(),
            }
        );

    private double Learn(SocoBatch batch, double share)
    {
        double part = (double)batch.Images / batch.WholeImages;
        StepMeasures measures = Model.Learn(batch, share * part);
        _passes.Add((share, part, measures));
        return measures.Loss;
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
        if (oneImage && _recipe.Objective.Kind == ObjectiveKind.Infonce)
        {
            throw new SocoRequestException(
                "InfoNCE tells objects from those of other images, and a forward pass of one image has none; raise batch, or choose a micro_batch that "
                    + "leaves no pass of one image."
            );
        }

        if (oneImage && (oneCell || _loader.Sampler.BoxesPerPair == 1))
        {
            throw new SocoRequestException(
                "A forward pass of one image leaves batch norm a single value, which has no variance; raise batch, or choose a micro_batch that leaves "
                    + "no pass of one image."
            );
        }
    }

    private static Optimizer OptimizerOf(OptimizerRecipe recipe, IReadOnlyList<(string Name, Parameter Parameter)> parameters)
    {
        HashSet<string> decaying = [.. parameters.Where(p => p.Parameter.dim() > 1).Select(p => p.Name)];
        return recipe.Kind == OptimizerKind.Adamw ? new AdamW(parameters, recipe.WeightDecay, decaying.Contains)
            : recipe.TrustCoefficient > 0
                ? new Lars(parameters, recipe.Momentum, recipe.WeightDecay, recipe.TrustCoefficient, recipe.CapTrust)
            : new Sgd(parameters, recipe.Momentum, recipe.WeightDecay, decaying.Contains);
    }
}

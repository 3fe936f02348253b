using Soco.Distributed;
using Soco.Models;
using Soco.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Pretraining.Model;

/// <summary>What one step of learning measured.</summary>
/// <param name="Loss">Sum over the pairs of views.</param>
/// <param name="PairLosses">Loss of each pair of views, both directions.</param>
/// <param name="MatchedPairs">Pairs of boxes for each pair of views, mean over the images.</param>
/// <param name="EmbeddingStd">
/// Standard deviation over the batch of the unit embeddings of the first view, mean over the dimensions: about 1/sqrt(dimensions) when the
/// embeddings fill the sphere, 0 when they have collapsed.
/// </param>
/// <param name="FeatureRank">
/// Participation ratio of the vectors that the first view hands to the projector, over the batch: (sum of the eigenvalues of their
/// covariance)^2 / (sum of the squares). 1 when they differ along one line, the number of dimensions when along all alike; at most the
/// number of boxes less one.
/// </param>
/// <param name="ProjectorStd">Standard deviation over the batch of each dimension of the projector's output, first view.</param>
public sealed record StepMeasures(
    double Loss,
    double[] PairLosses,
    double[] MatchedPairs,
    double EmbeddingStd,
    double FeatureRank,
    float[] ProjectorStd
);

/// <summary>
/// SoCo (NeurIPS 2021, section 3): an online network predicts what a slowly following target network says of the same object in another
/// view.
/// Parameters carry the names of the authors' checkpoints.
/// </summary>
public sealed class SocoModel : nn.Module
{
    private readonly ResNet encoder;
    private readonly Fpn? neck;
    private readonly ConvFcHead? head;
    private readonly Mlp projector;
    private readonly Mlp predictor;
    private readonly ResNet encoder_k;
    private readonly Fpn? neck_k;
    private readonly ConvFcHead? head_k;
    private readonly Mlp projector_k;
    private readonly Tensor? queue_k;
    private readonly Network _online;
    private readonly Network _target;
    private ICollective _processes = SingleProcess.Instance;

    /// <summary>Draws the weights from libtorch's generator; the target starts as a copy of the online network.</summary>
    /// <param name="options">The network.</param>
    public SocoModel(SocoModelOptions options)
        : base(nameof(SocoModel))
    {
        Options = options;
        (encoder, neck, head, projector) = _online = Network.Create(options);
        predictor = new Mlp(options.ProjectorOut, options.ProjectorHidden, options.ProjectorOut);
        (encoder_k, neck_k, head_k, projector_k) = _target = Network.Create(options);
        queue_k = options.Objective.Queue > 0 ? zeros(options.Objective.Queue, options.ProjectorOut) : null;
        RegisterComponents();
        foreach ((nn.Module online, nn.Module target) in _online.With(_target))
        {
            foreach (var parameter in target.parameters())
            {
                parameter.requires_grad = false;
            }
        }

        CopyOnlineToTarget();
    }

    /// <summary>The network.</summary>
    public SocoModelOptions Options { get; }

    /// <summary>
    /// Lets processes learn one batch together, each some images of it: norms and negatives are those of the whole batch.
    /// <see cref="Learn"/> then gives each its part of the gradients, which add up to those of the batch.
    /// </summary>
    /// <param name="processes">The processes; all of them call <see cref="Learn"/> at the same time.</param>
    public void Share(ICollective processes)
    {
        _processes = processes;
        BatchNorm.Share(this, processes);
    }

    /// <summary>The parameters that learn: all but the target's.</summary>
    public IEnumerable<(string Name, TorchSharp.Modules.Parameter Parameter)> TrainableParameters() =>
        named_parameters().Where(p => p.parameter.requires_grad);

    /// <summary>What is handed to a detector: backbone, pyramid and head of the online network, parameters and buffers.</summary>
    public IEnumerable<(string Name, Tensor Tensor)> TransferableState() =>
        state_dict().Where(e => e.Key.Split('.')[0] is "encoder" or "neck" or "head").Select(e => (e.Key, e.Value));

    /// <summary>Whether a tensor of this name is the target network's.</summary>
    internal static bool IsOfTarget(string name) => name.Split('.')[0].EndsWith("_k", StringComparison.Ordinal);

    /// <summary>Sets the target's parameters to the online network's.</summary>
    public void CopyOnlineToTarget() => UpdateTarget(0);

    /// <summary>
    /// Moves the target towards the online network: target = momentum * target + (1 - momentum) * online, parameters only.
    /// </summary>
    /// <param name="momentum">In [0, 1].</param>
    public void UpdateTarget(double momentum)
    {
        using IDisposable guard = no_grad();
        foreach ((nn.Module online, nn.Module target) in _online.With(_target))
        {
            foreach ((var theirs, var mine) in online.parameters().Zip(target.parameters()))
            {
                using DisposeScope scope = NewDisposeScope();
                mine.Scale(momentum).Add(1 - momentum, theirs);
                CastWeights.Changed(mine);
            }
        }
    }

    /// <summary>
    /// The losses of a batch and their gradients, added to the parameters' gradients. The target's vectors come first; then each view of
    /// the online network runs forward and at once backward, since its gradient needs nothing of the other views: one view's activations
    /// are the peak.
    /// </summary>
    /// <param name="batch">Views and boxes.</param>
    /// <param name="scale">Factor on the gradients: 1, or the share of this batch in an accumulated one.</param>
    /// <returns>The measures of this batch.</returns>
    public StepMeasures Learn(SocoBatch batch, double scale = 1)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[][] targets = Targets(batch);
        Matches[] matches = [.. batch.Pairs.Select(pair => Matches.Of(pair, Options.Objective, batch.Views[0].device, _processes))];
        var losses = new double[batch.Pairs.Count];
        double embeddingStd = 0,
            featureRank = 0;
        float[] projectorStd = [];
        for (int view = 0; view < batch.Views.Count; view++)
        {
            using DisposeScope viewScope = NewDisposeScope();
            Embeddings online = _online.Embed(batch.Views[view], batch.BoxesOf(view), Predict, Options, _processes);
            Tensor[] predictions = online.Vectors;
            Tensor total = zeros(1, device: batch.Views[0].device);
            for (int set = 0; set < predictions.Length; set++)
            {
                int pair = view == 0 ? set : PairOf(batch, view);
                Tensor loss =
                    view == 0
                        ? OneWay(
                            predictions[set],
                            targets[batch.Pairs[pair].View][0],
                            matches[pair].FromFirst,
                            matches[pair].NegativesOfFirst
                        )
                        : OneWay(
                            predictions[set],
                            targets[0][pair],
                            matches[pair].FromFirst.transpose(1, 2),
                            matches[pair].NegativesOfOther
                        );
                total = total.Plus(loss);
                losses[pair] += loss.item<float>();
            }

            total.sum().Times(scale).backward();
            if (view == 0)
            {
                (embeddingStd, projectorStd) = Spread(online.Projections);
                featureRank = ParticipationRatio(online.Features);
            }
        }

        Enqueue(batch, targets);
        return new StepMeasures(losses.Sum(), losses, [.. matches.Select(m => m.PerImage)], embeddingStd, featureRank, projectorStd);
    }

    private (Tensor Projections, Tensor Predictions) Predict(Tensor features)
    {
        Tensor projections = projector.forward(features);
        return (projections, predictor.forward(projections));
    }

    private Tensor OneWay(Tensor predictions, Tensor targets, Tensor matches, Tensor? negatives) =>
        negatives is null
            ? SocoLoss.OneWay(predictions, targets, matches)
            : InfoNceLoss.OneWay(
                predictions,
                targets,
                matches,
                _processes.AllGatherRows(targets.flatten(0, 1)),
                negatives,
                queue_k,
                Options.Objective.Temperature
            );

    /// <summary>Puts the target's vectors of a batch, the first view's first, before those of the steps before; the oldest go.</summary>
    private void Enqueue(SocoBatch batch, Tensor[][] targets)
    {
        if (queue_k is null)
        {
            return;
        }

        using IDisposable guard = no_grad();
        using DisposeScope scope = NewDisposeScope();
        IEnumerable<Tensor> vectors =
            from view in Enumerable.Range(0, targets.Length)
            from set in targets[view].Zip(batch.BoxesOf(view)).DistinctBy(set => set.Second)
            let onLevels = Enumerable
                .Range(0, set.Second.Count)
                .Where(box => set.Second.Levels[box] != BoxSet.NoLevel)
                .Select(box => (long)box)
            select _processes.AllGatherRows(
                set.First.reshape(set.Second.Count, -1).index_select(0, tensor([.. onLevels], device: set.First.device))
            );
        queue_k.copy_(cat([.. vectors, queue_k])[TensorIndex.Slice(0, Options.Objective.Queue)]);
    }

    /// <summary>
    /// The vectors of boxes as a detector is handed them: backbone, pyramid and head of the online network, without projector, without
    /// gradient, in the mode that the model is in.
    /// </summary>
    /// <param name="images">[N, 3, side, side], normalized.</param>
    /// <param name="boxes">K boxes of each image; the image-level variant takes K = 1, the whole image.</param>
    /// <returns>[N, K, F], unit vectors in float32; zero for a box on no level.</returns>
    public Tensor Describe(Tensor images, BoxSet boxes)
    {
        using IDisposable guard = no_grad();
        using DisposeScope scope = NewDisposeScope();
        return _online
            .Embed(images, [boxes], features => (features.detach(), features), Options, SingleProcess.Instance)
            .Vectors[0]
            .MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            CastWeights.Changed(this);
        }

        base.Dispose(disposing);
    }

    /// <summary>The target's unit vectors: for each view, for each of its box sets, [N, K, E].</summary>
    private Tensor[][] Targets(SocoBatch batch)
    {
        using IDisposable guard = no_grad();
        return [.. batch.Views.Select((images, view) => _target.Embed(images, batch.BoxesOf(view), Project, Options, _processes).Vectors)];

        (Tensor, Tensor) Project(Tensor features)
        {
            Tensor projections = projector_k.forward(features);
            return (projections, projections);
        }
    }

    private static int PairOf(SocoBatch batch, int view)
    {
        for (int pair = 0; pair < batch.Pairs.Count; pair++)
        {
            if (batch.Pairs[pair].View == view)
            {
                return pair;
            }
        }

        throw new ArgumentException($"View {view} has no boxes.", nameof(batch));
    }

    private static (double EmbeddingStd, float[] ProjectorStd) Spread(Tensor projection)
    {
        using IDisposable guard = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor wide = projection.detach().to_type(ScalarType.Float32);
        double unit = nn.functional.normalize(wide, p: 2, dim: 1).std(0, unbiased: false).mean().item<float>();
        return (unit, wide.std(0, unbiased: false).cpu().data<float>().ToArray());
    }

    /// <summary>In how many directions vectors [N, F] differ; 0 where they are all the same.</summary>
    internal static double ParticipationRatio(Tensor features)
    {
        using IDisposable guard = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor wide = features.detach().to_type(ScalarType.Float32);
        Tensor centered = wide - wide.mean([0], keepdim: true);

        // The smaller of X Xt and Xt X: both have the covariance's eigenvalues, to a factor that the ratio loses.
        Tensor gram = centered.shape[0] < centered.shape[1] ? centered.mm(centered.t()) : centered.t().mm(centered);
        double trace = gram.trace().item<float>(),
            squares = (gram * gram).sum().item<float>();
        return squares > 0 ? trace * trace / squares : 0;
    }
}

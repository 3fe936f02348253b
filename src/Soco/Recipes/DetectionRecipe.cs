using System.ComponentModel.DataAnnotations;

namespace Soco.Recipes;

/// <summary>
/// Everything that a fine-tuning run is told, with the values of SoCo's Mask R-CNN R50-FPN 1x on COCO where nothing is said (arXiv
/// 2106.02637, section 4.1).
/// </summary>
public sealed record DetectionRecipe : Recipe
{
    /// <summary>The batch that <see cref="SgdRecipe.BaseLr"/> is for.</summary>
    public const int ReferenceBatch = 16;

    /// <summary>The published batch.</summary>
    public DetectionRecipe() => Batch = ReferenceBatch;

    /// <summary>The detector.</summary>
    public DetectionMethod Method { get; init; }

    /// <summary>Optimizer steps.</summary>
    [Range(1, 100000000)]
    public int Iterations { get; init; } = 90000;

    /// <summary>Checkpoints at multiples of this many steps are never deleted; 0 keeps the last two only.</summary>
    [Range(0, 100000000)]
    public int KeepEverySteps { get; init; }

    /// <summary>Sizes and choice of the images.</summary>
    public InputRecipe Input { get; init; } = new();

    /// <summary>The network.</summary>
    public DetectorRecipe Model { get; init; } = new();

    /// <summary>The optimizer and its learning rates.</summary>
    public SgdRecipe Optimizer { get; init; } = new();

    /// <summary>The moving average of the weights.</summary>
    public AveragingRecipe Ema { get; init; } = new();

    /// <summary>Evaluation while training.</summary>
    public EvaluationRecipe Evaluation { get; init; } = new();

    /// <summary>Learning rate after warm-up: <c>base_lr * batch / 16</c>.</summary>
    public double PeakLr => Optimizer.BaseLr * Batch / ReferenceBatch;
}

/// <summary>Sizes and choice of the images.</summary>
public sealed record InputRecipe
{
    /// <summary>Range of the short side in training, pixels; drawn for each image.</summary>
    [Range(32, 8192)]
    public Interval ShortSide { get; init; } = new(640, 800);

    /// <summary>The short side is the low end plus a multiple of this, pixels.</summary>
    [Range(1, 8192)]
    public int ShortSideStep { get; init; } = 32;

    /// <summary>Short side when evaluating, pixels.</summary>
    [Range(32, 8192)]
    public int TestShortSide { get; init; } = 800;

    /// <summary>The long side is at most this, pixels; the short side gives way.</summary>
    [Range(32, 16384)]
    public int LongSide { get; init; } = 1333;

    /// <summary>Probability that left and right are swapped in training.</summary>
    [Range(0, 1)]
    public double FlipProbability { get; init; } = 0.5;

    /// <summary>Whether a batch holds only upright or only wide images, which saves padding.</summary>
    public bool GroupByAspect { get; init; } = true;

    /// <summary>Whether images without an object to learn take part.</summary>
    public bool KeepEmpty { get; init; }

    /// <summary>
    /// Images of a class that fewer than this share of the images show are repeated by sqrt(threshold / share) (Gupta et al., LVIS, 2019,
    /// with 0.001); 0 repeats none.
    /// </summary>
    [Range(0, 1)]
    public double RepeatThreshold { get; init; }
}

/// <summary>Widths and parts of a detector.</summary>
public sealed record DetectorRecipe
{
    /// <summary>What is learned of an object.</summary>
    public DetectorHeads Heads { get; init; }

    /// <summary>Factor on the channels of the backbone; the stem's are rounded to a multiple of 4. 1 is the published network.</summary>
    [Range(0.25, 2)]
    public double Width { get; init; } = 1;

    /// <summary>
    /// Whether the last norm of each residual block starts at 0, so that the block starts as its shortcut, else at 1. Short runs learn
    /// faster with false.
    /// </summary>
    public bool ZeroInitResidual { get; init; } = true;

    /// <summary>Channels of P2..P6.</summary>
    [Range(1, 8192)]
    public int FpnChannels { get; init; } = 256;

    /// <summary>Channels of the convolutions of box and mask head.</summary>
    [Range(1, 8192)]
    public int HeadChannels { get; init; } = 256;

    /// <summary>Width of the box head's fully connected layer.</summary>
    [Range(1, 65536)]
    public int HeadFc { get; init; } = 1024;

    /// <summary>How the backbone normalizes.</summary>
    public BackboneNorm BackboneNorm { get; init; }

    /// <summary>Stages of the backbone that do not learn, from the stem (1) to C5 (5).</summary>
    [Range(0, 5)]
    public int FrozenStages { get; init; }

    /// <summary>Side of the smallest anchor, pixels; the four others double it in turn.</summary>
    [Range(4, 512)]
    public int SmallestAnchor { get; init; } = 32;

    /// <summary>
    /// Side of a region that the heads read from P4, pixels; each halving is one level down. The published 224 is for short sides of 800;
    /// on smaller images it leaves most objects to P2.
    /// </summary>
    [Range(8, 8192)]
    public int CanonicalSide { get; init; } = 224;

    /// <summary>Regions of an image that the heads learn from.</summary>
    [Range(1, 8192)]
    public int RegionsPerImage { get; init; } = 512;

    /// <summary>Score above which a region is a detection.</summary>
    [Range(0, 1)]
    public double ScoreThreshold { get; init; } = 0.05;

    /// <summary>Detections of an image at most; LVIS takes 300.</summary>
    [Range(1, 10000)]
    public int DetectionsPerImage { get; init; } = 100;
}

/// <summary>SGD with momentum, and its learning rates: linear warm-up, then two steps down.</summary>
public sealed record SgdRecipe
{
    /// <summary>Learning rate for a batch of 16 images; it is scaled by batch / 16.</summary>
    [Range(0, 1000, MinimumIsExclusive = true)]
    public double BaseLr { get; init; } = 0.02;

    /// <summary>Momentum.</summary>
    [Range(0, 1, MaximumIsExclusive = true)]
    public double Momentum { get; init; } = 0.9;

    /// <summary>Weight decay.</summary>
    [Range(0, 1)]
    public double WeightDecay { get; init; } = 2.5e-5;

    /// <summary>Whether scale and shift of norms decay too.</summary>
    public bool DecayNorms { get; init; } = true;

    /// <summary>Steps of linear warm-up.</summary>
    [Range(0, 100000000)]
    public int WarmupSteps { get; init; } = 1000;

    /// <summary>Warm-up starts at the learning rate times this.</summary>
    [Range(0, 1)]
    public double WarmupFactor { get; init; } = 0.001;

    /// <summary>When the learning rate falls, as shares of the iterations.</summary>
    [Range(0, 1)]
    public Interval DecayAt { get; init; } = new(2.0 / 3, 8.0 / 9);

    /// <summary>What the learning rate is multiplied by each time.</summary>
    [Range(0, 1)]
    public double DecayFactor { get; init; } = 0.1;

    /// <summary>Gradients with a larger Euclidean norm are scaled down to it; 0 leaves them.</summary>
    [Range(0, 1e9)]
    public double MaxGradientNorm { get; init; }

    /// <summary>Factor on the learning rate of the backbone: below 1 keeps more of what pretraining has taught it, 0 keeps all.</summary>
    [Range(0, 10)]
    public double BackboneRateFactor { get; init; } = 1;
}

/// <summary>The moving average of the weights, which is then what is evaluated and handed out.</summary>
public sealed record AveragingRecipe
{
    /// <summary>Whether there is one.</summary>
    public bool Enabled { get; init; }

    /// <summary>Share of the average that stays at each step; it starts lower, as (1 + step) / (10 + step).</summary>
    [Range(0, 1)]
    public double Momentum { get; init; } = 0.9998;
}

/// <summary>Evaluation while training.</summary>
public sealed record EvaluationRecipe
{
    /// <summary>Steps from one evaluation to the next, beside the one at the end; 0: only that.</summary>
    [Range(0, 100000000)]
    public int EverySteps { get; init; } = 5000;

    /// <summary>
    /// Batches that the statistics of the norms are measured over before an evaluation, at most one pass over the images; 0 takes the
    /// running averages of training. Training itself goes on with its own.
    /// </summary>
    [Range(0, 100000)]
    public int PreciseNormBatches { get; init; } = 200;

    /// <summary>
    /// Evaluations in a row without a better one after which the run ends; 0: it goes to its end. Needs validation images and evaluations
    /// on the way.
    /// </summary>
    [Range(0, 100000)]
    public int Patience { get; init; }

    /// <summary>
    /// Detectors to keep, those of the best evaluations: the best is the run's weights, and where they are more than one, all of them are
    /// in its folder <c>best</c>.
    /// </summary>
    [Range(1, 1000)]
    public int KeepBest { get; init; } = 1;
}

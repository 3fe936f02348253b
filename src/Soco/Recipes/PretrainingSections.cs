using System.ComponentModel.DataAnnotations;
using Soco.Vision.Proposals;

namespace Soco.Recipes;

/// <summary>The views of one image: sides and crops.</summary>
public sealed record ViewRecipe
{
    /// <summary>Side of V1 and V2, pixels.</summary>
    [Range(32, 2048)]
    public int Size { get; init; } = 224;

    /// <summary>Side of V3, pixels.</summary>
    [Range(16, 2048)]
    public int View3Size { get; init; } = 112;

    /// <summary>Where V3 comes from.</summary>
    public View3Source View3 { get; init; }

    /// <summary>Side of V4, pixels.</summary>
    [Range(16, 2048)]
    public int View4Size { get; init; } = 192;

    /// <summary>Smallest share of the image's area that a crop takes; the largest is 1.</summary>
    [Range(0, 1, MinimumIsExclusive = true)]
    public double CropMinArea { get; init; } = 0.5;

    /// <summary>Range of a crop's width / height.</summary>
    [Range(0.01, 100)]
    public Interval CropAspect { get; init; } = new(3.0 / 4, 4.0 / 3);

    /// <summary>How often crops are drawn again while too few boxes overlap them.</summary>
    [Range(1, 1000)]
    public int Tries { get; init; } = 5;

    /// <summary>Whether V3 is made, where the method has one.</summary>
    public bool UseView3 { get; init; } = true;
}

/// <summary>The boxes of one image: how many, from where, how they are moved and which level takes them.</summary>
public sealed record BoxRecipe
{
    /// <summary>K, the boxes of one image.</summary>
    [Range(1, 1024)]
    public int PerImage { get; init; } = 4;

    /// <summary>Probability of jitter for each box of V1.</summary>
    [Range(0, 1)]
    public double JitterProbability { get; init; } = 0.5;

    /// <summary>Largest jitter, as a share of the box's sides.</summary>
    [Range(0, 1, MaximumIsExclusive = true)]
    public double JitterRatio { get; init; } = 0.1;

    /// <summary>Where the boxes come from.</summary>
    public BoxStrategy Strategy { get; init; }

    /// <summary>The least width and height of a box, pixels of the image, where the run makes its own proposals.</summary>
    [Range(1, 8192)]
    public int MinSide { get; init; } = ProposalFilter.Published.LeastSide;

    /// <summary>
    /// Sizes of the boxes where the run makes its own proposals: square root of the box area as a share of that of the image. Lower both
    /// limits where objects are small.
    /// </summary>
    [Range(0, 1)]
    public Interval SizeRatio { get; init; } = new(ProposalFilter.Published.LeastSizeRatio, ProposalFilter.Published.GreatestSizeRatio);

    /// <summary>Level limits in pixels; null (in YAML <c>[]</c>) is 48, 96, 192 and 224 times views.size / 224.</summary>
    [Range(0, 1e6, MinimumIsExclusive = true)]
    public LevelLimits? Limits { get; init; }

    /// <summary>Whether a box goes to the one level of its size; if not, it goes to all of them.</summary>
    public bool ScaleAware { get; init; } = true;

    /// <summary>Which proposals are kept.</summary>
    public ProposalFilter Filter =>
        new()
        {
            LeastSide = MinSide,
            LeastSizeRatio = SizeRatio.Low,
            GreatestSizeRatio = SizeRatio.High,
        };
}

/// <summary>The color chain of a view.</summary>
public sealed record ColorRecipe
{
    /// <summary>Probability of color jitter.</summary>
    [Range(0, 1)]
    public double JitterProbability { get; init; } = 0.8;

    /// <summary>Largest change of brightness, as a share.</summary>
    [Range(0, 1)]
    public double Brightness { get; init; } = 0.4;

    /// <summary>Largest change of contrast, as a share.</summary>
    [Range(0, 1)]
    public double Contrast { get; init; } = 0.4;

    /// <summary>Largest change of saturation, as a share.</summary>
    [Range(0, 1)]
    public double Saturation { get; init; } = 0.2;

    /// <summary>Largest change of hue, in turns of the color circle.</summary>
    [Range(0, 0.5)]
    public double Hue { get; init; } = 0.1;

    /// <summary>Probability of grey.</summary>
    [Range(0, 1)]
    public double GreyProbability { get; init; } = 0.2;

    /// <summary>Probability of Gaussian blur, on V1 and on the others.</summary>
    [Range(0, 1)]
    public PerView BlurProbability { get; init; } = new(1.0, 0.1);

    /// <summary>Range of the blur's sigma, pixels.</summary>
    [Range(0, 100, MinimumIsExclusive = true)]
    public Interval BlurSigma { get; init; } = new(0.1, 2.0);

    /// <summary>Probability of solarisation, on V1 and on the others.</summary>
    [Range(0, 1)]
    public PerView SolarizeProbability { get; init; } = new(0.0, 0.2);

    /// <summary>Values from this one up are inverted; 0..255, 256 inverts none.</summary>
    [Range(0, 256)]
    public int SolarizeThreshold { get; init; } = 128;
}

/// <summary>Cutout inside the boxes of the views other than V1, as in the published code.</summary>
public sealed record CutoutRecipe
{
    /// <summary>Whether it is done at all.</summary>
    public bool Enabled { get; init; }

    /// <summary>Probability for each box.</summary>
    [Range(0, 1)]
    public double Probability { get; init; } = 0.5;

    /// <summary>Range of the square's area, as a share of the box's.</summary>
    [Range(0, 1)]
    public Interval AreaRatio { get; init; } = new(0.1, 0.3);
}

/// <summary>Widths and parts of the network.</summary>
public sealed record ModelRecipe
{
    /// <summary>Factor on the channels of the backbone; the stem's are rounded to a multiple of 4. 1 is the published network.</summary>
    [Range(0.25, 2)]
    public double Width { get; init; } = 1;

    /// <summary>
    /// Whether the last norm of each residual block starts at 0, so that the block starts as its shortcut, else at 1. Short runs learn
    /// faster with false.
    /// </summary>
    public bool ZeroInitResidual { get; init; } = true;

    /// <summary>Whether the FPN is pretrained; without it the boxes are read from C5.</summary>
    public bool Fpn { get; init; } = true;

    /// <summary>Channels of P2..P5.</summary>
    [Range(1, 8192)]
    public int FpnChannels { get; init; } = 256;

    /// <summary>Whether the box head is pretrained; without it boxes are average-pooled.</summary>
    public bool Head { get; init; } = true;

    /// <summary>Channels of the head's four convolutions.</summary>
    [Range(1, 8192)]
    public int HeadChannels { get; init; } = 256;

    /// <summary>Width of the head's fully connected layer.</summary>
    [Range(1, 65536)]
    public int HeadFc { get; init; } = 1024;

    /// <summary>Hidden width of projector and predictor.</summary>
    [Range(1, 65536)]
    public int ProjectorHidden { get; init; } = 4096;

    /// <summary>Width of projection and prediction.</summary>
    [Range(1, 65536)]
    public int ProjectorOut { get; init; } = 256;

    /// <summary>Side of RoIAlign's output, bins; the C4 method uses twice this.</summary>
    [Range(1, 64)]
    public int RoiSize { get; init; } = 7;

    /// <summary>Whether RoIAlign moves boxes by half a pixel (detectron2's "aligned").</summary>
    public bool RoiAligned { get; init; } = true;

    /// <summary>Samples along each side of a RoIAlign bin; 0 takes as many as the bin has pixels.</summary>
    [Range(0, 64)]
    public int RoiSamplingRatio { get; init; }
}

/// <summary>
/// What the online network learns of a pair of boxes. <c>objective: infonce</c> is short for <c>objective.kind: infonce</c>.
/// </summary>
public sealed record ObjectiveRecipe
{
    /// <summary>cosine or infonce.</summary>
    public ObjectiveKind Kind { get; init; }

    /// <summary>What InfoNCE divides cosines by.</summary>
    [Range(0, 10, MinimumIsExclusive = true)]
    public double Temperature { get; init; } = 0.2;

    /// <summary>Target vectors of the steps before that InfoNCE takes as negatives too; 0 takes those of the batch alone.</summary>
    [Range(0, 10000000)]
    public int Queue { get; init; }

    /// <summary>
    /// Boxes of the same image are InfoNCE's negatives too where their IoU with the box is below this; 0 takes those of other images alone.
    /// </summary>
    [Range(0, 1)]
    public double SameImageIou { get; init; }
}

/// <summary>
/// LARS over SGD with momentum, SGD alone, or AdamW, and the learning rates. <c>optimizer: adamw</c> is short for <c>optimizer.kind:
/// adamw</c>.
/// </summary>
public sealed record OptimizerRecipe
{
    /// <summary>sgd (with momentum, under LARS unless <see cref="TrustCoefficient"/> is 0) or adamw.</summary>
    public OptimizerKind Kind { get; init; }

    /// <summary>Learning rate for a batch of 256 images; it is scaled by batch / 256.</summary>
    [Range(0, 1000, MinimumIsExclusive = true)]
    public double BaseLr { get; init; } = 1.0;

    /// <summary>Momentum of SGD.</summary>
    [Range(0, 1, MaximumIsExclusive = true)]
    public double Momentum { get; init; } = 0.9;

    /// <summary>Weight decay of the parameters of more than one dimension.</summary>
    [Range(0, 1)]
    public double WeightDecay { get; init; } = 1e-5;

    /// <summary>LARS trust coefficient; 0 leaves LARS out, for small batches and short runs.</summary>
    [Range(0, 1)]
    public double TrustCoefficient { get; init; } = 0.001;

    /// <summary>Whether LARS moves no parameter faster than the learning rate: the scale is min(trust * |w| / |g| / lr, 1).</summary>
    public bool CapTrust { get; init; }

    /// <summary>Epochs of linear warm-up.</summary>
    [Range(0, 100000)]
    public int WarmupEpochs { get; init; } = 10;

    /// <summary>Warm-up starts at the learning rate divided by this.</summary>
    [Range(1, 1e6)]
    public double WarmupMultiplier { get; init; } = 100;

    /// <summary>Learning rate at the end of the cosine.</summary>
    [Range(0, 1000)]
    public double FinalLr { get; init; } = 1e-6;
}

/// <summary>What is measured while the network learns, where there are labels to measure with.</summary>
public sealed record ProbingRecipe
{
    /// <summary>Epochs from one probe of the network to the next; 0 probes at the end alone.</summary>
    [Range(0, 100000)]
    public int Probe { get; init; } = 10;
}

/// <summary>The target network's moving average.</summary>
public sealed record EmaRecipe
{
    /// <summary>Momentum at the first step; it rises to 1 over the run.</summary>
    [Range(0, 1)]
    public double Momentum { get; init; } = 0.99;
}

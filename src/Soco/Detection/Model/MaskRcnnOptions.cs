using Soco.Recipes;

namespace Soco.Detection.Model;

/// <summary>Where the regions of a detector are read.</summary>
public enum DetectorVariant
{
    /// <summary>On the levels of a feature pyramid, with a box head of four convolutions and one fully connected layer (R-FPN).</summary>
    Fpn,

    /// <summary>On C4, with the last stage of the backbone as the box head (R-C4).</summary>
    C4,
}

/// <summary>The network of a detector. The defaults are Mask R-CNN R50-FPN as SoCo fine-tunes it (section 4.1).</summary>
public sealed record MaskRcnnOptions
{
    /// <summary>
    /// R50-C4: one map of stride 16 carries all anchors, and more proposals are kept before NMS, as in detectron2's C4 baselines.
    /// </summary>
    public static MaskRcnnOptions C4 { get; } =
        new()
        {
            Variant = DetectorVariant.C4,
            Rpn = new RpnOptions
            {
                TrainPreNms = 12000,
                TestPreNms = 6000,
                TrainPostNms = 2000,
                TestPostNms = 1000,
            },
        };

    /// <summary>The network of torchvision's maskrcnn_resnet50_fpn_v2, for weights that come from there.</summary>
    public static MaskRcnnOptions TorchvisionV2 { get; } =
        new()
        {
            Convention = DetectionConvention.Torchvision,
            RpnConvolutions = 2,
            Rpn = new RpnOptions { TrainPostNms = 2000 },
        };

    /// <summary>Where regions are read. For C4 start from <see cref="C4"/>.</summary>
    public DetectorVariant Variant { get; init; } = DetectorVariant.Fpn;

    /// <summary>resnet18, resnet34, resnet50 or resnet101.</summary>
    public string Arch { get; init; } = "resnet50";

    /// <summary>Factor on the backbone's channels.</summary>
    public double Width { get; init; } = 1;

    /// <summary>Whether the last norm of a residual block starts at 0, else at 1.</summary>
    public bool ZeroInitResidual { get; init; } = true;

    /// <summary>Classes of objects, C, without background.</summary>
    public int Classes { get; init; } = 80;

    /// <summary>Whether there is a mask head.</summary>
    public bool WithMasks { get; init; } = true;

    /// <summary>Channels of the FPN.</summary>
    public int FpnChannels { get; init; } = 256;

    /// <summary>Channels of the convolutions of box head and mask head.</summary>
    public int HeadChannels { get; init; } = 256;

    /// <summary>Width of the box head's fully connected layer; C4 has none.</summary>
    public int HeadFc { get; init; } = 1024;

    /// <summary>3x3 convolutions of the RPN's head: 1, or 2 in torchvision's v2.</summary>
    public int RpnConvolutions { get; init; } = 1;

    /// <summary>How the backbone normalizes.</summary>
    public BackboneNorm BackboneNorm { get; init; } = BackboneNorm.Batch;

    /// <summary>
    /// How many stages of the backbone do not learn, from the stem (1) to C5 (5); 0: all learn. Norms of frozen stages are frozen.
    /// </summary>
    public int FrozenStages { get; init; }

    /// <summary>Whether activations flow in bfloat16; weights, statistics, losses and reductions stay float32.</summary>
    public bool Bfloat16 { get; init; }

    /// <summary>Proposals.</summary>
    public RpnOptions Rpn { get; init; } = new();

    /// <summary>Regions, box head and detections.</summary>
    public RoiOptions Roi { get; init; } = new();

    /// <summary>Details in which implementations differ.</summary>
    public DetectionConvention Convention { get; init; } = DetectionConvention.Detectron2;

    /// <summary>The detector that a recipe asks for.</summary>
    /// <param name="recipe">The run; <c>model.heads</c> is resolved, <c>auto</c> is boxes alone.</param>
    /// <param name="classes">Classes of objects.</param>
    public static MaskRcnnOptions Of(DetectionRecipe recipe, int classes)
    {
        MaskRcnnOptions published = recipe.Method == DetectionMethod.MaskRcnnC4 ? C4 : new MaskRcnnOptions();
        return published with
        {
            Arch = recipe.ArchName,
            Width = recipe.Model.Width,
            ZeroInitResidual = recipe.Model.ZeroInitResidual,
            Classes = classes,
            WithMasks = recipe.Model.Heads == DetectorHeads.BoxAndMask,
            FpnChannels = recipe.Model.FpnChannels,
            HeadChannels = recipe.Model.HeadChannels,
            HeadFc = recipe.Model.HeadFc,
            BackboneNorm = recipe.Model.BackboneNorm,
            FrozenStages = recipe.Model.FrozenStages,
            Bfloat16 = recipe.Precision == NumberFormat.Bf16,
            Rpn = published.Rpn with { AnchorSizes = [.. Enumerable.Range(0, 5).Select(level => recipe.Model.SmallestAnchor << level)] },
            Roi = published.Roi with
            {
                CanonicalSide = recipe.Model.CanonicalSide,
                SamplesPerImage = recipe.Model.RegionsPerImage,
                ScoreThreshold = (float)recipe.Model.ScoreThreshold,
                DetectionsPerImage = recipe.Model.DetectionsPerImage,
            },
        };
    }
}

/// <summary>How the region proposal network learns and proposes.</summary>
public sealed record RpnOptions
{
    /// <summary>Sides of the square anchors in pixels: one to a level of the pyramid, P2 to P6, or all on C4.</summary>
    public IReadOnlyList<int> AnchorSizes { get; init; } = [32, 64, 128, 256, 512];

    /// <summary>Height over width of the anchors; the area stays.</summary>
    public IReadOnlyList<double> AspectRatios { get; init; } = [0.5, 1, 2];

    /// <summary>Best anchors of each level that enter NMS in training.</summary>
    public int TrainPreNms { get; init; } = 2000;

    /// <summary>Best anchors of each level that enter NMS in inference.</summary>
    public int TestPreNms { get; init; } = 1000;

    /// <summary>Proposals of an image in training, all levels together.</summary>
    public int TrainPostNms { get; init; } = 1000;

    /// <summary>Proposals of an image in inference, all levels together.</summary>
    public int TestPostNms { get; init; } = 1000;

    /// <summary>IoU above which the lesser of two proposals of a level goes.</summary>
    public float NmsThreshold { get; init; } = 0.7f;

    /// <summary>IoU from which an anchor is an object.</summary>
    public float ForegroundThreshold { get; init; } = 0.7f;

    /// <summary>IoU below which an anchor is background; between the two it is not sampled.</summary>
    public float BackgroundThreshold { get; init; } = 0.3f;

    /// <summary>Anchors of an image in the loss.</summary>
    public int SamplesPerImage { get; init; } = 256;

    /// <summary>Largest part of the samples that are objects.</summary>
    public double PositiveFraction { get; init; } = 0.5;
}

/// <summary>How regions are sampled, and how they become detections.</summary>
public sealed record RoiOptions
{
    /// <summary>Square root of the area of a region that is read from P4, pixels; half as large a region is read from P3.</summary>
    public float CanonicalSide { get; init; } = 224;

    /// <summary>Regions of an image in the loss.</summary>
    public int SamplesPerImage { get; init; } = 512;

    /// <summary>Largest part of the samples that are objects.</summary>
    public double PositiveFraction { get; init; } = 0.25;

    /// <summary>IoU from which a region shows the object, below which it shows background.</summary>
    public float ForegroundThreshold { get; init; } = 0.5f;

    /// <summary>Score above which a class of a region may be a detection.</summary>
    public float ScoreThreshold { get; init; } = 0.05f;

    /// <summary>IoU above which the lesser of two detections of a class goes.</summary>
    public float NmsThreshold { get; init; } = 0.5f;

    /// <summary>Most detections of an image; LVIS takes 300.</summary>
    public int DetectionsPerImage { get; init; } = 100;
}

/// <summary>
/// The details in which published implementations of Mask R-CNN differ. detectron2's are for training, torchvision's for weights that come
/// from torchvision: weights made with one lose accuracy under the other.
/// </summary>
public sealed record DetectionConvention
{
    /// <summary>detectron2's.</summary>
    public static DetectionConvention Detectron2 { get; } = new();

    /// <summary>torchvision's (maskrcnn_resnet50_fpn_v2).</summary>
    public static DetectionConvention Torchvision { get; } =
        new()
        {
            RoiAligned = false,
            RoiSamplingRatio = 2,
            SmoothL1Beta = 1f / 9,
            BackgroundFirst = true,
            RoundedAnchors = true,
            MeanOverSampledAnchors = true,
            SoftMaskTargets = true,
            ResizedMasks = true,
            SmallestProposal = 1e-3f,
            SmallestDetection = 1e-2f,
        };

    /// <summary>Whether RoIAlign samples at pixel centers.</summary>
    public bool RoiAligned { get; init; } = true;

    /// <summary>Samples along a side of a bin; 0 adapts to the region.</summary>
    public int RoiSamplingRatio { get; init; }

    /// <summary>Where smooth L1 turns from a parabola into a line; 0 is plain L1.</summary>
    public float SmoothL1Beta { get; init; }

    /// <summary>
    /// Whether class 0 of the box predictor is background, which then also has boxes and masks of its own; else background is the last
    /// class, and has neither.
    /// </summary>
    public bool BackgroundFirst { get; init; }

    /// <summary>
    /// Whether anchors have whole pixels and step by the padded image's size over the map's, rounded down; else both are exact.
    /// </summary>
    public bool RoundedAnchors { get; init; }

    /// <summary>Whether the RPN's losses are divided by the anchors that were sampled; else by those that were asked for.</summary>
    public bool MeanOverSampledAnchors { get; init; }

    /// <summary>Whether the targets of the mask head are the pooled masks; else these are cut at one half.</summary>
    public bool SoftMaskTargets { get; init; }

    /// <summary>
    /// Whether masks are pasted by resizing them to the box in whole pixels; else they are sampled at the centers of the image's pixels.
    /// </summary>
    public bool ResizedMasks { get; init; }

    /// <summary>Proposals with a side below this many pixels are dropped; 0 drops those without area.</summary>
    public float SmallestProposal { get; init; }

    /// <summary>Detections with a side below this many pixels are dropped; 0 drops those without area.</summary>
    public float SmallestDetection { get; init; }
}

namespace Soco.Recipes;

/// <summary>What is learned: SoCo and its variants, or image-level BYOL, the baseline.</summary>
public enum PretrainingMethod
{
    /// <summary><c>soco</c>: FPN and box head, views V1, V2, V3.</summary>
    Soco,

    /// <summary><c>soco-star</c>: as <see cref="Soco"/>, with V4.</summary>
    SocoStar,

    /// <summary><c>soco-c4</c>: C4 backbone with C5 as the head, views V1 and V2.</summary>
    SocoC4,

    /// <summary><c>byol</c>: the whole view is the one box.</summary>
    Byol,
}

/// <summary>The detector that is fine-tuned.</summary>
public enum DetectionMethod
{
    /// <summary><c>mask-rcnn-fpn</c>: a feature pyramid and a box head of four convolutions and a fully connected layer.</summary>
    MaskRcnnFpn,

    /// <summary><c>mask-rcnn-c4</c>: regions from C4, with C5 as the box head.</summary>
    MaskRcnnC4,
}

/// <summary>What a detector learns of an object.</summary>
public enum DetectorHeads
{
    /// <summary><c>auto</c>: masks where the annotations have them.</summary>
    Auto,

    /// <summary><c>box</c>: boxes alone.</summary>
    Box,

    /// <summary><c>box-and-mask</c>.</summary>
    BoxAndMask,
}

/// <summary>How the backbone of a detector normalizes.</summary>
public enum BackboneNorm
{
    /// <summary><c>batch</c>: batch norm that learns.</summary>
    Batch,

    /// <summary>
    /// <c>frozen</c>: fixed statistics, scale and shift; for weights with good statistics and batches of one or two images.
    /// </summary>
    Frozen,
}

/// <summary>The backbone.</summary>
public enum Backbone
{
    /// <summary><c>resnet18</c>.</summary>
    Resnet18,

    /// <summary><c>resnet34</c>.</summary>
    Resnet34,

    /// <summary><c>resnet50</c>.</summary>
    Resnet50,

    /// <summary><c>resnet101</c>.</summary>
    Resnet101,
}

/// <summary>The number format of activations and of the weights they meet; the master weights are float32 in all.</summary>
public enum NumberFormat
{
    /// <summary>
    /// <c>auto</c>: what the machine is fast in. A run decides it once, when it begins; a network made without one computes in float32.
    /// </summary>
    Auto,

    /// <summary><c>fp32</c>.</summary>
    Fp32,

    /// <summary><c>bf16</c>.</summary>
    Bf16,
}

/// <summary>What moves the parameters.</summary>
public enum OptimizerKind
{
    /// <summary><c>sgd</c>: with momentum, and LARS where a trust coefficient is given.</summary>
    Sgd,

    /// <summary><c>adamw</c>.</summary>
    Adamw,
}

/// <summary>How boxes meet pyramid levels in the head.</summary>
public enum LevelAssignment
{
    /// <summary><c>sparse</c>: each box runs once, on its own level, as in detectors.</summary>
    Sparse,

    /// <summary><c>dense</c>: each box runs on every level and is masked, as in the published code.</summary>
    Dense,
}

/// <summary>Where the tensors live.</summary>
public enum ComputeDevice
{
    /// <summary><c>auto</c>: a CUDA device when there is one, else the CPU.</summary>
    Auto,

    /// <summary><c>cpu</c>.</summary>
    Cpu,

    /// <summary><c>cuda</c>.</summary>
    Cuda,
}

/// <summary>Where V3 comes from: the paper resizes V2, the published code crops again.</summary>
public enum View3Source
{
    /// <summary><c>resize</c>: V2, smaller.</summary>
    Resize,

    /// <summary><c>crop</c>: a random crop of its own.</summary>
    Crop,
}

/// <summary>Where the boxes come from.</summary>
public enum BoxStrategy
{
    /// <summary><c>soco</c>: selective-search proposals.</summary>
    Soco,

    /// <summary><c>random</c>: the ablation's random boxes.</summary>
    Random,
}

/// <summary>What the online network learns of the target's vector of the same object.</summary>
public enum ObjectiveKind
{
    /// <summary>Its direction: minus twice the cosine (SoCo, after BYOL). There are no negatives.</summary>
    Cosine,

    /// <summary>To tell it from the vectors of other objects (InfoNCE, in the form of MoCo v3).</summary>
    Infonce,
}

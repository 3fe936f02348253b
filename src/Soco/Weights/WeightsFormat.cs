namespace Soco.Weights;

/// <summary>Whose names a file of weights carries.</summary>
public enum WeightsFormat
{
    /// <summary>Soco's own, which are the authors' for what is pretrained.</summary>
    Soco,

    /// <summary>torchvision's: a ResNet classifier, or a Faster or Mask R-CNN.</summary>
    Torchvision,

    /// <summary>detectron2's.</summary>
    Detectron2,

    /// <summary>mmdetection's.</summary>
    Mmdetection,

    /// <summary>None of these: the tensors can be listed, but not loaded.</summary>
    Other,
}

/// <summary>What a file of weights holds.</summary>
public enum WeightsKind
{
    /// <summary>A backbone alone: <c>encoder.*</c>.</summary>
    Backbone,

    /// <summary>
    /// What pretraining made: <c>encoder.*</c>, and <c>neck.*</c>, <c>head.*</c> and the rest of the pretraining network where the file has
    /// them.
    /// </summary>
    Pretrained,

    /// <summary>A detector, under torchvision's names.</summary>
    Detector,

    /// <summary>Something else.</summary>
    Unknown,
}

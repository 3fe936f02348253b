namespace Soco.Vision.Evaluation;

/// <summary>What a detection and an object are compared by.</summary>
public enum IouType
{
    /// <summary>Their boxes (COCO's <c>bbox</c>).</summary>
    Box,

    /// <summary>Their pixels (COCO's <c>segm</c>).</summary>
    Mask,
}

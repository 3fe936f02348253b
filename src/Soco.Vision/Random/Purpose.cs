namespace Soco.Vision.Random;

/// <summary>What random draws are for: the last part of a <see cref="CounterRandom"/> key. Values are fixed, runs depend on them.</summary>
internal static class Purpose
{
    /// <summary>The order of the images in an epoch.</summary>
    public const ulong Order = 1;

    /// <summary>Crops and the choice of boxes.</summary>
    public const ulong Geometry = 2;

    /// <summary>Jitter of the first view's boxes.</summary>
    public const ulong Jitter = 3;

    /// <summary>How often an image with rare classes comes in an epoch.</summary>
    public const ulong Repeat = 4;

    /// <summary>Size and flip of an image that a detector learns from.</summary>
    public const ulong Resize = 5;

    /// <summary>Flip and colors of a view; the view's number is added.</summary>
    public const ulong Appearance = 16;

    /// <summary>Cutout of a view; the view's number is added.</summary>
    public const ulong Cutout = 32;

    /// <summary>Which anchors of an image enter the RPN's losses.</summary>
    public const ulong AnchorSample = 64;

    /// <summary>Which regions of an image enter the losses of the heads.</summary>
    public const ulong RegionSample = 65;
}

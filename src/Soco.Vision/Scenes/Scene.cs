using Soco.Vision.Annotations.Masks;
using Soco.Vision.Imaging;

namespace Soco.Vision.Scenes;

/// <summary>A drawn image and what is to be found in it.</summary>
/// <param name="Image">The pixels.</param>
/// <param name="Objects">The annotated objects, from the farthest to the nearest.</param>
public sealed record Scene(RgbImage Image, IReadOnlyList<SceneObject> Objects);

/// <summary>An object of a scene.</summary>
/// <param name="Class">Its kind.</param>
/// <param name="Mask">The pixels where it is seen: inside the image and not hidden by nearer objects.</param>
/// <param name="VisibleShare">The area of the mask over that of the whole silhouette, above 0 to 1.</param>
public sealed record SceneObject(SceneClass Class, RunLengthMask Mask, double VisibleShare)
{
    /// <summary>The smallest box that holds the mask.</summary>
    public BoxXywh Box { get; } = Mask.Box;

    /// <summary>Pixels of the mask.</summary>
    public int Area { get; } = Mask.Area;
}

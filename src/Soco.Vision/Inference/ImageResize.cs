namespace Soco.Vision.Inference;

/// <summary>
/// The sizes that a detector sees images at, as in detectron2's <c>ResizeShortestEdge</c>: by the short side, unless the long one becomes
/// too long.
/// </summary>
public static class ImageResize
{
    /// <summary>The size of an image.</summary>
    /// <param name="width">Columns of the image itself.</param>
    /// <param name="height">Rows of the image itself.</param>
    /// <param name="shortSide">The short side that is wanted, pixels.</param>
    /// <param name="longSide">The long side is at most this, pixels.</param>
    public static ImageSize SizeOf(int width, int height, int shortSide, int longSide)
    {
        double scale = (double)shortSide / Math.Min(width, height);
        if (Math.Max(width, height) * scale > longSide)
        {
            scale = (double)longSide / Math.Max(width, height);
        }

        return new ImageSize(Rounded(height * scale), Rounded(width * scale));

        static int Rounded(double side) => Math.Max(1, (int)(side + 0.5));
    }
}

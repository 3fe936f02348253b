namespace Soco.Vision.Proposals;

/// <summary>What becomes of boxes that were read from outside: they are clipped to the image, or dropped where nothing is left.</summary>
internal static class BoxMending
{
    /// <summary>Coordinates that are not finite, and those that no image reaches.</summary>
    private const double Beyond = 1e9;

    /// <summary>Rounds a box to pixels and clips it to its image.</summary>
    /// <param name="x">Left, pixels.</param>
    /// <param name="y">Top, pixels.</param>
    /// <param name="width">Pixels.</param>
    /// <param name="height">Pixels.</param>
    /// <param name="imageWidth">Of the image; 0 where it is not known.</param>
    /// <param name="imageHeight">Of the image; 0 where it is not known.</param>
    /// <param name="box">The box inside the image.</param>
    /// <param name="clipped">Whether a part lay outside.</param>
    /// <returns>False if nothing is left: outside, without area, or not a number.</returns>
    public static bool TryClip(
        double x,
        double y,
        double width,
        double height,
        int imageWidth,
        int imageHeight,
        out BoxXywh box,
        out bool clipped
    )
    {
        (box, clipped) = (default, false);
        if (!(Math.Abs(x) < Beyond && Math.Abs(y) < Beyond && width < Beyond && height < Beyond && width > 0 && height > 0))
        {
            return false;
        }

        long left = (long)Math.Round(x),
            top = (long)Math.Round(y),
            right = left + (long)Math.Round(width),
            bottom = top + (long)Math.Round(height);
        long insideLeft = Math.Max(0, left),
            insideTop = Math.Max(0, top);
        long insideRight = imageWidth > 0 ? Math.Min(right, imageWidth) : right;
        long insideBottom = imageHeight > 0 ? Math.Min(bottom, imageHeight) : bottom;
        clipped = (insideLeft, insideTop, insideRight, insideBottom) != (left, top, right, bottom);
        box = new BoxXywh((int)insideLeft, (int)insideTop, (int)(insideRight - insideLeft), (int)(insideBottom - insideTop));
        return box.Width > 0 && box.Height > 0;
    }
}

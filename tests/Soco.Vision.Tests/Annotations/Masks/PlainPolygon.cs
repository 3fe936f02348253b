namespace Soco.Vision.Tests.Annotations.Masks;

/// <summary>
/// The COCO API's polygon rule as one would tell it: walk the outline on a grid of fifths of pixels, and look at every step.
/// </summary>
internal static class PlainPolygon
{
    /// <summary>Rows of 0 and 1.</summary>
    public static byte[] Pixels(double[] corners, int width, int height)
    {
        var outline = new List<(int X, int Y)>();
        for (int i = 0; i < corners.Length; i += 2)
        {
            int j = (i + 2) % corners.Length;
            outline.AddRange(
                Walk(
                    (int)(5 * corners[i] + 0.5),
                    (int)(5 * corners[i + 1] + 0.5),
                    (int)(5 * corners[j] + 0.5),
                    (int)(5 * corners[j + 1] + 0.5)
                )
            );
        }

        // Along a column, pixels from a turn downwards change their value; a turn at the bottom changes the next column.
        var turned = new bool[width * height + 1];
        for (int i = 1; i < outline.Count; i++)
        {
            int left = Math.Min(outline[i].X, outline[i - 1].X);
            if (outline[i].X == outline[i - 1].X || left < 2 || left % 5 != 2 || left / 5 >= width)
            {
                continue;
            }

            double row = Math.Ceiling(Math.Clamp((Math.Min(outline[i].Y, outline[i - 1].Y) + 0.5) / 5 - 0.5, 0, height));
            turned[left / 5 * height + (int)row] ^= true;
        }

        var pixels = new byte[width * height];
        bool inside = false;
        for (int at = 0; at < pixels.Length; at++)
        {
            inside ^= turned[at];
            pixels[at % height * width + at / height] = (byte)(inside ? 1 : 0);
        }

        return pixels;
    }

    private static IEnumerable<(int X, int Y)> Walk(int x1, int y1, int x2, int y2)
    {
        int steps = Math.Max(Math.Abs(x2 - x1), Math.Abs(y2 - y1));
        bool flat = Math.Abs(x2 - x1) >= Math.Abs(y2 - y1);
        bool backwards = flat ? x1 > x2 : y1 > y2;
        ((int fromX, int fromY), (int toX, int toY)) = backwards ? ((x2, y2), (x1, y1)) : ((x1, y1), (x2, y2));
        double slope = steps == 0 ? 0 : (double)(flat ? toY - fromY : toX - fromX) / steps;
        for (int i = 0; i <= steps; i++)
        {
            int step = backwards ? steps - i : i;
            yield return flat ? (fromX + step, (int)(fromY + slope * step + 0.5)) : ((int)(fromX + slope * step + 0.5), fromY + step);
        }
    }
}

namespace Soco.Vision.Annotations.Masks;

/// <summary>Outlines of masks, for formats that have polygons alone.</summary>
public static class MaskOutline
{
    // Right, down, left, up, as steps between corners of pixels; inside lies to the right of each step.
    private static readonly (int X, int Y)[] s_steps = [(1, 0), (0, 1), (-1, 0), (0, -1)];

    /// <summary>
    /// The polygons of a mask: its own, or one around each part of touching pixels, along the pixels' edges. Holes are filled.
    /// </summary>
    /// <param name="mask">The mask.</param>
    /// <returns>x, y of one corner after the other for each polygon, pixels; none where the mask is empty.</returns>
    public static IReadOnlyList<double[]> Of(ObjectMask mask) =>
        mask is PolygonMask polygons ? polygons.Polygons : Trace(mask.ToRunLengths());

    /// <summary>
    /// Several polygons as one, joined by lines that go and come back between their nearest corners: bounds and pixels stay.
    /// </summary>
    /// <param name="polygons">One or more.</param>
    public static double[] Joined(IReadOnlyList<double[]> polygons)
    {
        double[] whole = polygons[0];
        foreach (double[] part in polygons.Skip(1))
        {
            (int here, int there) = Nearest(whole, part);
            whole =
            [
                .. whole[..(2 * here + 2)],
                .. part[(2 * there)..],
                .. part[..(2 * there + 2)],
                .. whole[(2 * here)..(2 * here + 2)],
                .. whole[(2 * here + 2)..],
            ];
        }

        return whole;
    }

    private static (int Here, int There) Nearest(double[] whole, double[] part)
    {
        (int here, int there, double least) = (0, 0, double.MaxValue);
        for (int i = 0; i < whole.Length; i += 2)
        {
            for (int j = 0; j < part.Length; j += 2)
            {
                double x = whole[i] - part[j],
                    y = whole[i + 1] - part[j + 1],
                    distance = x * x + y * y;
                if (distance < least)
                {
                    (here, there, least) = (i / 2, j / 2, distance);
                }
            }
        }

        return (here, there);
    }

    private static List<double[]> Trace(RunLengthMask mask)
    {
        byte[] pixels = mask.Decode();
        (int width, int height) = (mask.Width, mask.Height);
        var passed = new bool[width * height];
        var outlines = new List<double[]>();
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                // The upper edge of a pixel whose upper neighbor is outside begins an outline: of a part from outside, or of a hole, which
                // runs the other way around.
                if (IsInside(x, y) && !IsInside(x, y - 1) && !passed[y * width + x] && Follow(x, y) is { } outline)
                {
                    outlines.Add(outline);
                }
            }
        }

        return outlines;

        bool IsInside(int x, int y) => x >= 0 && y >= 0 && x < width && y < height && pixels[y * width + x] != 0;

        // Whether the edge from a corner in a direction has inside to its right and outside to its left.
        bool IsEdge(int x, int y, int direction) =>
            direction switch
            {
                0 => IsInside(x, y) && !IsInside(x, y - 1),
                1 => IsInside(x - 1, y) && !IsInside(x, y),
                2 => IsInside(x - 1, y - 1) && !IsInside(x - 1, y),
                _ => IsInside(x, y - 1) && !IsInside(x - 1, y - 1),
            };

        double[]? Follow(int startX, int startY)
        {
            var corners = new List<double>();
            (int x, int y, int direction, long area) = (startX, startY, 0, 0L);
            do
            {
                if (direction == 0)
                {
                    passed[y * width + x] = true;
                }

                (int nextX, int nextY) = (x + s_steps[direction].X, y + s_steps[direction].Y);
                area += (long)x * nextY - (long)nextX * y;
                (x, y) = (nextX, nextY);

                // The sharpest turn to the right first: pixels that touch at a corner alone are parts of their own.
                int turned = new[] { direction + 1, direction, direction + 3 }.Select(turn => turn % 4).First(turn => IsEdge(x, y, turn));
                if (turned != direction)
                {
                    corners.Add(x);
                    corners.Add(y);
                }

                direction = turned;
            } while (x != startX || y != startY || direction != 0);

            return area > 0 ? [.. corners] : null;
        }
    }
}

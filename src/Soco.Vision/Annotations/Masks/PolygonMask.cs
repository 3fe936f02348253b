using Soco.Vision.Annotations.Coco;

namespace Soco.Vision.Annotations.Masks;

/// <summary>An object as polygons: the pixels inside at least one of them.</summary>
public sealed class PolygonMask : ObjectMask
{
    /// <summary>Fewer corners enclose nothing.</summary>
    internal const int LeastCorners = 3;

    /// <summary>An object of an image.</summary>
    /// <param name="polygons">One or more; each is x, y of one corner after the other, pixels, at least three corners.</param>
    /// <param name="width">Columns of the image, at least 1.</param>
    /// <param name="height">Rows of the image, at least 1.</param>
    public PolygonMask(IReadOnlyList<double[]> polygons, int width, int height)
        : base(width, height)
    {
        foreach (double[] polygon in polygons)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(polygon.Length, 2 * LeastCorners, nameof(polygons));
            ArgumentOutOfRangeException.ThrowIfNotEqual(polygon.Length % 2, 0, nameof(polygons));
        }

        Polygons = polygons;
    }

    /// <summary>x, y of one corner after the other, pixels of the image, the origin at the outer corner of the first pixel.</summary>
    public IReadOnlyList<double[]> Polygons { get; }

    /// <inheritdoc/>
    internal override bool IsEmpty
    {
        get
        {
            (double left, double top, double right, double bottom) = BoundsOf(Polygons).Corners;
            return Math.Min(right, Width) <= Math.Max(left, 0) || Math.Min(bottom, Height) <= Math.Max(top, 0);
        }
    }

    /// <inheritdoc/>
    public override RunLengthMask ToRunLengths() =>
        Polygons is [double[] only]
            ? PolygonRuns.Of(only, Width, Height)
            : RunLengthMask.Union([.. Polygons.Select(polygon => PolygonRuns.Of(polygon, Width, Height))], Width, Height);

    /// <inheritdoc/>
    public override ObjectMask Resize(int width, int height, bool flipped = false)
    {
        (double across, double down) = ((double)width / Width, (double)height / Height);
        return new PolygonMask([.. Polygons.Select(Move)], width, height);

        double[] Move(double[] polygon)
        {
            var moved = new double[polygon.Length];
            for (int i = 0; i < polygon.Length; i += 2)
            {
                moved[i] = flipped ? width - polygon[i] * across : polygon[i] * across;
                moved[i + 1] = polygon[i + 1] * down;
            }

            return moved;
        }
    }

    /// <summary>
    /// The part inside a box as a square of 0 and 1: the box's corner becomes the origin, its sides the square's. This is how a mask head's
    /// target is made of polygons, as in detectron2's <c>rasterize_polygons_within_box</c>.
    /// </summary>
    /// <param name="box">Pixels of the image.</param>
    /// <param name="side">Rows and columns of the result, at least 1.</param>
    /// <returns>side * side values of 0 and 1, row by row from the top.</returns>
    public byte[] Crop(BoxXyxy box, int side)
    {
        const double leastSide = 0.1;
        (double across, double down) = (side / Math.Max(box.Width, leastSide), side / Math.Max(box.Height, leastSide));
        double[][] moved =
        [
            .. Polygons.Select(polygon =>
            {
                var inside = new double[polygon.Length];
                for (int i = 0; i < polygon.Length; i += 2)
                {
                    inside[i] = (polygon[i] - box.X1) * across;
                    inside[i + 1] = (polygon[i + 1] - box.Y1) * down;
                }

                return inside;
            }),
        ];
        return new PolygonMask(moved, side, side).Decode();
    }

    /// <summary>The smallest box that holds every corner of some polygons.</summary>
    internal static CocoBox BoundsOf(IReadOnlyList<double[]> polygons)
    {
        (double left, double top, double right, double bottom) = (
            double.PositiveInfinity,
            double.PositiveInfinity,
            double.NegativeInfinity,
            double.NegativeInfinity
        );
        foreach (double[] polygon in polygons)
        {
            for (int i = 0; i < polygon.Length; i += 2)
            {
                (left, right) = (Math.Min(left, polygon[i]), Math.Max(right, polygon[i]));
                (top, bottom) = (Math.Min(top, polygon[i + 1]), Math.Max(bottom, polygon[i + 1]));
            }
        }

        return new CocoBox(left, top, right - left, bottom - top);
    }
}

namespace Soco.Vision.Inference;

/// <summary>How a large image is cut into tiles, so that its small objects are not lost when it is resized.</summary>
public sealed record TileOptions
{
    /// <summary>The smallest tile, pixels.</summary>
    public const int LeastSide = 32;

    /// <summary>The largest overlap.</summary>
    public const double LargestOverlap = 0.9;

    /// <param name="side">Width and height of a tile in pixels of the image, at least 32.</param>
    /// <param name="overlap">
    /// Share of a tile that at least is its neighbor's too, in [0, 0.9]. Objects up to that size lie whole in a tile.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public TileOptions(int side, double overlap = 0.2)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(side, LeastSide);
        if (overlap is not (>= 0 and <= LargestOverlap))
        {
            throw new ArgumentOutOfRangeException(nameof(overlap), overlap, $"A share from 0 to {LargestOverlap}.");
        }

        (Side, Overlap) = (side, overlap);
    }

    /// <summary>Width and height of a tile, pixels.</summary>
    public int Side { get; }

    /// <summary>Share of a tile that at least is its neighbor's too.</summary>
    public double Overlap { get; }

    /// <summary>The tiles of an image, row by row: of equal size and evenly spaced, the last ones end where the image ends.</summary>
    /// <param name="image">The size of the image.</param>
    /// <returns>Pixels of the image; an image that is no larger than a tile is one tile.</returns>
    public IReadOnlyList<BoxXywh> TilesOf(ImageSize image) =>
        [
            .. from y in Starts(image.Height)
            from x in Starts(image.Width)
            select new BoxXywh(x, y, Math.Min(Side, image.Width), Math.Min(Side, image.Height)),
        ];

    private int[] Starts(int length)
    {
        if (length <= Side)
        {
            return [0];
        }

        int step = Side - (int)Math.Ceiling(Side * Overlap),
            steps = (length - Side + step - 1) / step;
        return [.. Enumerable.Range(0, steps + 1).Select(i => (int)((long)(length - Side) * i / steps))];
    }
}

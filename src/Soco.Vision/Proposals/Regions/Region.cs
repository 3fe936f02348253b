namespace Soco.Vision.Proposals.Regions;

/// <summary>The bounds of a region (pixels, all inclusive) and how many pixels it has.</summary>
internal struct Region(int minX, int minY, int maxX, int maxY, int size)
{
    public int MinX { get; private set; } = minX;

    public int MinY { get; private set; } = minY;

    public int MaxX { get; private set; } = maxX;

    public int MaxY { get; private set; } = maxY;

    public int Size { get; private set; } = size;

    /// <summary>The published box: width and height without 1 added.</summary>
    public readonly BoxXywh Box => new(MinX, MinY, MaxX - MinX, MaxY - MinY);

    /// <summary>Adds the pixels <paramref name="firstX"/> .. <paramref name="lastX"/> of row <paramref name="y"/>.</summary>
    public void Add(int firstX, int lastX, int y) => Unite(new Region(firstX, y, lastX, y, lastX - firstX + 1));

    public void Unite(in Region other)
    {
        MinX = Math.Min(MinX, other.MinX);
        MinY = Math.Min(MinY, other.MinY);
        MaxX = Math.Max(MaxX, other.MaxX);
        MaxY = Math.Max(MaxY, other.MaxY);
        Size += other.Size;
    }

    /// <summary>The area of the box around both, square pixels.</summary>
    public static long UnionArea(in Region a, in Region b) =>
        (long)(Math.Max(a.MaxX, b.MaxX) - Math.Min(a.MinX, b.MinX)) * (Math.Max(a.MaxY, b.MaxY) - Math.Min(a.MinY, b.MinY));

    /// <summary>Whether the point lies inside the box, off its border.</summary>
    public readonly bool HoldsStrictly(int x, int y) => MinX < x && x < MaxX && MinY < y && y < MaxY;
}

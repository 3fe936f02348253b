namespace Soco.Vision;

/// <summary>The extent of an image, in pixels.</summary>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
public readonly record struct ImageSize(int Height, int Width);

/// <summary>
/// A box as corner and extent: pixels of its image, origin top left. Covers x..x+Width-1 and y..y+Height-1 where pixels are counted.
/// </summary>
public readonly record struct BoxXywh(int X, int Y, int Width, int Height);

/// <summary>A box as two corners, in the unit its holder states. X2 and Y2 are the far corner.</summary>
public readonly record struct BoxXyxy(double X1, double Y1, double X2, double Y2)
{
    /// <summary>X2 - X1.</summary>
    public double Width => X2 - X1;

    /// <summary>Y2 - Y1.</summary>
    public double Height => Y2 - Y1;
}

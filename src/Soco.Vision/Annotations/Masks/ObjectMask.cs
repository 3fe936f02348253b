namespace Soco.Vision.Annotations.Masks;

/// <summary>
/// The pixels of an object: polygons (<see cref="PolygonMask"/>) or run lengths (<see cref="RunLengthMask"/>) over an image of a known
/// size.
/// </summary>
public abstract class ObjectMask
{
    private protected ObjectMask(int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        Width = width;
        Height = height;
    }

    /// <summary>Columns of the image.</summary>
    public int Width { get; }

    /// <summary>Rows of the image.</summary>
    public int Height { get; }

    /// <summary>Whether no pixel of the image can be in it: nothing is drawn, or all of it is outside.</summary>
    internal abstract bool IsEmpty { get; }

    /// <summary>The pixels as runs, to the bit as the COCO API makes them of polygons.</summary>
    public abstract RunLengthMask ToRunLengths();

    /// <summary>
    /// The mask of the image at another size. The corners of polygons move as coordinates, and become pixels only afterwards; run lengths
    /// take the nearest pixel.
    /// </summary>
    /// <param name="width">Columns, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="flipped">Whether left and right change places.</param>
    public abstract ObjectMask Resize(int width, int height, bool flipped = false);

    /// <summary>The pixels: Width * Height values of 0 and 1, row by row from the top.</summary>
    public byte[] Decode() => ToRunLengths().DecodeRuns();
}

using System.Numerics;
using System.Runtime.InteropServices;
using Soco.Vision;

namespace Soco.Detection.Model;

/// <summary>A box of a detector in float32, as torch holds it: pixels of the resized image.</summary>
internal readonly record struct Corners(float X1, float Y1, float X2, float Y2)
{
    public float Width => X2 - X1;

    public float Height => Y2 - Y1;

    public float Area => Width * Height;

    /// <summary>The box inside the image.</summary>
    public Corners ClippedTo(ImageSize image) =>
        new(
            Math.Clamp(X1, 0f, image.Width),
            Math.Clamp(Y1, 0f, image.Height),
            Math.Clamp(X2, 0f, image.Width),
            Math.Clamp(Y2, 0f, image.Height)
        );

    /// <summary>Whether both sides are at least that long, and longer than 0; false where a corner is not a number.</summary>
    public bool IsAtLeast(float side) => Width >= side && Height >= side && Width > 0 && Height > 0;

    /// <summary>Rows of four numbers as boxes.</summary>
    public static ReadOnlySpan<Corners> Of(ReadOnlySpan<float> values) => MemoryMarshal.Cast<float, Corners>(values);
}

/// <summary>
/// Boxes column by column, so that a vector holds the same corner of many boxes. Behind the last box lie boxes without area.
/// </summary>
internal sealed class BoxColumns
{
    private float[] _x1,
        _y1,
        _x2,
        _y2,
        _area;

    public BoxColumns(int capacity = 0)
    {
        int length = Padded(capacity);
        (_x1, _y1, _x2, _y2, _area) = (new float[length], new float[length], new float[length], new float[length], new float[length]);
    }

    public BoxColumns(ReadOnlySpan<Corners> boxes)
        : this(boxes.Length)
    {
        foreach (Corners box in boxes)
        {
            Add(box);
        }
    }

    public int Count { get; private set; }

    public Corners this[int index] => new(_x1[index], _y1[index], _x2[index], _y2[index]);

    public void Add(Corners box)
    {
        if (Count == _x1.Length)
        {
            int length = Padded(2 * Count + 1);
            Array.Resize(ref _x1, length);
            Array.Resize(ref _y1, length);
            Array.Resize(ref _x2, length);
            Array.Resize(ref _y2, length);
            Array.Resize(ref _area, length);
        }

        (_x1[Count], _y1[Count], _x2[Count], _y2[Count], _area[Count]) = (box.X1, box.Y1, box.X2, box.Y2, box.Area);
        Count++;
    }

    /// <summary>
    /// Intersection over union of one box and the boxes from a place on, as many as a vector holds. The order of the operations is that of
    /// torchvision's box_iou, so that equal overlaps are equal here where they are there.
    /// </summary>
    public Vector<float> OverlapsFrom(int start, Corners box)
    {
        Vector<float> width =
            Vector.Min(new Vector<float>(_x2, start), new Vector<float>(box.X2))
            - Vector.Max(new Vector<float>(_x1, start), new Vector<float>(box.X1));
        Vector<float> height =
            Vector.Min(new Vector<float>(_y2, start), new Vector<float>(box.Y2))
            - Vector.Max(new Vector<float>(_y1, start), new Vector<float>(box.Y1));
        Vector<float> shared = Vector.Max(width, Vector<float>.Zero) * Vector.Max(height, Vector<float>.Zero);
        return shared / (new Vector<float>(box.Area) + new Vector<float>(_area, start) - shared);
    }

    private static int Padded(int count) => (count + Vector<float>.Count - 1) / Vector<float>.Count * Vector<float>.Count;
}

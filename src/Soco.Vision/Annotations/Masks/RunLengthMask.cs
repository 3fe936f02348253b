using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace Soco.Vision.Annotations.Masks;

/// <summary>
/// A binary mask as COCO stores it: the lengths of runs of 0 and 1 in turn, 0 first, down the columns from left to right.
/// </summary>
public sealed class RunLengthMask : ObjectMask
{
    private readonly int[] _counts;

    private RunLengthMask(int width, int height, int[] counts)
        : base(width, height) => _counts = counts;

    /// <summary>The lengths of the runs: those at even places are of 0, those at odd places of 1. Their sum is Width * Height.</summary>
    public ReadOnlySpan<int> Counts => _counts;

    /// <inheritdoc/>
    internal override bool IsEmpty => Area == 0;

    /// <summary>How many pixels are 1.</summary>
    public int Area
    {
        get
        {
            int area = 0;
            for (int i = 1; i < _counts.Length; i += 2)
            {
                area += _counts[i];
            }

            return area;
        }
    }

    /// <summary>The smallest box that holds every pixel that is 1; 0, 0, 0, 0 where there is none.</summary>
    public BoxXywh Box
    {
        get
        {
            (int left, int right, int top, int bottom) = (Width, -1, Height, -1);
            int start = 0;
            for (int i = 0; i < _counts.Length; start += _counts[i], i++)
            {
                if (i % 2 == 0 || _counts[i] == 0)
                {
                    continue;
                }

                (int firstColumn, int firstRow) = Math.DivRem(start, Height);
                (int lastColumn, int lastRow) = Math.DivRem(start + _counts[i] - 1, Height);
                bool wraps = lastColumn > firstColumn;
                left = Math.Min(left, firstColumn);
                right = Math.Max(right, lastColumn);
                top = Math.Min(top, wraps ? 0 : firstRow);
                bottom = Math.Max(bottom, wraps ? Height - 1 : lastRow);
            }

            return right < 0 ? default : new BoxXywh(left, top, right - left + 1, bottom - top + 1);
        }
    }

    /// <summary>The mask of the pixels that are not 0.</summary>
    /// <param name="pixels">Width * Height values, row by row from the top.</param>
    /// <param name="width">Columns, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    public static RunLengthMask Encode(ReadOnlySpan<byte> pixels, int width, int height) =>
        Encode(pixels, new BoxXywh(0, 0, width, height), width, height);

    /// <summary>The mask of an object that is known inside a box alone: the pixels there that are not 0, and none outside.</summary>
    /// <param name="pixels">place.Width * place.Height values, row by row from the top.</param>
    /// <param name="place">Where they are; inside the image.</param>
    /// <param name="width">Columns of the image, at least 1.</param>
    /// <param name="height">Rows of the image, at least 1.</param>
    public static RunLengthMask Encode(ReadOnlySpan<byte> pixels, BoxXywh place, int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(pixels.Length, checked(place.Width * place.Height), nameof(pixels));
        ArgumentOutOfRangeException.ThrowIfNegative(Math.Min(place.X, place.Y), nameof(place));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(place.X + place.Width, width, nameof(place));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(place.Y + place.Height, height, nameof(place));
        var counts = new List<int>();
        bool value = false;
        int start = 0;
        for (int x = 0; x < place.Width; x++)
        {
            int at = checked((place.X + x) * height) + place.Y;
            for (int i = x; i < pixels.Length; i += place.Width, at++)
            {
                if (pixels[i] != 0 != value)
                {
                    Turn(at);
                }
            }

            if (value && place.Height < height)
            {
                Turn(at);
            }
        }

        if (value)
        {
            Turn((place.X + place.Width) * height);
        }

        if (width * height > start || counts.Count == 0)
        {
            counts.Add(width * height - start);
        }

        return FromCounts(CollectionsMarshal.AsSpan(counts), width, height);

        void Turn(int at)
        {
            counts.Add(at - start);
            (start, value) = (at, !value);
        }
    }

    /// <summary>The mask of given run lengths.</summary>
    /// <param name="counts">Lengths of runs of 0 and 1 in turn, 0 first, down the columns.</param>
    /// <param name="width">Columns, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <exception cref="SocoDataException">
    /// A length is negative, they do not add up to the pixels of the mask, or those are 2^31 - 1 or more.
    /// </exception>
    public static RunLengthMask FromCounts(ReadOnlySpan<int> counts, int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if ((long)width * height >= int.MaxValue)
        {
            throw new SocoDataException($"A mask of {width} x {height} pixels is larger than any image that can be read.");
        }

        long pixels = 0;
        foreach (int count in counts)
        {
            if (count < 0)
            {
                throw new SocoDataException($"A mask of {width} x {height} pixels has a run of {count} pixels; runs are 0 or longer.");
            }

            pixels += count;
        }

        return pixels == width * height
            ? new RunLengthMask(width, height, counts.ToArray())
            : throw new SocoDataException($"The runs of a mask of {width} x {height} pixels add up to {pixels}, not {width * height}.");
    }

    /// <summary>Reads the string form of the COCO API.</summary>
    /// <param name="text">The characters '0' to 'o'.</param>
    /// <param name="width">Columns, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <exception cref="SocoDataException">The text is cut off or holds another character, or its runs do not fit the size.</exception>
    public static RunLengthMask Parse(string text, int width, int height) =>
        RunLengthText.Parse(Encoding.UTF8.GetBytes(text), width, height);

    /// <summary>The pixels that are 1 in at least one of the masks.</summary>
    /// <param name="masks">Masks of the size that is given; none give an empty mask.</param>
    /// <param name="width">Columns, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    public static RunLengthMask Union(IReadOnlyList<RunLengthMask> masks, int width, int height)
    {
        RunLengthMask union = masks.Count > 0 ? masks[0] : FromCounts([width * height], width, height);
        for (int i = 1; i < masks.Count; i++)
        {
            union = union.Or(masks[i]);
        }

        return union;
    }

    /// <inheritdoc/>
    public override RunLengthMask ToRunLengths() => this;

    /// <inheritdoc/>
    public override ObjectMask Resize(int width, int height, bool flipped = false)
    {
        byte[] pixels = Decode();
        byte[] resized = new byte[checked(width * height)];
        for (int y = 0; y < height; y++)
        {
            int row = Nearest(y, height, Height) * Width;
            for (int x = 0; x < width; x++)
            {
                resized[y * width + x] = pixels[row + Nearest(flipped ? width - 1 - x : x, width, Width)];
            }
        }

        return Encode(resized, width, height);

        static int Nearest(int place, int count, int sourceCount) => (int)((2L * place + 1) * sourceCount / (2L * count));
    }

    /// <summary>
    /// How much of two masks is common: their intersection over their union, or over this mask's area where the other is a crowd.
    /// </summary>
    /// <param name="other">A mask of the same size.</param>
    /// <param name="crowd">Whether the other is a region of many objects (COCO's <c>iscrowd</c>).</param>
    /// <returns>0 to 1; 0 where both are empty.</returns>
    public double Iou(RunLengthMask other, bool crowd = false)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual((other.Width, other.Height), (Width, Height), nameof(other));
        int[] spans = ArrayPool<int>.Shared.Rent(RunSpans.RoomFor(this) + RunSpans.RoomFor(other));
        int own = RunSpans.Write(this, spans),
            others = RunSpans.Write(other, spans.AsSpan(own));
        long area = Area,
            common = RunSpans.Common(spans.AsSpan(0, own), spans.AsSpan(own, others));
        ArrayPool<int>.Shared.Return(spans);
        return common == 0 ? 0 : (double)common / (crowd ? area : area + other.Area - common);
    }

    /// <summary>The string form of the COCO API.</summary>
    public string ToText() => RunLengthText.Of(_counts);

    /// <summary>The pixels, row by row.</summary>
    internal byte[] DecodeRuns()
    {
        var pixels = new byte[Width * Height];
        int at = 0;
        for (int i = 0; i < _counts.Length; at += _counts[i], i++)
        {
            if (i % 2 == 0)
            {
                continue;
            }

            (int x, int y) = Math.DivRem(at, Height);
            for (int left = _counts[i]; left > 0; left--)
            {
                pixels[y * Width + x] = 1;
                if (++y == Height)
                {
                    (x, y) = (x + 1, 0);
                }
            }
        }

        return pixels;
    }

    private RunLengthMask Or(RunLengthMask other)
    {
        (int[] a, int[] b) = (_counts, other._counts);
        int[] counts = ArrayPool<int>.Shared.Rent(a.Length + b.Length);
        int runs = 0,
            at = 0,
            start = 0;
        int nextA = a[0],
            nextB = b[0];
        bool value = false;
        for (int i = 0, j = 0; i < a.Length || j < b.Length; )
        {
            int place = Math.Min(nextA, nextB);
            while (nextA == place)
            {
                nextA = ++i < a.Length ? nextA + a[i] : int.MaxValue;
            }

            while (nextB == place)
            {
                nextB = ++j < b.Length ? nextB + b[j] : int.MaxValue;
            }

            at = place;
            bool next = (i < a.Length && i % 2 != 0) || (j < b.Length && j % 2 != 0);
            if (next != value)
            {
                counts[runs++] = at - start;
                (start, value) = (at, next);
            }
        }

        if (at > start || runs == 0)
        {
            counts[runs++] = at - start;
        }

        RunLengthMask union = FromCounts(counts.AsSpan(0, runs), Width, Height);
        ArrayPool<int>.Shared.Return(counts);
        return union;
    }
}

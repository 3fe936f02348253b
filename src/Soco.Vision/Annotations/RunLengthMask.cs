using System.Text;

namespace Soco.Annotations;

/// <summary>
/// A binary mask as COCO stores it: the lengths of runs of 0 and 1 in turn, 0 first, down the columns from left to right. The string form
/// is that of the COCO API: five bits a character, the lowest first, each length from the fourth on as its difference to the one two before.
/// </summary>
public sealed class RunLengthMask
{
    private const int FirstCharacter = 48;
    private const int BitsPerCharacter = 5;
    private const int MoreFollow = 0x20;
    private const int Sign = 0x10;

    private readonly int[] _counts;

    private RunLengthMask(int width, int height, int[] counts)
    {
        Width = width;
        Height = height;
        _counts = counts;
    }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>The lengths of the runs: those at even places are of 0, those at odd places of 1. Their sum is Width * Height.</summary>
    public ReadOnlySpan<int> Counts => _counts;

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
    public static RunLengthMask Encode(ReadOnlySpan<byte> pixels, int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfNotEqual(pixels.Length, checked(width * height), nameof(pixels));
        var counts = new List<int>();
        bool value = false;
        int run = 0;
        for (int x = 0; x < width; x++)
        {
            for (int i = x; i < pixels.Length; i += width)
            {
                if (pixels[i] != 0 != value)
                {
                    counts.Add(run);
                    run = 0;
                    value = !value;
                }

                run++;
            }
        }

        counts.Add(run);
        return new RunLengthMask(width, height, [.. counts]);
    }

    /// <summary>The mask of given run lengths.</summary>
    /// <param name="counts">Lengths of runs of 0 and 1 in turn, 0 first, down the columns.</param>
    /// <param name="width">Columns, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <exception cref="SocoDataException">A length is negative, they do not add up to the pixels of the mask, or that has 2^31 or more.</exception>
    public static RunLengthMask FromCounts(ReadOnlySpan<int> counts, int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if ((long)width * height > int.MaxValue)
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

    /// <summary>Reads the string form.</summary>
    /// <param name="text">The characters '0' to 'o'.</param>
    /// <param name="width">Columns, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <exception cref="SocoDataException">The text is cut off or holds another character, or its runs do not fit the size.</exception>
    public static RunLengthMask Parse(ReadOnlySpan<char> text, int width, int height)
    {
        var counts = new List<int>();
        for (int at = 0; at < text.Length;)
        {
            long difference = NextNumber(text, ref at);
            long count = counts.Count > 2 ? difference + counts[^2] : difference;
            counts.Add(count is >= int.MinValue and <= int.MaxValue
                ? (int)count
                : throw new SocoDataException($"A mask's run-length text holds a run of {count} pixels, more than any image has."));
        }

        return FromCounts([.. counts], width, height);
    }

    /// <summary>The pixels: Width * Height values of 0 and 1, row by row from the top.</summary>
    public byte[] Decode()
    {
        var pixels = new byte[Width * Height];
        int at = 0;
        for (int i = 0; i < _counts.Length; i++)
        {
            for (int end = at + _counts[i]; at < end; at++)
            {
                (int x, int y) = Math.DivRem(at, Height);
                pixels[y * Width + x] = (byte)(i & 1);
            }
        }

        return pixels;
    }

    /// <summary>The string form.</summary>
    public string ToText()
    {
        var text = new StringBuilder();
        for (int i = 0; i < _counts.Length; i++)
        {
            AppendNumber(text, i > 2 ? _counts[i] - _counts[i - 2] : _counts[i]);
        }

        return text.ToString();
    }

    private static void AppendNumber(StringBuilder text, int number)
    {
        bool more;
        do
        {
            int bits = number & (MoreFollow - 1);
            number >>= BitsPerCharacter;
            more = number != ((bits & Sign) != 0 ? -1 : 0);
            text.Append((char)(FirstCharacter + (more ? bits | MoreFollow : bits)));
        }
        while (more);
    }

    private static long NextNumber(ReadOnlySpan<char> text, ref int at)
    {
        long number = 0;
        for (int shift = 0; shift < 8 * BitsPerCharacter; shift += BitsPerCharacter)
        {
            if (at == text.Length)
            {
                throw new SocoDataException("A mask's run-length text ends in the middle of a number.");
            }

            int bits = text[at] - FirstCharacter;
            if (bits is < 0 or >= 2 * MoreFollow)
            {
                throw new SocoDataException($"A mask's run-length text holds '{text[at]}' at place {at}; only '0' to 'o' can stand there.");
            }

            at++;
            number |= (long)(bits & (MoreFollow - 1)) << shift;
            if ((bits & MoreFollow) == 0)
            {
                return (bits & Sign) != 0 ? number - (1L << (shift + BitsPerCharacter)) : number;
            }
        }

        throw new SocoDataException("A mask's run-length text holds a number of more than 40 bits.");
    }
}

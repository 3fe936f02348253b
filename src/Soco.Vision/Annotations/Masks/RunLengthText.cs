using System.Buffers;
using System.Text;

namespace Soco.Vision.Annotations.Masks;

/// <summary>
/// The string form of run lengths, as in the COCO API: five bits a character, the lowest first, each length from the fourth on as its
/// difference to the one two before.
/// </summary>
internal static class RunLengthText
{
    private const int FirstCharacter = 48;
    private const int BitsPerCharacter = 5;
    private const int MoreFollow = 0x20;
    private const int Sign = 0x10;

    /// <summary>Reads the characters '0' to 'o', one byte each.</summary>
    /// <exception cref="SocoDataException">The text is cut off or holds another character, or its runs do not fit the size.</exception>
    public static RunLengthMask Parse(ReadOnlySpan<byte> text, int width, int height)
    {
        int[] counts = ArrayPool<int>.Shared.Rent(text.Length);
        try
        {
            int runs = 0;
            for (int at = 0; at < text.Length; runs++)
            {
                long difference = NextNumber(text, ref at);
                long count = runs > 2 ? difference + counts[runs - 2] : difference;
                counts[runs] = count is >= int.MinValue and <= int.MaxValue
                    ? (int)count
                    : throw new SocoDataException($"A mask's run-length text holds a run of {count} pixels, more than any image has.");
            }

            return RunLengthMask.FromCounts(counts.AsSpan(0, runs), width, height);
        }
        finally
        {
            ArrayPool<int>.Shared.Return(counts);
        }
    }

    /// <summary>Writes the runs of a mask.</summary>
    public static string Of(ReadOnlySpan<int> counts)
    {
        var text = new StringBuilder();
        for (int i = 0; i < counts.Length; i++)
        {
            AppendNumber(text, i > 2 ? counts[i] - counts[i - 2] : counts[i]);
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
        } while (more);
    }

    private static long NextNumber(ReadOnlySpan<byte> text, ref int at)
    {
        int bits = NextBits(text, ref at);
        long number = bits & (MoreFollow - 1);
        int shift = BitsPerCharacter;
        for (; (bits & MoreFollow) != 0; shift += BitsPerCharacter)
        {
            if (shift == 8 * BitsPerCharacter)
            {
                throw new SocoDataException("A mask's run-length text holds a number of more than 40 bits.");
            }

            bits = NextBits(text, ref at);
            number |= (long)(bits & (MoreFollow - 1)) << shift;
        }

        return (bits & Sign) != 0 ? number - (1L << shift) : number;
    }

    private static int NextBits(ReadOnlySpan<byte> text, ref int at)
    {
        if (at == text.Length)
        {
            throw CutOff();
        }

        int bits = text[at] - FirstCharacter;
        return bits is >= 0 and < 2 * MoreFollow ? text[at++] - FirstCharacter : throw Misplaced(text, at);
    }

    // Apart, so that what reads a character is small enough to go into its loop.
    private static SocoDataException CutOff() => new("A mask's run-length text ends in the middle of a number.");

    private static SocoDataException Misplaced(ReadOnlySpan<byte> text, int at) =>
        new($"A mask's run-length text holds '{(char)text[at]}' at place {at}; only '0' to 'o' can stand there.");
}

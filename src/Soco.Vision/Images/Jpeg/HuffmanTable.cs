namespace Soco.Images.Jpeg;

/// <summary>
/// A Huffman code of a JPEG (ITU-T T.81, annex C) as a table over the next bits of the stream. Where the code and the bits of the number behind
/// it fit into the table's index, an entry says the number itself.
/// </summary>
internal sealed class HuffmanTable
{
    /// <summary>Bits of the index.</summary>
    internal const int IndexBits = 10;

    /// <summary>An entry's low bits say how many bits it uses up; those above, how many coefficients are passed over; the upper half is the number.</summary>
    internal const int LengthBits = 6, RunBits = 7, NumberShift = 16;

    /// <summary>The entry has the size of a number whose bits are still to be read.</summary>
    internal const int SizeOnly = 1 << (LengthBits + RunBits);

    /// <summary>What the end of a block passes over: more than any run beyond the block's last coefficient.</summary>
    internal const int ToTheEnd = 96;

    private readonly byte[] _symbols;
    private readonly int[] _limits = new int[18];
    private readonly int[] _offsets = new int[17];

    private HuffmanTable(byte[] symbols, bool runs)
    {
        _symbols = symbols;
        HasRuns = runs;
    }

    /// <summary>Whether symbols are of AC coefficients: a run of zeros before the size.</summary>
    internal bool HasRuns { get; }

    /// <summary>[2^<see cref="IndexBits"/>] for the next bits; 0 where the code is longer.</summary>
    internal int[] Entries { get; } = new int[1 << IndexBits];

    /// <summary>The code with so many symbols of 1 to 16 bits; null where there is no such code.</summary>
    internal static HuffmanTable? Of(ReadOnlySpan<byte> counts, ReadOnlySpan<byte> symbols, bool runs)
    {
        var table = new HuffmanTable(symbols.ToArray(), runs);
        int code = 0, first = 0;
        for (int length = 1; length <= 16; length++, code <<= 1)
        {
            table._offsets[length] = first - code;
            for (int i = 0; i < counts[length - 1]; i++, code++)
            {
                table.Enter(code, length, symbols[first++]);
            }

            if (code > 1 << length)
            {
                return null;
            }

            // The codes of this length lie below this among the next 16 bits.
            table._limits[length] = code << (16 - length);
        }

        table._limits[17] = int.MaxValue;
        return table;
    }

    /// <summary>The entry for the next 16 bits where <see cref="Entries"/> has none; 0 where no code begins so.</summary>
    internal int Find(int next)
    {
        int length = IndexBits + 1;
        while (next >= _limits[length])
        {
            length++;
        }

        return length <= 16 ? EntryOf(_symbols[_offsets[length] + (next >> (16 - length))], length) : 0;
    }

    /// <summary>The number of a size from its bits: the upper half of the range is positive as it stands, the lower one negative (T.81, F.2.2.1).</summary>
    internal static int NumberOf(int bits, int size) => bits + (((-1 << size) + 1) & ((bits - (1 << (size - 1))) >> 31));

    private void Enter(int code, int length, byte symbol)
    {
        if (length > IndexBits || code >= 1 << length)
        {
            return;
        }

        int free = IndexBits - length, size = SizeOf(symbol), entry = EntryOf(symbol, length);
        for (int behind = 0; behind < 1 << free; behind++)
        {
            int number = size == 0 || size > free ? 0 : NumberOf(behind >> (free - size), size);
            Entries[(code << free) + behind] = size > free || size == 0
                ? entry
                : (entry & ((1 << (LengthBits + RunBits)) - 1)) + size + (number << NumberShift);
        }
    }

    private int SizeOf(byte symbol) => HasRuns ? symbol & 15 : symbol;

    private int EntryOf(byte symbol, int length)
    {
        int size = SizeOf(symbol), run = HasRuns ? symbol >> 4 : 0;
        if (size == 0)
        {
            // Sixteen zeros, or no more coefficients.
            return length | ((HasRuns && run < 15 ? ToTheEnd : run) << LengthBits);
        }

        return length | (run << LengthBits) | SizeOnly | (size << NumberShift);
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Soco.Images.Jpeg;

/// <summary>
/// The inverse cosine transform of 8x8 blocks, to the bit that of libjpeg's accurate integer method (Loeffler, Ligtenberg and Moschytz, ICASSP
/// 1989): columns, rounded to 2 fractional bits, then rows. Rows are held two by two, value beside value, as products and sums of pairs take them.
/// </summary>
internal static unsafe class InverseDct
{
    /// <summary>Numbers of a block, and a place that takes what lies beyond its end.</summary>
    internal const int BlockLength = 64 + 16;

    /// <summary>Places that a damaged or an ended block may name.</summary>
    internal const int Places = 64 + HuffmanTable.ToTheEnd;

    private const int ConstantBits = 13, FirstPassBits = 2;

    // The method's constants, times 2^13.
    private const short C0298 = 2446, C0390 = 3196, C0541 = 4433, C0765 = 6270, C0899 = 7373, C1175 = 9633;
    private const short C1501 = 12299, C1847 = 15137, C1961 = 16069, C2053 = 16819, C2562 = 20995, C3072 = 25172;

    /// <summary>The row and the partner of each of the four vectors of a block.</summary>
    private static ReadOnlySpan<byte> PairedRows => [0, 4, 2, 6, 7, 1, 3, 5];

    /// <summary>[<see cref="Places"/>] where the coefficient at a place of the zigzag order stands in a block; from the 64th place on, behind the block.</summary>
    internal static readonly byte[] Order = MakeOrder();

    /// <summary>Transforms a block into 8x8 samples.</summary>
    /// <param name="block">Dequantized coefficients in <see cref="Order"/>.</param>
    /// <param name="samples">The first sample.</param>
    /// <param name="stride">From a row to the next.</param>
    internal static void Transform(short* block, byte* samples, int stride)
    {
        Outputs columns = Pass(
            Vector256.Load(block), Vector256.Load(block + 16), Vector256.Load(block + 32), Vector256.Load(block + 48),
            ConstantBits - FirstPassBits, Vector256.Create(1 << (ConstantBits - FirstPassBits - 1)));

        // Two rows of four columns in each half, then four columns of eight rows: a half has the columns 0 to 3, the other 4 to 7.
        Vector256<short> a = Pack(columns.Y0, columns.Y4), b = Pack(columns.Y1, columns.Y5), c = Pack(columns.Y2, columns.Y6), d = Pack(columns.Y3, columns.Y7);
        Vector256<int> ab = Avx2.UnpackLow(a, b).AsInt32(), abBelow = Avx2.UnpackHigh(a, b).AsInt32();
        Vector256<int> cd = Avx2.UnpackLow(c, d).AsInt32(), cdBelow = Avx2.UnpackHigh(c, d).AsInt32();
        Vector256<long> left = Avx2.UnpackLow(ab, cd).AsInt64(), leftBelow = Avx2.UnpackLow(abBelow, cdBelow).AsInt64();
        Vector256<long> right = Avx2.UnpackHigh(ab, cd).AsInt64(), rightBelow = Avx2.UnpackHigh(abBelow, cdBelow).AsInt64();
        Vector256<long> column04 = Avx2.UnpackLow(left, leftBelow), column15 = Avx2.UnpackHigh(left, leftBelow);
        Vector256<long> column26 = Avx2.UnpackLow(right, rightBelow), column37 = Avx2.UnpackHigh(right, rightBelow);

        // The level shift, and half for rounding.
        const int Bits = ConstantBits + FirstPassBits + 3;
        Outputs rows = Pass(
            Interleave(column04), Interleave(column26), Interleave(Avx2.Permute2x128(column37, column15, 0x21)), Interleave(Avx2.Permute2x128(column37, column15, 0x30)),
            Bits, Vector256.Create((128 << Bits) + (1 << (Bits - 1))));
        Store(rows, samples, stride);
    }

    /// <summary>A block of which only the first coefficient is not 0.</summary>
    internal static void Fill(int first, byte* samples, int stride)
    {
        var sample = (byte)Math.Clamp(128 + (((first << FirstPassBits) + 16) >> (FirstPassBits + 3)), 0, 255);
        ulong row = 0x0101010101010101UL * sample;
        for (int y = 0; y < 8; y++)
        {
            *(ulong*)(samples + (long)y * stride) = row;
        }
    }

    /// <summary>One dimension: eight inputs in pairs, eight outputs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Outputs Pass(Vector256<short> x04, Vector256<short> x26, Vector256<short> x71, Vector256<short> x35, int bits, Vector256<int> rounding)
    {
        Vector256<int> sum = Combine(x04, 1 << ConstantBits, 1 << ConstantBits) + rounding, difference = Combine(x04, 1 << ConstantBits, -1 << ConstantBits) + rounding;
        Vector256<int> outer = Combine(x26, C0541 + C0765, C0541), inner = Combine(x26, C0541, C0541 - C1847);
        Vector256<int> even0 = sum + outer, even3 = sum - outer, even1 = difference + inner, even2 = difference - inner;

        Vector256<short> sums = x71 + x35;
        Vector256<int> z3 = Combine(sums, C1175 - C1961, C1175), z4 = Combine(sums, C1175, C1175 - C0390);
        Vector256<int> odd0 = Combine(x71, -C0899, C1501 - C0899) + z4, odd3 = Combine(x71, C0298 - C0899, -C0899) + z3;
        Vector256<int> odd1 = Combine(x35, C3072 - C2562, -C2562) + z3, odd2 = Combine(x35, -C2562, C2053 - C2562) + z4;
        return new Outputs(
            (even0 + odd0) >> bits, (even1 + odd1) >> bits, (even2 + odd2) >> bits, (even3 + odd3) >> bits,
            (even3 - odd3) >> bits, (even2 - odd2) >> bits, (even1 - odd1) >> bits, (even0 - odd0) >> bits);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Combine(Vector256<short> pairs, int first, int second) =>
        Avx2.MultiplyAddAdjacent(pairs, Vector256.Create((first & 0xFFFF) | (second << 16)).AsInt16());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Pack(Vector256<int> first, Vector256<int> second) => Avx2.PackSignedSaturate(first, second);

    /// <summary>Eight numbers of one half beside those of the other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Interleave(Vector256<long> halves) => Avx2.Shuffle(Avx2.Permute4x64(halves, 0b11_01_10_00).AsByte(), Vector256.Create(
        (byte)0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15, 0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15)).AsInt16();

    /// <summary>Columns to rows of bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(in Outputs y, byte* samples, int stride)
    {
        // Of four rows in each half: columns 0, 4, 1, 5 and columns 2, 6, 3, 7; then 0 and 1 beside each other, and so on.
        Vector256<byte> pairs = Vector256.Create(
            (byte)0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15, 0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);
        Vector256<short> even = Avx2.Shuffle(Avx2.PackUnsignedSaturate(Pack(y.Y0, y.Y4), Pack(y.Y1, y.Y5)), pairs).AsInt16();
        Vector256<short> odd = Avx2.Shuffle(Avx2.PackUnsignedSaturate(Pack(y.Y2, y.Y6), Pack(y.Y3, y.Y7)), pairs).AsInt16();
        Vector256<int> left = Avx2.UnpackLow(even, odd).AsInt32(), right = Avx2.UnpackHigh(even, odd).AsInt32();
        Vector256<ulong> first = Avx2.UnpackLow(left, right).AsUInt64(), third = Avx2.UnpackHigh(left, right).AsUInt64();
        *(ulong*)samples = first[0];
        *(ulong*)(samples + stride) = first[1];
        *(ulong*)(samples + 2L * stride) = third[0];
        *(ulong*)(samples + 3L * stride) = third[1];
        *(ulong*)(samples + 4L * stride) = first[2];
        *(ulong*)(samples + 5L * stride) = first[3];
        *(ulong*)(samples + 6L * stride) = third[2];
        *(ulong*)(samples + 7L * stride) = third[3];
    }

    private static byte[] MakeOrder()
    {
        byte[] order = new byte[Places];
        order.AsSpan().Fill(64);
        for (int place = 0, row = 0, column = 0; place < 64; place++)
        {
            int at = PairedRows.IndexOf((byte)row);
            order[place] = (byte)(8 * (at & ~1) + 2 * column + (at & 1));

            // Up to the right on even diagonals, down to the left on odd ones.
            bool up = ((row + column) & 1) == 0;
            (row, column) = (up, row, column) switch
            {
                (true, _, 7) => (row + 1, column),
                (true, 0, _) => (row, column + 1),
                (true, _, _) => (row - 1, column + 1),
                (false, 7, _) => (row, column + 1),
                (false, _, 0) => (row + 1, column),
                _ => (row + 1, column - 1),
            };
        }

        return order;
    }

    private readonly struct Outputs(
        Vector256<int> y0, Vector256<int> y1, Vector256<int> y2, Vector256<int> y3, Vector256<int> y4, Vector256<int> y5, Vector256<int> y6, Vector256<int> y7)
    {
        public readonly Vector256<int> Y0 = y0, Y1 = y1, Y2 = y2, Y3 = y3, Y4 = y4, Y5 = y5, Y6 = y6, Y7 = y7;
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Soco.Vision.Imaging;

/// <summary>
/// The two passes of <see cref="Resampling"/>. The plain loops are the truth; the vectors compute the same integers. They multiply samples
/// two by two with halves of weights, in 16 bits, and put the sums together; what overflows on the way cancels, as the whole sum fits 32
/// bits.
/// </summary>
internal static unsafe class ResamplingKernels
{
    private const int Bits = BilinearWeights.FractionBits;
    private const int Half = 1 << (Bits - 1);
    private const int RowsAtOnce = 2,
        PixelsAtOnce = 4;

    /// <summary>Bytes of a pair of pixels, and those that are loaded for two pairs: more than they have.</summary>
    private const int PairBytes = 6,
        LoadBytes = 16;

    /// <summary>Rows to their new width.</summary>
    /// <param name="from">Starts at the part's first pixel; may go on behind its last one.</param>
    /// <param name="fromStride">Bytes from a row to the next.</param>
    /// <param name="to">Rows of 3 * width bytes.</param>
    /// <param name="height">Number of rows.</param>
    /// <param name="width">The new width, pixels.</param>
    /// <param name="columns">What each new column averages.</param>
    /// <param name="vectorized">False: the plain loop alone.</param>
    internal static void ResizeColumns(
        ReadOnlySpan<byte> from,
        int fromStride,
        Span<byte> to,
        int height,
        int width,
        BilinearWeights columns,
        bool vectorized
    )
    {
        long reach = 3L * columns.Starts[width - 1] + (columns.PairCount - 1) / 2 * 2 * PairBytes + LoadBytes + fromStride;
        int y = 0;
        for (; vectorized && y + RowsAtOnce <= height && (long)y * fromStride + reach <= from.Length; y += RowsAtOnce)
        {
            ResizeTwoRows(from[(y * fromStride)..], fromStride, to.Slice(3 * y * width, 3 * RowsAtOnce * width), width, columns);
        }

        for (; y < height; y++)
        {
            ResizePixels(from[(y * fromStride)..], to.Slice(3 * y * width, 3 * width), 0, columns);
        }
    }

    /// <summary>The weighted average of rows.</summary>
    /// <param name="from">Rows as long as the target, one after the other.</param>
    /// <param name="to">The new row.</param>
    /// <param name="rows">What each new row averages.</param>
    /// <param name="y">Which of them this is.</param>
    /// <param name="vectorized">False: the plain loop alone.</param>
    internal static void AverageRows(ReadOnlySpan<byte> from, Span<byte> to, BilinearWeights rows, int y, bool vectorized)
    {
        ReadOnlySpan<int> weights = rows.Of(y);
        from = from.Slice(rows.Starts[y] * to.Length, weights.Length * to.Length);
        int x = 0;
        if (vectorized)
        {
            fixed (
                byte* source = from,
                    target = to
            )
            fixed (int* pairs = rows.Pairs)
            {
                for (; x <= to.Length - Vector256<byte>.Count; x += Vector256<byte>.Count)
                {
                    AverageBytes(source + x, to.Length, pairs + 2L * rows.PairCount * y, weights.Length).Store(target + x);
                }
            }
        }

        for (; x < to.Length; x++)
        {
            int sum = Half;
            for (int k = 0; k < weights.Length; k++)
            {
                sum += from[k * to.Length + x] * weights[k];
            }

            to[x] = (byte)(sum >> Bits);
        }
    }

    /// <summary>The plain loop over the pixels of one row, from pixel <paramref name="x"/> on.</summary>
    private static void ResizePixels(ReadOnlySpan<byte> from, Span<byte> to, int x, BilinearWeights columns)
    {
        for (; 3 * x < to.Length; x++)
        {
            ReadOnlySpan<int> weights = columns.Of(x);
            for (int channel = 0; channel < 3; channel++)
            {
                int sum = Half;
                for (int k = 0; k < weights.Length; k++)
                {
                    sum += from[3 * (columns.Starts[x] + k) + channel] * weights[k];
                }

                to[3 * x + channel] = (byte)(sum >> Bits);
            }
        }
    }

    private static void ResizeTwoRows(ReadOnlySpan<byte> from, int fromStride, Span<byte> to, int width, BilinearWeights columns)
    {
        int x = 0;
        fixed (
            byte* source = from,
                target = to
        )
        fixed (
            int* starts = columns.Starts,
                pairs = columns.Pairs
        )
        {
            int count = columns.PairCount;
            for (; x + PixelsAtOnce <= width; x += PixelsAtOnce)
            {
                // Red, green and blue of a row in three lanes of a half; a byte of each lane for each pixel.
                Vector256<int> four = Vector256<int>.Zero;
                for (int i = 0; i < PixelsAtOnce; i++)
                {
                    four |= ResizePixel(source + 3L * starts[x + i], fromStride, pairs + 2L * count * (x + i), count) << (8 * i);
                }

                Vector256<byte> pixels = Vector256.Shuffle(
                    four.AsByte(),
                    Vector256.Create(
                        (byte)0,
                        4,
                        8,
                        1,
                        5,
                        9,
                        2,
                        6,
                        10,
                        3,
                        7,
                        11,
                        12,
                        12,
                        12,
                        12,
                        16,
                        20,
                        24,
                        17,
                        21,
                        25,
                        18,
                        22,
                        26,
                        19,
                        23,
                        27,
                        28,
                        28,
                        28,
                        28
                    )
                );
                Store(pixels.GetLower(), target + 3L * x);
                Store(pixels.GetUpper(), target + 3L * (width + x));
            }
        }

        for (int row = 0; row < RowsAtOnce; row++)
        {
            ResizePixels(from[(row * fromStride)..], to.Slice(3 * row * width, 3 * width), x, columns);
        }
    }

    /// <summary>One pixel of two rows: red, green, blue and 0, in the lower half for the first row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> ResizePixel(byte* source, int fromStride, int* pairs, int count)
    {
        Vector256<int> low = Vector256.Create(Half),
            high = Vector256<int>.Zero;
        for (; count > 1; count -= 2, pairs += 4, source += 2 * PairBytes)
        {
            Vector256<byte> pixels = LoadTwoRows(source, fromStride);
            Vector256<short> first = FirstPair(pixels),
                second = SecondPair(pixels);
            low += Multiply(first, pairs[0]) + Multiply(second, pairs[2]);
            high += Multiply(first, pairs[1]) + Multiply(second, pairs[3]);
        }

        if (count > 0)
        {
            Vector256<short> first = FirstPair(LoadTwoRows(source, fromStride));
            low += Multiply(first, pairs[0]);
            high += Multiply(first, pairs[1]);
        }

        return Whole(low, high);
    }

    private static Vector256<byte> LoadTwoRows(byte* source, int stride) =>
        Vector256.Create(Vector128.Load(source), Vector128.Load(source + stride));

    /// <summary>The first two pixels of each half: red and red, green and green, blue and blue, in 16 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> FirstPair(Vector256<byte> pixels) =>
        Vector256
            .Shuffle(
                pixels,
                Vector256.Create(
                    (byte)0,
                    255,
                    3,
                    255,
                    1,
                    255,
                    4,
                    255,
                    2,
                    255,
                    5,
                    255,
                    255,
                    255,
                    255,
                    255,
                    16,
                    255,
                    19,
                    255,
                    17,
                    255,
                    20,
                    255,
                    18,
                    255,
                    21,
                    255,
                    255,
                    255,
                    255,
                    255
                )
            )
            .AsInt16();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> SecondPair(Vector256<byte> pixels) =>
        Vector256
            .Shuffle(
                pixels,
                Vector256.Create(
                    (byte)6,
                    255,
                    9,
                    255,
                    7,
                    255,
                    10,
                    255,
                    8,
                    255,
                    11,
                    255,
                    255,
                    255,
                    255,
                    255,
                    22,
                    255,
                    25,
                    255,
                    23,
                    255,
                    26,
                    255,
                    24,
                    255,
                    27,
                    255,
                    255,
                    255,
                    255,
                    255
                )
            )
            .AsInt16();

    private static void Store(Vector128<byte> pixels, byte* target)
    {
        pixels.GetLower().Store(target);
        *(uint*)(target + 8) = pixels.AsUInt32()[2];
    }

    /// <summary>32 samples of a row, from those of some rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> AverageBytes(byte* from, int stride, int* pairs, int rows)
    {
        Vector256<int> lowA = Vector256.Create(Half),
            lowB = lowA,
            lowC = lowA,
            lowD = lowA;
        Vector256<int> highA = Vector256<int>.Zero,
            highB = highA,
            highC = highA,
            highD = highA;
        Vector256<int> lowest = Vector256.Create(0x00FF00FF),
            lower = Vector256.Create(0x0000FFFF);
        for (int row = 0; row < rows; row += 2, from += 2L * stride, pairs += 2)
        {
            // Behind the last row the weight is 0.
            Vector256<int> first = Vector256.Load(from).AsInt32(),
                second = row + 1 < rows ? Vector256.Load(from + stride).AsInt32() : first;
            // The first two bytes of each lane beside each other, then the last two.
            Vector256<int> ab = Vector256.ConditionalSelect(lower, first, second << 16),
                cd = Vector256.ConditionalSelect(lower, first >>> 16, second);
            Vector256<short> a = (ab & lowest).AsInt16(),
                b = ab.AsInt16() >>> 8,
                c = (cd & lowest).AsInt16(),
                d = cd.AsInt16() >>> 8;
            lowA += Multiply(a, pairs[0]);
            lowB += Multiply(b, pairs[0]);
            lowC += Multiply(c, pairs[0]);
            lowD += Multiply(d, pairs[0]);
            highA += Multiply(a, pairs[1]);
            highB += Multiply(b, pairs[1]);
            highC += Multiply(c, pairs[1]);
            highD += Multiply(d, pairs[1]);
        }

        return (Whole(lowA, highA) | (Whole(lowB, highB) << 8) | (Whole(lowC, highC) << 16) | (Whole(lowD, highD) << 24)).AsByte();
    }

    /// <summary>Weights are not negative and add up to 1, so no sum leaves 0 .. 255.</summary>
    private static Vector256<int> Whole(Vector256<int> low, Vector256<int> high) => (low + (high << BilinearWeights.LowBits)) >>> Bits;

    /// <summary>In each lane the sum of the products of the lower and of the upper halves.</summary>
    private static Vector256<int> Multiply(Vector256<short> samples, int pair)
    {
        Vector256<short> weights = Vector256.Create(pair).AsInt16();
        if (Avx2.IsSupported)
        {
            return Avx2.MultiplyAddAdjacent(samples, weights);
        }

        Vector256<int> both = samples.AsInt32();
        return (both & Vector256.Create(0xFFFF)) * (pair & 0xFFFF) + (both >>> 16) * (pair >>> 16);
    }
}

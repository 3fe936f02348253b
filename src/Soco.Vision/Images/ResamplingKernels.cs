using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Soco.Images;

/// <summary>The two passes of <see cref="Resampling"/>. The plain loops are the truth; the vectors compute the same integers.</summary>
internal static class ResamplingKernels
{
    private const int Bits = BilinearWeights.FractionBits;
    private const int Half = 1 << (Bits - 1);
    private const int RowsAtOnce = 4;

    /// <summary>Rows to their new width.</summary>
    /// <param name="from">Starts at the part's first pixel; may go on behind its last one.</param>
    /// <param name="fromStride">Bytes from a row to the next.</param>
    /// <param name="to">Rows of 3 * width bytes.</param>
    /// <param name="height">Number of rows.</param>
    /// <param name="width">The new width, pixels.</param>
    /// <param name="columns">What each new column averages.</param>
    /// <param name="vectorized">False: the plain loop alone.</param>
    internal static void ResizeColumns(
        ReadOnlySpan<byte> from, int fromStride, Span<byte> to, int height, int width, BilinearWeights columns, bool vectorized)
    {
        int y = 0;
        for (; vectorized && y + RowsAtOnce <= height; y += RowsAtOnce)
        {
            ResizeFourRows(from[(y * fromStride)..], fromStride, to.Slice(3 * y * width, 3 * RowsAtOnce * width), width, columns);
        }

        for (; y < height; y++)
        {
            ResizePixels(from[(y * fromStride)..], to.Slice(3 * y * width, 3 * width), 0, columns);
        }
    }

    /// <summary>The weighted average of consecutive rows, each as long as the target.</summary>
    internal static void AverageRows(ReadOnlySpan<byte> from, Span<byte> to, ReadOnlySpan<int> weights, bool vectorized)
    {
        int x = 0;
        ref byte source = ref MemoryMarshal.GetReference(from);
        Vector<int> lowest = new(0xFF);
        for (; vectorized && x <= to.Length - Vector<byte>.Count; x += Vector<byte>.Count)
        {
            // Every fourth byte to a vector each: masks and shifts, where widening would move data across the vector.
            Vector<int> a = new(Half), b = a, c = a, d = a;
            ref byte sample = ref Unsafe.Add(ref source, x);
            foreach (int weight in weights)
            {
                Vector<int> four = Vector.LoadUnsafe(ref sample).As<byte, int>();
                a += (four & lowest) * weight;
                b += ((four >>> 8) & lowest) * weight;
                c += ((four >>> 16) & lowest) * weight;
                d += (four >>> 24) * weight;
                sample = ref Unsafe.Add(ref sample, to.Length);
            }

            Vector<int> result = (a >>> Bits) | ((b >>> Bits) << 8) | ((c >>> Bits) << 16) | ((d >>> Bits) << 24);
            result.As<int, byte>().CopyTo(to[x..]);
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
            ReadOnlySpan<int> weights = columns.Of(x, out int start);
            for (int channel = 0; channel < 3; channel++)
            {
                int sum = Half;
                for (int k = 0; k < weights.Length; k++)
                {
                    sum += from[3 * (start + k) + channel] * weights[k];
                }

                to[3 * x + channel] = (byte)(sum >> Bits);
            }
        }
    }

    /// <summary>A pixel is a vector of red, green, blue and the next one's red, which is not kept.</summary>
    private static void ResizeFourRows(ReadOnlySpan<byte> from, int fromStride, Span<byte> to, int width, BilinearWeights columns)
    {
        ref byte source = ref MemoryMarshal.GetReference(from);
        ref byte target = ref MemoryMarshal.GetReference(to);
        int x = 0;
        // The last pixel has no next one in its row, neither to read nor to write over.
        for (; x < width - 1; x++)
        {
            ReadOnlySpan<int> weights = columns.Of(x, out int start);
            if (3 * (fromStride + start + weights.Length) >= from.Length)
            {
                break;
            }

            Vector128<int> a = Vector128.Create(Half), b = a, c = a, d = a;
            ref byte pixel = ref Unsafe.Add(ref source, 3 * start);
            foreach (int weight in weights)
            {
                a += Widen(ref pixel) * weight;
                b += Widen(ref Unsafe.Add(ref pixel, fromStride)) * weight;
                c += Widen(ref Unsafe.Add(ref pixel, 2 * fromStride)) * weight;
                d += Widen(ref Unsafe.Add(ref pixel, 3 * fromStride)) * weight;
                pixel = ref Unsafe.Add(ref pixel, 3);
            }

            Vector128<uint> four = Narrow(a, b, c, d).AsUInt32();
            ref byte first = ref Unsafe.Add(ref target, 3 * x);
            Unsafe.WriteUnaligned(ref first, four[0]);
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref first, 3 * width), four[1]);
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref first, 6 * width), four[2]);
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref first, 9 * width), four[3]);
        }

        for (int row = 0; row < RowsAtOnce; row++)
        {
            ResizePixels(from[(row * fromStride)..], to.Slice(3 * row * width, 3 * width), x, columns);
        }
    }

    private static Vector128<int> Widen(ref byte pixel)
    {
        Vector128<byte> bytes = Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<uint>(ref pixel)).AsByte();
        return Vector128.WidenLower(Vector128.WidenLower(bytes)).AsInt32();
    }

    /// <summary>Sums to bytes. Weights are not negative and add up to 1, so no sum leaves 0 .. 255.</summary>
    private static Vector128<byte> Narrow(Vector128<int> a, Vector128<int> b, Vector128<int> c, Vector128<int> d) => Vector128.Narrow(
        Vector128.Narrow((a >>> Bits).AsUInt32(), (b >>> Bits).AsUInt32()),
        Vector128.Narrow((c >>> Bits).AsUInt32(), (d >>> Bits).AsUInt32()));
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Soco.Images.Jpeg;

/// <summary>Luma and chroma to red, green and blue, to the bit as libjpeg does: half as many chroma samples are mixed 3 to 1 with their neighbours.</summary>
internal static unsafe class JpegColours
{
    /// <summary>The narrowest image: rows are taken so many pixels at a time.</summary>
    internal const int LeastWidth = 16;

    private const int FractionBits = 16;

    /// <summary>Converts a decoded image.</summary>
    /// <param name="frame">The header.</param>
    /// <param name="planes">[components] its samples.</param>
    /// <param name="pixels">Rows of red, green, blue.</param>
    internal static void Convert(JpegFrame frame, ReadOnlySpan<JpegPlane> planes, Span<byte> pixels)
    {
        int width = frame.Width, chromaWidth = width;
        bool isWide = frame.Components[0].Horizontal == 2, isHigh = frame.Components[0].Vertical == 2;
        if (isWide)
        {
            chromaWidth = (width + 1) / 2;
        }

        // Wide rows are spread into these; a grey image has none and keeps to the middle.
        int stride = planes[0].Stride + 2 * Vector512<byte>.Count;
        byte[] rows = new byte[2 * stride];
        ushort[] sums = new ushort[chromaWidth + 2 * Vector512<ushort>.Count];
        rows.AsSpan().Fill(128);
        fixed (byte* spread = rows, target = pixels)
        fixed (ushort* column = sums)
        {
            for (int y = 0; y < frame.Height; y++)
            {
                byte* blue = spread, red = spread + stride;
                if (isWide)
                {
                    Spread(planes[1], y, isHigh, frame.Height, chromaWidth, column + 1, blue);
                    Spread(planes[2], y, isHigh, frame.Height, chromaWidth, column + 1, red);
                }
                else if (planes.Length == 3)
                {
                    blue = planes[1].Samples + (long)y * planes[1].Stride;
                    red = planes[2].Samples + (long)y * planes[2].Stride;
                }

                ConvertRow(planes[0].Samples + (long)y * planes[0].Stride, blue, red, new Span<byte>(target + 3L * width * y, 3 * width));
            }
        }
    }

    /// <summary>A row of chroma at twice its width; of half the rows the nearer counts three times.</summary>
    private static void Spread(JpegPlane plane, int y, bool isHigh, int height, int width, ushort* sums, byte* target)
    {
        int lastRow = (height + 1) / 2 - 1;
        byte* near = plane.Samples + (isHigh ? (long)(y / 2) : y) * plane.Stride;
        if (isHigh)
        {
            byte* far = plane.Samples + (long)Math.Clamp(y / 2 + ((y & 1) == 0 ? -1 : 1), 0, lastRow) * plane.Stride;
            for (int x = 0; x < width; x += Vector256<ushort>.Count)
            {
                (Widen(near + x) * 3 + Widen(far + x)).Store(sums + x);
            }
        }
        else
        {
            for (int x = 0; x < width; x += Vector256<ushort>.Count)
            {
                Widen(near + x).Store(sums + x);
            }
        }

        sums[-1] = sums[0];
        sums[width] = sums[width - 1];
        (int shift, Vector256<ushort> even, Vector256<ushort> odd) = isHigh
            ? (4, Vector256.Create((ushort)8), Vector256.Create((ushort)7))
            : (2, Vector256.Create((ushort)1), Vector256.Create((ushort)2));
        for (int x = 0; x < width; x += Vector256<ushort>.Count)
        {
            Vector256<ushort> near3 = Vector256.Load(sums + x) * 3;
            Vector256<ushort> left = (near3 + Vector256.Load(sums + x - 1) + even) >>> shift, right = (near3 + Vector256.Load(sums + x + 1) + odd) >>> shift;
            (left | (right << 8)).AsByte().Store(target + 2 * x);
        }
    }

    private static Vector256<ushort> Widen(byte* samples) => Avx2.ConvertToVector256Int16(samples).AsUInt16();

    /// <summary>One row (ITU-T T.871, section 7), in fixed point; the last pixels are converted with those before them.</summary>
    private static void ConvertRow(byte* luma, byte* blue, byte* red, Span<byte> pixels)
    {
        int width = pixels.Length / 3;
        Vector512<int> middle = Vector512.Create(128), half = Vector512.Create(1 << (FractionBits - 1));
        for (int x = 0; x < width; x += LeastWidth)
        {
            x = Math.Min(x, width - LeastWidth);
            Vector512<int> y = WidenSixteen(luma + x), cb = WidenSixteen(blue + x) - middle, cr = WidenSixteen(red + x) - middle;
            Vector512<int> r = y + ((cr * Fixed(1.402) + half) >> FractionBits);
            Vector512<int> g = y + ((cb * -Fixed(0.34414) - cr * Fixed(0.71414) + half) >> FractionBits);
            Vector512<int> b = y + ((cb * Fixed(1.772) + half) >> FractionBits);
            PixelLanes.Store((Clamp(r) | (Clamp(g) << 8) | (Clamp(b) << 16)).AsUInt32(), pixels, x);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> WidenSixteen(byte* samples) =>
        Vector512.Create(Avx2.ConvertToVector256Int32(samples), Avx2.ConvertToVector256Int32(samples + 8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Clamp(Vector512<int> samples) => Vector512.Min(Vector512.Max(samples, Vector512<int>.Zero), Vector512.Create(255));

    private static int Fixed(double number) => (int)(number * (1 << FractionBits) + 0.5);
}

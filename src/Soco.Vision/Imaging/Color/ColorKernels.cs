using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Soco.Vision.Imaging.Color;

/// <summary>
/// The loops of <see cref="ColorTransforms"/> over interleaved red, green, blue, in place. The plain loops are the truth; the vectors
/// compute the same bytes.
/// </summary>
internal static class ColorKernels
{
    /// <summary>Pixels whose luma a 32-bit lane can sum.</summary>
    private const int LumaChunk = 1 << 24;

    /// <summary>The sum of all pixels' luma.</summary>
    internal static long SumOfLuma(ReadOnlySpan<byte> pixels, bool vectorized)
    {
        long total = 0;
        int i = 0;
        for (int whole = vectorized ? PixelLanes.Whole(pixels) : 0; i < whole; )
        {
            Vector512<uint> sums = Vector512<uint>.Zero;
            for (int end = (int)Math.Min((long)i + LumaChunk, whole); i < end; i += PixelLanes.Count)
            {
                sums += PixelLanes.Luma(PixelLanes.Load(pixels, i));
            }

            (Vector512<ulong> lower, Vector512<ulong> upper) = Vector512.Widen(sums);
            total += (long)Vector512.Sum(lower + upper);
        }

        for (i *= 3; i + 2 < pixels.Length; i += 3)
        {
            total += Luma(pixels[i], pixels[i + 1], pixels[i + 2]);
        }

        return total;
    }

    /// <summary>Every channel becomes the luma.</summary>
    internal static void Grey(Span<byte> pixels, bool vectorized)
    {
        int i = 0;
        for (int whole = vectorized ? PixelLanes.Whole(pixels) : 0; i < whole; i += PixelLanes.Count)
        {
            PixelLanes.Store(PixelLanes.Luma(PixelLanes.Load(pixels, i)) * 0x010101u, pixels, i);
        }

        for (i *= 3; i + 2 < pixels.Length; i += 3)
        {
            pixels.Slice(i, 3).Fill(Luma(pixels[i], pixels[i + 1], pixels[i + 2]));
        }
    }

    /// <summary>Every channel moves from the luma towards, or beyond, itself.</summary>
    internal static void Saturate(Span<byte> pixels, float alpha, bool vectorized)
    {
        int i = 0;
        for (int whole = vectorized ? PixelLanes.Whole(pixels) : 0; i < whole; i += PixelLanes.Count)
        {
            Vector512<uint> lanes = PixelLanes.Load(pixels, i),
                luma = PixelLanes.Luma(lanes);
            PixelLanes.Store(
                Blend(PixelLanes.Red(lanes), luma, alpha)
                    | (Blend(PixelLanes.Green(lanes), luma, alpha) << 8)
                    | (Blend(PixelLanes.Blue(lanes), luma, alpha) << 16),
                pixels,
                i
            );
        }

        for (i *= 3; i + 2 < pixels.Length; i += 3)
        {
            byte luma = Luma(pixels[i], pixels[i + 1], pixels[i + 2]);
            foreach (ref byte sample in pixels.Slice(i, 3))
            {
                sample = Blend(sample, luma, alpha);
            }
        }
    }

    /// <summary>Every sample moves from the level towards, or beyond, itself: level + alpha * (sample - level), cut to 0 .. 255.</summary>
    internal static void Blend(Span<byte> pixels, byte level, float alpha, bool vectorized)
    {
        int i = 0;
        Vector512<uint> lowest = Vector512.Create(0xFFu),
            levels = Vector512.Create((uint)level);
        for (; vectorized && i <= pixels.Length - Vector512<byte>.Count; i += Vector512<byte>.Count)
        {
            Vector512<uint> samples = Vector512.Create<byte>(pixels[i..]).AsUInt32();
            Vector512<uint> mixed =
                Blend(samples & lowest, levels, alpha)
                | (Blend((samples >>> 8) & lowest, levels, alpha) << 8)
                | (Blend((samples >>> 16) & lowest, levels, alpha) << 16)
                | (Blend(samples >>> 24, levels, alpha) << 24);
            mixed.AsByte().CopyTo(pixels[i..]);
        }

        for (; i < pixels.Length; i++)
        {
            pixels[i] = Blend(pixels[i], level, alpha);
        }
    }

    /// <summary>Samples at or above the threshold are inverted.</summary>
    internal static void Solarize(Span<byte> pixels, byte threshold, bool vectorized)
    {
        int i = 0;
        for (; vectorized && i <= pixels.Length - Vector<byte>.Count; i += Vector<byte>.Count)
        {
            Vector<byte> samples = new(pixels[i..]);
            Vector
                .ConditionalSelect(Vector.GreaterThanOrEqual(samples, new Vector<byte>(threshold)), ~samples, samples)
                .CopyTo(pixels[i..]);
        }

        for (; i < pixels.Length; i++)
        {
            pixels[i] = pixels[i] >= threshold ? (byte)~pixels[i] : pixels[i];
        }
    }

    /// <summary>The first pixel of every row changes places with the last, and so on.</summary>
    internal static void Flip(Span<byte> pixels, int width, bool vectorized)
    {
        for (; pixels.Length > 0; pixels = pixels[(3 * width)..])
        {
            int left = 0,
                right = width;
            for (
                int whole = vectorized ? PixelLanes.Whole(pixels) : 0;
                right - left >= 2 * PixelLanes.Count && right <= whole;
                left += PixelLanes.Count
            )
            {
                right -= PixelLanes.Count;
                Vector512<uint> first = PixelLanes.Load(pixels, left),
                    last = PixelLanes.Load(pixels, right);
                PixelLanes.Store(PixelLanes.Reverse(last), pixels, left);
                PixelLanes.Store(PixelLanes.Reverse(first), pixels, right);
            }

            for (right--; left < right; left++, right--)
            {
                Span<byte> a = pixels.Slice(3 * left, 3),
                    b = pixels.Slice(3 * right, 3);
                (a[0], a[1], a[2], b[0], b[1], b[2]) = (b[0], b[1], b[2], a[0], a[1], a[2]);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Blend(Vector512<uint> sample, Vector512<uint> other, float alpha)
    {
        Vector512<float> mixed = Vector512.ConvertToSingle(other.AsInt32()) + alpha * Vector512.ConvertToSingle((sample - other).AsInt32());
        return Vector512
            .ConvertToInt32Native(Vector512.MinNative(Vector512.MaxNative(mixed, Vector512<float>.Zero), Vector512.Create(255f)))
            .AsUInt32();
    }

    private static byte Blend(byte sample, byte other, float alpha) => (byte)Math.Clamp(other + alpha * (sample - other), 0, 255);

    private static byte Luma(byte r, byte g, byte b) => (byte)((r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16);
}

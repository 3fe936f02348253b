using System.Buffers;
using System.Numerics;

namespace Soco.Images;

/// <summary>
/// The colour changes of self-supervised views, in place, bit for bit as torchvision's functions do them on Pillow images (which the
/// published recipes were tuned with).
/// </summary>
public static class ColorTransforms
{
    /// <summary>Mixes with black: 0 is black, 1 changes nothing, above 1 is brighter.</summary>
    /// <param name="image">Changed in place.</param>
    /// <param name="factor">Finite; not negative.</param>
    /// <exception cref="ArgumentOutOfRangeException">The factor is negative or not finite.</exception>
    public static void AdjustBrightness(RgbImage image, double factor) => BlendWithLevel(image, 0, factor);

    /// <summary>Mixes with the image's mean grey: 0 is that grey, 1 changes nothing, above 1 is starker.</summary>
    /// <param name="image">Changed in place.</param>
    /// <param name="factor">Finite; not negative.</param>
    /// <exception cref="ArgumentOutOfRangeException">The factor is negative or not finite.</exception>
    public static void AdjustContrast(RgbImage image, double factor)
    {
        byte[] pixels = image.Pixels;
        long sum = 0;
        for (int i = 0; i < pixels.Length; i += 3)
        {
            sum += Luma(pixels[i], pixels[i + 1], pixels[i + 2]);
        }

        BlendWithLevel(image, (byte)(sum / (double)(pixels.Length / 3) + 0.5), factor);
    }

    /// <summary>Mixes with the image in grey: 0 is grey, 1 changes nothing, above 1 is more colourful.</summary>
    /// <param name="image">Changed in place.</param>
    /// <param name="factor">Finite; not negative.</param>
    /// <exception cref="ArgumentOutOfRangeException">The factor is negative or not finite.</exception>
    public static void AdjustSaturation(RgbImage image, double factor)
    {
        float alpha = CheckFactor(factor);
        byte[] grey = ArrayPool<byte>.Shared.Rent(image.Pixels.Length);
        WriteGrey(image.Pixels, grey);
        Blend(image.Pixels, grey, alpha, Vector.IsHardwareAccelerated);
        ArrayPool<byte>.Shared.Return(grey);
    }

    /// <summary>Turns the colour circle, by way of 8-bit hue, saturation and value.</summary>
    /// <param name="image">Changed in place.</param>
    /// <param name="shift">Part of the circle, in [-0.5, 0.5]; taken as a whole number of 255ths, towards 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The shift is outside.</exception>
    public static void AdjustHue(RgbImage image, double shift)
    {
        if (!(shift is >= -0.5 and <= 0.5))
        {
            throw new ArgumentOutOfRangeException(nameof(shift), shift, "A hue shift is in [-0.5, 0.5].");
        }

        HueRotation.Rotate(image.Pixels, (byte)(int)(shift * 255));
    }

    /// <summary>Sets red, green and blue to the luma of ITU-R BT.601.</summary>
    /// <param name="image">Changed in place.</param>
    public static void ToGrayscale(RgbImage image) => WriteGrey(image.Pixels, image.Pixels);

    /// <summary>Inverts each sample at or above the threshold.</summary>
    /// <param name="image">Changed in place.</param>
    /// <param name="threshold">0 (all are inverted) .. 256 (none is).</param>
    /// <exception cref="ArgumentOutOfRangeException">The threshold is outside.</exception>
    public static void Solarize(RgbImage image, int threshold = 128)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threshold);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threshold, 256);
        Span<byte> table = stackalloc byte[256];
        for (int level = 0; level < 256; level++)
        {
            table[level] = (byte)(level < threshold ? level : 255 - level);
        }

        LookUp(image.Pixels, table);
    }

    /// <summary>Swaps left and right.</summary>
    /// <param name="image">Changed in place.</param>
    public static void FlipHorizontal(RgbImage image)
    {
        for (int y = 0; y < image.Height; y++)
        {
            Span<byte> row = image.Pixels.AsSpan(3 * image.Width * y, 3 * image.Width);
            row.Reverse();
            // Reversed bytes are reversed pixels of blue, green, red.
            for (int i = 0; i < row.Length; i += 3)
            {
                (row[i], row[i + 2]) = (row[i + 2], row[i]);
            }
        }
    }

    /// <summary>Blurs by three box blurs a direction, which come close to a Gaussian (Gwosdek et al., SSVM 2011); edges repeat.</summary>
    /// <param name="image">Changed in place.</param>
    /// <param name="sigma">Standard deviation in pixels; finite, not negative; 0 changes nothing.</param>
    /// <exception cref="ArgumentOutOfRangeException">Sigma is negative or not finite.</exception>
    public static void GaussianBlur(RgbImage image, double sigma)
    {
        if (!double.IsFinite(sigma) || sigma < 0)
        {
            throw new ArgumentOutOfRangeException(nameof(sigma), sigma, "Sigma is in pixels: 0 or more.");
        }

        BoxBlur.Gaussian(image, (float)sigma, Vector.IsHardwareAccelerated);
    }

    /// <summary>From the other image's sample towards, or beyond, this one's: other + alpha * (sample - other), cut to 0 .. 255.</summary>
    internal static void Blend(Span<byte> pixels, ReadOnlySpan<byte> other, float alpha, bool vectorized)
    {
        int i = 0;
        Vector<int> lowest = new(0xFF);
        for (; vectorized && i <= pixels.Length - Vector<byte>.Count; i += Vector<byte>.Count)
        {
            Vector<int> samples = new Vector<byte>(pixels[i..]).As<byte, int>(), others = new Vector<byte>(other[i..]).As<byte, int>();
            Vector<int> mixed = Vector<int>.Zero;
            for (int bits = 0; bits < 32; bits += 8)
            {
                mixed |= Blend((samples >>> bits) & lowest, (others >>> bits) & lowest, alpha) << bits;
            }

            mixed.As<int, byte>().CopyTo(pixels[i..]);
        }

        for (; i < pixels.Length; i++)
        {
            pixels[i] = Blend(pixels[i], other[i], alpha);
        }
    }

    private static Vector<int> Blend(Vector<int> sample, Vector<int> other, float alpha)
    {
        Vector<float> mixed = Vector.ConvertToSingle(other) + alpha * Vector.ConvertToSingle(sample - other);
        return Vector.ConvertToInt32(Vector.Min(Vector.Max(mixed, Vector<float>.Zero), new Vector<float>(255)));
    }

    private static byte Blend(byte sample, byte other, float alpha) => (byte)Math.Clamp(other + alpha * (sample - other), 0, 255);

    private static void BlendWithLevel(RgbImage image, byte level, double factor)
    {
        float alpha = CheckFactor(factor);
        Span<byte> table = stackalloc byte[256];
        for (int sample = 0; sample < 256; sample++)
        {
            table[sample] = Blend((byte)sample, level, alpha);
        }

        LookUp(image.Pixels, table);
    }

    private static void LookUp(Span<byte> pixels, ReadOnlySpan<byte> table)
    {
        foreach (ref byte sample in pixels)
        {
            sample = table[sample];
        }
    }

    private static void WriteGrey(ReadOnlySpan<byte> pixels, Span<byte> grey)
    {
        for (int i = 0; i + 2 < pixels.Length; i += 3)
        {
            byte luma = Luma(pixels[i], pixels[i + 1], pixels[i + 2]);
            (grey[i], grey[i + 1], grey[i + 2]) = (luma, luma, luma);
        }
    }

    private static byte Luma(byte r, byte g, byte b) => (byte)((r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16);

    private static float CheckFactor(double factor) => double.IsFinite(factor) && factor >= 0
        ? (float)factor
        : throw new ArgumentOutOfRangeException(nameof(factor), factor, "A factor is finite and not negative.");
}

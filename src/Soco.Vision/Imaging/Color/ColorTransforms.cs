using System.Runtime.Intrinsics;

namespace Soco.Vision.Imaging.Color;

/// <summary>
/// The color changes of self-supervised views, in place, bit for bit as torchvision's functions do them on Pillow images (which the
/// published recipes were tuned with).
/// </summary>
public static class ColorTransforms
{
    private static bool Vectorized => Vector128.IsHardwareAccelerated;

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
        double mean = ColorKernels.SumOfLuma(image.Pixels, Vectorized) / (double)(image.Pixels.Length / 3);
        BlendWithLevel(image, (byte)(mean + 0.5), factor);
    }

    /// <summary>Mixes with the image in grey: 0 is grey, 1 changes nothing, above 1 is more colorful.</summary>
    /// <param name="image">Changed in place.</param>
    /// <param name="factor">Finite; not negative.</param>
    /// <exception cref="ArgumentOutOfRangeException">The factor is negative or not finite.</exception>
    public static void AdjustSaturation(RgbImage image, double factor) =>
        ColorKernels.Saturate(image.Pixels, CheckFactor(factor), Vectorized);

    /// <summary>Turns the color circle, by way of 8-bit hue, saturation and value.</summary>
    /// <param name="image">Changed in place.</param>
    /// <param name="shift">Part of the circle, in [-0.5, 0.5]; taken as a whole number of 255ths, towards 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The shift is outside.</exception>
    public static void AdjustHue(RgbImage image, double shift)
    {
        if (!(shift is >= -0.5 and <= 0.5))
        {
            throw new ArgumentOutOfRangeException(nameof(shift), shift, "A hue shift is in [-0.5, 0.5].");
        }

        HueRotation.Rotate(image.Pixels, (byte)(int)(shift * 255), Vectorized);
    }

    /// <summary>Sets red, green and blue to the luma of ITU-R BT.601.</summary>
    /// <param name="image">Changed in place.</param>
    public static void ToGrayscale(RgbImage image) => ColorKernels.Grey(image.Pixels, Vectorized);

    /// <summary>Inverts each sample at or above the threshold.</summary>
    /// <param name="image">Changed in place.</param>
    /// <param name="threshold">0 (all are inverted) .. 256 (none is).</param>
    /// <exception cref="ArgumentOutOfRangeException">The threshold is outside.</exception>
    public static void Solarize(RgbImage image, int threshold = 128)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threshold);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threshold, 256);
        if (threshold <= byte.MaxValue)
        {
            ColorKernels.Solarize(image.Pixels, (byte)threshold, Vectorized);
        }
    }

    /// <summary>Swaps left and right.</summary>
    /// <param name="image">Changed in place.</param>
    public static void FlipHorizontal(RgbImage image) => ColorKernels.Flip(image.Pixels, image.Width, Vectorized);

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

        BoxBlur.Gaussian(image, (float)sigma, Vectorized);
    }

    private static void BlendWithLevel(RgbImage image, byte level, double factor) =>
        ColorKernels.Blend(image.Pixels, level, CheckFactor(factor), Vectorized);

    private static float CheckFactor(double factor) =>
        double.IsFinite(factor) && factor >= 0
            ? (float)factor
            : throw new ArgumentOutOfRangeException(nameof(factor), factor, "A factor is finite and not negative.");
}

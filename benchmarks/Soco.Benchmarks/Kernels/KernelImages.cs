using Soco.Vision.Imaging;

namespace Soco.Benchmarks.Kernels;

/// <summary>Images that need no file.</summary>
internal static class KernelImages
{
    public static RgbImage Noise(int width, int height)
    {
        var image = new RgbImage(width, height);
        new Random(1).NextBytes(image.Pixels);
        return image;
    }

    /// <summary>Rounded shapes on a slope of light, with the grain of a photograph.</summary>
    public static RgbImage Scene(int width, int height)
    {
        var image = new RgbImage(width, height);
        var random = new Random(1);
        for (int i = 0; i < image.Pixels.Length; i++)
        {
            (int x, int y, int channel) = (i / 3 % width, i / 3 / width, i % 3);
            double shapes = Math.Sin(x * 0.05 + channel) * Math.Cos(y * 0.07 - channel) > 0.2 ? 60 : 0;
            image.Pixels[i] = (byte)Math.Clamp(60 + shapes + 80.0 * x / width + 6 * (random.NextDouble() - 0.5), 0, 255);
        }

        return image;
    }
}

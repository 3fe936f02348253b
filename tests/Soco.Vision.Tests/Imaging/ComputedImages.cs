using CsCheck;
using Soco.Vision.Imaging;

namespace Soco.Vision.Tests.Imaging;

/// <summary>Images by formula: those of make_pillow_pixels.py, and random ones.</summary>
internal static class ComputedImages
{
    /// <summary>Random pixels of 1x1 to 70x40.</summary>
    internal static readonly Gen<RgbImage> Any =
        from width in Gen.Int[1, 70]
        from height in Gen.Int[1, 40]
        from pixels in Gen.Byte.Array[3 * width * height]
        select new RgbImage(width, height, pixels);

    internal static RgbImage Waves(int width, int height)
    {
        var image = new RgbImage(width, height);
        for (int i = 0; i < image.Pixels.Length; i++)
        {
            (int x, int y, int c) = (i / 3 % width, i / 3 / width, i % 3);
            image.Pixels[i] = (byte)((x * x * 3 + y * y * 5 + x * y * (c + 1) + 40 * c) >> 3);
        }

        return image;
    }

    internal static RgbImage Noise(int width, int height)
    {
        var image = new RgbImage(width, height);
        for (int i = 0; i < image.Pixels.Length; i++)
        {
            image.Pixels[i] = (byte)((uint)i * 2654435761u >> 24);
        }

        return image;
    }

    internal static RgbImage Copy(RgbImage image) => new(image.Width, image.Height, [.. image.Pixels]);
}

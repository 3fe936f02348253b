using SkiaSharp;
using Soco.Vision.IO;

namespace Soco.Vision.Imaging;

/// <summary>Writes images as files, each under a temporary name that is then renamed.</summary>
public static class ImageWriter
{
    /// <summary>Writes an image without loss.</summary>
    /// <param name="image">The image.</param>
    /// <param name="path">The file to write; its folder is made if it is missing.</param>
    /// <exception cref="SocoRunException">The folder cannot be written or the disk is full.</exception>
    public static void SavePng(RgbImage image, string path) =>
        AtomicFile.Write(path, Encode(image, pixels => pixels.Encode(SKPngEncoderOptions.Default)));

    /// <summary>Writes an image as a photograph.</summary>
    /// <param name="image">The image, at most 65,535 pixels a side.</param>
    /// <param name="path">The file to write; its folder is made if it is missing.</param>
    /// <param name="quality">1 (small) to 100 (faithful).</param>
    /// <exception cref="SocoRunException">The folder cannot be written or the disk is full.</exception>
    public static void SaveJpeg(RgbImage image, string path, int quality = 92) => AtomicFile.Write(path, EncodeJpeg(image, quality));

    /// <summary>An image as the bytes of a photograph.</summary>
    /// <param name="image">The image, at most 65,535 pixels a side.</param>
    /// <param name="quality">1 (small) to 100 (faithful).</param>
    public static byte[] EncodeJpeg(RgbImage image, int quality = 92)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(quality, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(quality, 100);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Math.Max(image.Width, image.Height), ushort.MaxValue, nameof(image));
        return Encode(image, pixels => pixels.Encode(SKEncodedImageFormat.Jpeg, quality));
    }

    private static byte[] Encode(RgbImage image, Func<SKPixmap, SKData?> encode)
    {
        using SKBitmap bitmap = ToBitmap(image);
        using SKPixmap pixels = bitmap.PeekPixels();
        using SKData encoded =
            encode(pixels)
            ?? throw new InvalidOperationException($"SkiaSharp did not encode an image of {image.Width} x {image.Height} pixels.");
        return encoded.ToArray();
    }

    private static SKBitmap ToBitmap(RgbImage image)
    {
        var bitmap = new SKBitmap(new SKImageInfo(image.Width, image.Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        Span<byte> rgba = bitmap.GetPixelSpan();
        byte[] rgb = image.Pixels;
        for (int from = 0, to = 0; from < rgb.Length; from += 3, to += 4)
        {
            rgba[to] = rgb[from];
            rgba[to + 1] = rgb[from + 1];
            rgba[to + 2] = rgb[from + 2];
            rgba[to + 3] = byte.MaxValue;
        }

        return bitmap;
    }
}

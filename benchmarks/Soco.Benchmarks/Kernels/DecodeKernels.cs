using BenchmarkDotNet.Attributes;
using SkiaSharp;
using Soco.Vision.Imaging;

namespace Soco.Benchmarks.Kernels;

/// <summary>The decoding of one JPEG of 500x375, about 4 bits a pixel.</summary>
public class DecodeKernels
{
    private readonly byte[] _jpeg = Encode(KernelImages.Scene(500, 375), 90);

    /// <summary>Bytes to pixels.</summary>
    [Benchmark]
    public void Decode_JPEG_500x375() => ImageDecoder.Decode(_jpeg, "kernel.jpg").Recycle();

    private static byte[] Encode(RgbImage image, int quality)
    {
        using var bitmap = new SKBitmap(image.Width, image.Height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        for (int y = 0; y < image.Height; y++)
        {
            for (int x = 0; x < image.Width; x++)
            {
                (byte r, byte g, byte b) = image[x, y];
                bitmap.SetPixel(x, y, new SKColor(r, g, b));
            }
        }

        return bitmap.Encode(SKEncodedImageFormat.Jpeg, quality).ToArray();
    }
}

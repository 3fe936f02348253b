using System.Buffers;
using SkiaSharp;

namespace Soco.Vision.Imaging;

/// <summary>A JPEG, PNG, BMP, GIF or WebP, read by Skia.</summary>
internal sealed class SkiaFile : EncodedImage
{
    private readonly SKData _data;
    private readonly SKCodec _codec;
    private readonly string _name;
    private readonly SKEncodedOrigin _origin;

    private SkiaFile(SKData data, SKCodec codec, ReadOnlySpan<byte> bytes, string name)
    {
        (_data, _codec, _name) = (data, codec, name);
        _origin = codec.EncodedFormat == SKEncodedImageFormat.Png ? PngOrientation.Read(bytes) : codec.EncodedOrigin;
    }

    /// <inheritdoc/>
    internal override int Width => _codec.Info.Width;

    /// <inheritdoc/>
    internal override int Height => _codec.Info.Height;

    /// <inheritdoc/>
    internal override SKEncodedOrigin Origin => _origin;

    // A JPEG needs a bit of each block of 64 for its mean, deflate shrinks 1032 to 1 and a byte of PNG is 8 pixels at most, LZW's longest
    // code of 12 bits stands for 4096, a run of BMP is 255 in two bytes. WebP can hold any number in a few bytes.
    /// <inheritdoc/>
    internal override long MostPixelsOfByte =>
        _codec.EncodedFormat switch
        {
            SKEncodedImageFormat.Jpeg => 1024,
            SKEncodedImageFormat.Png => 8 * 1032,
            SKEncodedImageFormat.Gif => 4096,
            SKEncodedImageFormat.Bmp => 255,
            _ => ImageDecoder.MaxPixels,
        };

    /// <summary>Reads the header.</summary>
    /// <param name="bytes">The whole file, or enough of it to hold the header.</param>
    /// <param name="format">What the first bytes say that it is.</param>
    /// <param name="name">Name of the image in its source, for the error.</param>
    /// <exception cref="UnreadableImageException">It is damaged.</exception>
    internal static SkiaFile Open(ReadOnlySpan<byte> bytes, string format, string name)
    {
        SKData data = SKData.CreateCopy(GifTransparency.Opaque(bytes));
        if (SKCodec.Create(data) is { } codec)
        {
            return new SkiaFile(data, codec, bytes, name);
        }

        data.Dispose();
        throw new UnreadableImageException(name, $"the {format} header is damaged, cut short or states 0 pixels");
    }

    /// <inheritdoc/>
    internal override unsafe RgbImage Decode()
    {
        // No color space: pixels as they are stored. Unpremultiplied: color survives where alpha is low.
        var info = new SKImageInfo(Width, Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        int length = checked(4 * Width * Height);
        byte[] rgba = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            fixed (byte* pixels = rgba)
            {
                SKCodecResult result = _codec.GetPixels(info, (nint)pixels);
                if (result != SKCodecResult.Success)
                {
                    throw new UnreadableImageException(_name, Explain(result));
                }
            }

            return RgbPacking.PackUpright(rgba.AsSpan(0, length), Width, Height, Origin);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rgba);
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _codec.Dispose();
        _data.Dispose();
    }

    private static string Explain(SKCodecResult result) =>
        result switch
        {
            SKCodecResult.IncompleteInput => "the file is truncated",
            SKCodecResult.ErrorInInput or SKCodecResult.InvalidInput => "the pixel data is damaged",
            _ => $"cannot be decoded ({result})",
        };
}

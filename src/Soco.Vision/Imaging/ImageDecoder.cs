using System.Buffers;
using SkiaSharp;

namespace Soco.Vision.Imaging;

/// <summary>
/// Encoded bytes to pixels: JPEG (grey, CMYK and YCCK too), PNG, BMP, GIF (first frame), WebP and TIFF (first page), turned upright by
/// their EXIF
/// orientation. As Pillow's <c>convert("RGB")</c> does, alpha is dropped and color profiles are ignored; of 16 bits the upper 8 stay.
/// </summary>
public static class ImageDecoder
{
    /// <summary>The most pixels that are read: 256 million. A header that states more is refused before anything is allocated.</summary>
    public const long MaxPixels = 256_000_000;

    private const string Tiff = "TIFF";

    /// <summary>Decodes an image, upright.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">Name of the image in its source, for the error.</param>
    /// <exception cref="UnreadableImageException">
    /// Empty, not an image, damaged, truncated, 0 pixels, or above <see cref="MaxPixels"/>.
    /// </exception>
    public static RgbImage Decode(ReadOnlySpan<byte> bytes, string name) => Use(bytes, name, image => image);

    /// <summary>
    /// Decodes an image and passes it to a function. Images that are in use at the same time hold a bounded number of pixels; a thread
    /// waits until there is
    /// room for its image.
    /// </summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">Name of the image in its source, for the error.</param>
    /// <param name="use">Receives the upright image. It must not decode another one, which might wait for ever.</param>
    /// <exception cref="UnreadableImageException">As of <see cref="Decode"/>.</exception>
    public static unsafe T Use<T>(ReadOnlySpan<byte> bytes, string name, Func<RgbImage, T> use)
    {
        if (FormatOf(bytes) == Tiff)
        {
            using TiffFile tiff = OpenTiff(bytes, name);
            using PixelBudget.Share share = PixelBudget.Shared.Enter((long)tiff.Width * tiff.Height);
            return use(WithinMemory(name, tiff.Decode));
        }

        bytes = GifTransparency.Opaque(bytes);
        fixed (byte* address = bytes)
        {
            using SKData data = SKData.Create((nint)address, bytes.Length);
            using SKCodec codec = OpenCodec(data, bytes, name);
            RefuseEmptyPromise(codec.Info, bytes, name);
            using PixelBudget.Share share = PixelBudget.Shared.Enter((long)codec.Info.Width * codec.Info.Height);
            SKEncodedOrigin origin = OriginOf(codec, bytes);
            return use(WithinMemory(name, () => PixelsOf(codec, origin, name)));
        }
    }

    private static RgbImage WithinMemory(string name, Func<RgbImage> decode)
    {
        try
        {
            return decode();
        }
        catch (OutOfMemoryException error)
        {
            throw new UnreadableImageException(name, "its pixels need more memory than there is", error);
        }
    }

    private static unsafe RgbImage PixelsOf(SKCodec codec, SKEncodedOrigin origin, string name)
    {
        // No color space: pixels as they are stored. Unpremultiplied: color survives where alpha is low.
        var info = new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        int length = checked(4 * info.Width * info.Height);
        byte[] rgba = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            fixed (byte* pixels = rgba)
            {
                SKCodecResult result = codec.GetPixels(info, (nint)pixels);
                if (result != SKCodecResult.Success)
                {
                    throw new UnreadableImageException(name, Explain(result));
                }
            }

            return RgbPacking.PackUpright(rgba.AsSpan(0, length), info.Width, info.Height, origin);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rgba);
        }
    }

    private static TiffFile OpenTiff(ReadOnlySpan<byte> bytes, string name)
    {
        TiffFile tiff = TiffFile.Open(bytes.ToArray(), name);
        try
        {
            RefuseSize(tiff.Width, tiff.Height, name);
            return tiff;
        }
        catch
        {
            tiff.Dispose();
            throw;
        }
    }

    /// <summary>Whether a file begins as an image that can be decoded, whatever its name.</summary>
    /// <param name="path">The file.</param>
    internal static bool Begins(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            Span<byte> start = stackalloc byte[12];
            return FormatOf(start[..file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)]) is not null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>The size in pixels after the EXIF orientation, from the header alone.</summary>
    /// <param name="bytes">The whole file, or enough of it to hold the header.</param>
    /// <param name="name">Name of the image in its source, for the error.</param>
    /// <exception cref="UnreadableImageException">
    /// Empty, not an image, a damaged header, 0 pixels, or above <see cref="MaxPixels"/>.
    /// </exception>
    public static unsafe (int Width, int Height) ReadSize(ReadOnlySpan<byte> bytes, string name)
    {
        if (FormatOf(bytes) == Tiff)
        {
            using TiffFile tiff = OpenTiff(bytes, name);
            return RgbPacking.SwapsSides(tiff.Origin) ? (tiff.Height, tiff.Width) : (tiff.Width, tiff.Height);
        }

        fixed (byte* address = bytes)
        {
            using SKData data = SKData.Create((nint)address, bytes.Length);
            using SKCodec codec = OpenCodec(data, bytes, name);
            (int width, int height) = (codec.Info.Width, codec.Info.Height);
            return RgbPacking.SwapsSides(OriginOf(codec, bytes)) ? (height, width) : (width, height);
        }
    }

    private static SKCodec OpenCodec(SKData data, ReadOnlySpan<byte> bytes, string name)
    {
        string? format = FormatOf(bytes);
        if (format is null)
        {
            throw new UnreadableImageException(
                name,
                bytes.IsEmpty ? "the file is empty"
                    : UnreadFormatOf(bytes) is { } unread ? $"{unread} images are not read: convert it to PNG or JPEG"
                    : "not a JPEG, PNG, BMP, GIF, WebP or TIFF image"
            );
        }

        SKCodec? codec = SKCodec.Create(data);
        if (codec is null)
        {
            throw new UnreadableImageException(name, $"the {format} header is damaged, cut short or states 0 pixels");
        }

        try
        {
            RefuseSize(codec.Info.Width, codec.Info.Height, name);
            return codec;
        }
        catch
        {
            codec.Dispose();
            throw;
        }
    }

    private static void RefuseSize(int width, int height, string name)
    {
        if (width < 1 || height < 1 || (long)width * height > MaxPixels)
        {
            throw new UnreadableImageException(name, $"{width}x{height} pixels; 1 to {MaxPixels / 1_000_000} million can be read");
        }
    }

    /// <summary>Refuses a header that states more pixels than the file can hold, before memory is taken for them.</summary>
    private static void RefuseEmptyPromise(SKImageInfo info, ReadOnlySpan<byte> bytes, string name)
    {
        string format = FormatOf(bytes)!;
        if ((long)info.Width * info.Height > bytes.Length * MostPixelsOfByte(format))
        {
            throw new UnreadableImageException(
                name,
                $"its header states {info.Width}x{info.Height} pixels, more than {bytes.Length} bytes of {format} can hold"
            );
        }
    }

    /// <summary>
    /// More pixels than a byte of a format can hold: a JPEG needs a bit of each block of 64 for its mean, deflate shrinks 1032 to 1 and a
    /// byte of PNG is 8
    /// pixels at most, LZW's longest code of 12 bits stands for 4096, a run of BMP is 255 in two bytes. WebP can hold any number in a few
    /// bytes.
    /// </summary>
    private static long MostPixelsOfByte(string format) =>
        format switch
        {
            "JPEG" => 1024,
            "PNG" => 8 * 1032,
            "GIF" => 4096,
            "BMP" => 255,
            _ => MaxPixels,
        };

    private static SKEncodedOrigin OriginOf(SKCodec codec, ReadOnlySpan<byte> bytes) =>
        codec.EncodedFormat == SKEncodedImageFormat.Png ? PngOrientation.Read(bytes) : codec.EncodedOrigin;

    /// <summary>By the first bytes. Skia would also try formats that almost any bytes satisfy (WBMP) or that are not asked for.</summary>
    private static string? FormatOf(ReadOnlySpan<byte> bytes) =>
        bytes switch
        {
            [0xFF, 0xD8, 0xFF, ..] => "JPEG",
            [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => "PNG",
            [(byte)'B', (byte)'M', ..] => "BMP",
            [(byte)'G', (byte)'I', (byte)'F', (byte)'8', ..] => "GIF",
            [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] => "WebP",
            [(byte)'I', (byte)'I', 42 or 43, 0, ..] or [(byte)'M', (byte)'M', 0, 42 or 43, ..] => Tiff,
            _ => null,
        };

    /// <summary>Formats that are known by their first bytes, and not read.</summary>
    private static string? UnreadFormatOf(ReadOnlySpan<byte> bytes) =>
        bytes switch
        {
            [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', (byte)'a', (byte)'v', (byte)'i', _, ..] => "AVIF",
            [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', ..] => "HEIC",
            [0, 0, 0, 12, (byte)'j', (byte)'P', ..] or [0xFF, 0x4F, 0xFF, 0x51, ..] => "JPEG 2000",
            [(byte)'P', >= (byte)'1' and <= (byte)'7', (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t', ..] => "PPM",
            _ => null,
        };

    private static string Explain(SKCodecResult result) =>
        result switch
        {
            SKCodecResult.IncompleteInput => "the file is truncated",
            SKCodecResult.ErrorInInput or SKCodecResult.InvalidInput => "the pixel data is damaged",
            _ => $"cannot be decoded ({result})",
        };
}

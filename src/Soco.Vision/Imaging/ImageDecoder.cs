namespace Soco.Vision.Imaging;

/// <summary>
/// Encoded bytes to pixels: JPEG (grey, CMYK and YCCK too), PNG, BMP, GIF (first frame), WebP, TIFF (first page) and Netpbm (PBM, PGM,
/// PPM), turned upright by their EXIF orientation. As Pillow's <c>convert("RGB")</c> does, alpha is dropped and color profiles are ignored;
/// of 16 bits the upper 8 stay.
/// </summary>
public static class ImageDecoder
{
    /// <summary>The most pixels that are read: 256 million. A header that states more is refused before anything is allocated.</summary>
    public const long MaxPixels = 256_000_000;

    private const string Tiff = "TIFF";
    private const string Netpbm = "Netpbm";

    /// <summary>Decodes an image, upright.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">Name of the image in its source, for the error.</param>
    /// <exception cref="UnreadableImageException">
    /// Empty, not an image, damaged, truncated, 0 pixels, or above <see cref="MaxPixels"/>.
    /// </exception>
    public static RgbImage Decode(ReadOnlySpan<byte> bytes, string name) => Use(bytes, name, image => image);

    /// <summary>
    /// Decodes an image and passes it to a function. Images that are in use at the same time hold a bounded number of pixels; a thread waits
    /// until there is room for its image.
    /// </summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">Name of the image in its source, for the error.</param>
    /// <param name="use">Receives the upright image. It must not decode another one, which might wait for ever.</param>
    /// <exception cref="UnreadableImageException">As of <see cref="Decode"/>.</exception>
    public static T Use<T>(ReadOnlySpan<byte> bytes, string name, Func<RgbImage, T> use)
    {
        using EncodedImage encoded = Open(bytes, name);
        long pixels = (long)encoded.Width * encoded.Height;
        if (pixels > bytes.Length * encoded.MostPixelsOfByte)
        {
            throw new UnreadableImageException(
                name,
                $"its header states {encoded.Width}x{encoded.Height} pixels, more than {bytes.Length} bytes of {FormatOf(bytes)} can hold"
            );
        }

        using PixelBudget.Share share = PixelBudget.Shared.Enter(pixels);
        return use(WithinMemory(name, bytes, (_, _) => encoded.Decode()));
    }

    /// <summary>The size in pixels after the EXIF orientation, from the header alone.</summary>
    /// <param name="bytes">The whole file, or enough of it to hold the header.</param>
    /// <param name="name">Name of the image in its source, for the error.</param>
    /// <exception cref="UnreadableImageException">
    /// Empty, not an image, a damaged header, 0 pixels, or above <see cref="MaxPixels"/>.
    /// </exception>
    public static (int Width, int Height) ReadSize(ReadOnlySpan<byte> bytes, string name)
    {
        using EncodedImage encoded = Open(bytes, name);
        return encoded.SwapsSides ? (encoded.Height, encoded.Width) : (encoded.Width, encoded.Height);
    }

    /// <summary>Whether an image is stored lying on its side; false for what is no image.</summary>
    /// <param name="bytes">The whole file.</param>
    internal static bool SwapsSides(ReadOnlySpan<byte> bytes)
    {
        try
        {
            using EncodedImage encoded = Open(bytes, "");
            return encoded.SwapsSides;
        }
        catch (UnreadableImageException)
        {
            return false;
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

    private static EncodedImage Open(ReadOnlySpan<byte> bytes, string name)
    {
        EncodedImage encoded = WithinMemory(name, bytes, OpenAny);
        (int width, int height) = (encoded.Width, encoded.Height);
        if (width >= 1 && height >= 1 && (long)width * height <= MaxPixels)
        {
            return encoded;
        }

        encoded.Dispose();
        throw new UnreadableImageException(name, $"{width}x{height} pixels; 1 to {MaxPixels / 1_000_000} million can be read");
    }

    private static EncodedImage OpenAny(ReadOnlySpan<byte> bytes, string name) =>
        FormatOf(bytes) switch
        {
            Tiff => TiffFile.Open(bytes.ToArray(), name),
            Netpbm => NetpbmFile.Open(bytes.ToArray(), name),
            { } format => SkiaFile.Open(bytes, format, name),
            null => throw new UnreadableImageException(
                name,
                bytes.IsEmpty ? "the file is empty"
                    : UnreadFormatOf(bytes) is { } unread ? $"{unread} images are not read: convert it to PNG or JPEG"
                    : "not a JPEG, PNG, BMP, GIF, WebP, TIFF or Netpbm image"
            ),
        };

    private static T WithinMemory<T>(string name, ReadOnlySpan<byte> bytes, Func<ReadOnlySpan<byte>, string, T> read)
    {
        try
        {
            return read(bytes, name);
        }
        catch (OutOfMemoryException error)
        {
            throw new UnreadableImageException(name, "it needs more memory than there is", error);
        }
    }

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
            [(byte)'P', >= (byte)'1' and <= (byte)'6', (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t' or (byte)'#', ..] => Netpbm,
            _ => null,
        };

    /// <summary>Formats that are known by their first bytes, and not read.</summary>
    private static string? UnreadFormatOf(ReadOnlySpan<byte> bytes) =>
        bytes switch
        {
            [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', (byte)'a', (byte)'v', (byte)'i', _, ..] => "AVIF",
            [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', ..] => "HEIC",
            [0, 0, 0, 12, (byte)'j', (byte)'P', ..] or [0xFF, 0x4F, 0xFF, 0x51, ..] => "JPEG 2000",
            [(byte)'P', (byte)'7', (byte)'\n', ..] => "PAM",
            _ => null,
        };
}

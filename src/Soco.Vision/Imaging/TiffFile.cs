using System.Buffers;
using System.Runtime.InteropServices;
using BitMiracle.LibTiff.Classic;
using SkiaSharp;

namespace Soco.Vision.Imaging;

/// <summary>
/// The first page of a TIFF, read by LibTiff: strips and tiles, 1 to 16 bits, gray, palette, RGB, YCbCr and CMYK, and all of LibTiff's
/// compressions.
/// </summary>
internal sealed class TiffFile : EncodedImage
{
    private readonly Tiff _tiff;
    private readonly string _name;

    static TiffFile() => Tiff.SetErrorHandler(new SilentHandler());

    private TiffFile(Tiff tiff, string name)
    {
        (_tiff, _name) = (tiff, name);
        Width = FieldOf(TiffTag.IMAGEWIDTH) ?? 0;
        Height = FieldOf(TiffTag.IMAGELENGTH) ?? 0;
        Origin = FieldOf(TiffTag.ORIENTATION) is >= 1 and <= 8 and var orientation ? (SKEncodedOrigin)orientation : SKEncodedOrigin.TopLeft;
    }

    /// <inheritdoc/>
    internal override int Width { get; }

    /// <inheritdoc/>
    internal override int Height { get; }

    /// <inheritdoc/>
    internal override SKEncodedOrigin Origin { get; }

    /// <inheritdoc/>
    internal override long MostPixelsOfByte => ImageDecoder.MaxPixels;

    /// <summary>Reads the header.</summary>
    /// <exception cref="UnreadableImageException">It is damaged.</exception>
    internal static TiffFile Open(byte[] bytes, string name) =>
        Guarded(
            name,
            () =>
                new TiffFile(
                    Tiff.ClientOpen(name, "r", new MemoryStream(bytes, writable: false), new TiffStream())
                        ?? throw new UnreadableImageException(name, "the TIFF header is damaged or cut short"),
                    name
                )
        );

    /// <inheritdoc/>
    internal override RgbImage Decode() =>
        Guarded(
            _name,
            () =>
            {
                int[] raster = ArrayPool<int>.Shared.Rent(Width * Height);
                try
                {
                    // When the requested orientation is the stored one, LibTiff flips nothing.
                    return _tiff.ReadRGBAImageOriented(Width, Height, raster, (Orientation)Origin, stopOnError: true)
                        ? RgbPacking.PackUpright(MemoryMarshal.AsBytes(raster.AsSpan(0, Width * Height)), Width, Height, Origin)
                        : throw new UnreadableImageException(_name, "the TIFF is damaged, truncated, or of a kind that is not read");
                }
                finally
                {
                    ArrayPool<int>.Shared.Return(raster);
                }
            }
        );

    /// <inheritdoc/>
    public override void Dispose() => _tiff.Dispose();

    /// <summary>LibTiff trusts the offsets and counts of a file, so a damaged one can end in an exception of any kind.</summary>
    private static T Guarded<T>(string name, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception error) when (error is not (UnreadableImageException or OutOfMemoryException))
        {
            throw new UnreadableImageException(name, "the TIFF is damaged", error);
        }
    }

    private int? FieldOf(TiffTag tag) => _tiff.GetField(tag)?[0].ToInt();

    /// <summary>Errors are reported as exceptions; LibTiff must not print them.</summary>
    private sealed class SilentHandler : TiffErrorHandler
    {
        public override void ErrorHandler(Tiff tif, string method, string format, params object[] args) { }

        public override void ErrorHandlerExt(Tiff tif, object clientData, string method, string format, params object[] args) { }

        public override void WarningHandler(Tiff tif, string method, string format, params object[] args) { }

        public override void WarningHandlerExt(Tiff tif, object clientData, string method, string format, params object[] args) { }
    }
}

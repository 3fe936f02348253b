using System.Buffers;
using System.Runtime.InteropServices;
using BitMiracle.LibTiff.Classic;
using SkiaSharp;

namespace Soco.Images;

/// <summary>The first page of a TIFF, by LibTiff: strips and tiles, 1 to 16 bits, grey, palette, RGB, YCbCr and CMYK, all of its compressions.</summary>
internal static class TiffDecoder
{
    static TiffDecoder() => Tiff.SetErrorHandler(new SilentHandler());

    /// <summary>Width and height as stored, and how to turn it upright.</summary>
    /// <exception cref="UnreadableImageException">The header is damaged.</exception>
    internal static (int Width, int Height, SKEncodedOrigin Origin) ReadHeader(byte[] bytes, string name) => Read(bytes, name, HeaderOf);

    /// <summary>The pixels, upright.</summary>
    /// <exception cref="UnreadableImageException">It is damaged, truncated, or of a kind that is not read, such as floating-point pixels.</exception>
    internal static RgbImage Decode(byte[] bytes, string name) => Read(bytes, name, tiff =>
    {
        (int width, int height, SKEncodedOrigin origin) = HeaderOf(tiff);
        int[] raster = ArrayPool<int>.Shared.Rent(width * height);
        try
        {
            // Asked for in the orientation that it is stored in, nothing is flipped on the way.
            return tiff.ReadRGBAImageOriented(width, height, raster, (Orientation)origin, stopOnError: true)
                ? RgbPacking.PackUpright(MemoryMarshal.AsBytes(raster.AsSpan(0, width * height)), width, height, origin)
                : throw new UnreadableImageException(name, "the TIFF is damaged, truncated, or of a kind that is not read");
        }
        finally
        {
            ArrayPool<int>.Shared.Return(raster);
        }
    });

    private static T Read<T>(byte[] bytes, string name, Func<Tiff, T> read)
    {
        try
        {
            using Tiff tiff = Tiff.ClientOpen(name, "r", new MemoryStream(bytes, writable: false), new TiffStream())
                ?? throw new UnreadableImageException(name, "the TIFF header is damaged or cut short");
            return read(tiff);
        }
        catch (Exception error) when (error is not (UnreadableImageException or OutOfMemoryException))
        {
            // LibTiff trusts offsets and counts of the file; what they break is the file's fault.
            throw new UnreadableImageException(name, "the TIFF is damaged", error);
        }
    }

    private static (int Width, int Height, SKEncodedOrigin Origin) HeaderOf(Tiff tiff)
    {
        int orientation = tiff.GetField(TiffTag.ORIENTATION)?[0].ToInt() ?? 1;
        return (
            tiff.GetField(TiffTag.IMAGEWIDTH)?[0].ToInt() ?? 0,
            tiff.GetField(TiffTag.IMAGELENGTH)?[0].ToInt() ?? 0,
            orientation is >= 1 and <= 8 ? (SKEncodedOrigin)orientation : SKEncodedOrigin.TopLeft);
    }

    /// <summary>The errors of a file become those of the image; nothing is printed.</summary>
    private sealed class SilentHandler : TiffErrorHandler
    {
        public override void ErrorHandler(Tiff tif, string method, string format, params object[] args)
        {
        }

        public override void ErrorHandlerExt(Tiff tif, object clientData, string method, string format, params object[] args)
        {
        }

        public override void WarningHandler(Tiff tif, string method, string format, params object[] args)
        {
        }

        public override void WarningHandlerExt(Tiff tif, object clientData, string method, string format, params object[] args)
        {
        }
    }
}

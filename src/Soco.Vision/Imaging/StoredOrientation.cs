using SkiaSharp;

namespace Soco.Vision.Imaging;

/// <summary>Whether an image file is stored lying on its side.</summary>
internal static class StoredOrientation
{
    /// <summary>Whether its EXIF orientation turns rows into columns when it is decoded; false for what is no image.</summary>
    /// <param name="bytes">The whole file.</param>
    internal static unsafe bool SwapsSides(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* address = bytes)
        {
            using SKData data = SKData.Create((nint)address, bytes.Length);
            using SKCodec? codec = SKCodec.Create(data);
            return codec is not null
                && RgbPacking.SwapsSides(
                    codec.EncodedFormat == SKEncodedImageFormat.Png ? PngOrientation.Read(bytes) : codec.EncodedOrigin
                );
        }
    }
}

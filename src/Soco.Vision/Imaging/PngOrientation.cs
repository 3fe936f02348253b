using System.Buffers.Binary;
using SkiaSharp;

namespace Soco.Vision.Imaging;

/// <summary>The EXIF orientation in a PNG's eXIf chunk (PNG 1.5 extensions), which Skia leaves unread; upright if none.</summary>
internal static class PngOrientation
{
    private const ushort OrientationTag = 0x0112;

    internal static SKEncodedOrigin Read(ReadOnlySpan<byte> png)
    {
        // After the signature: length, four letters, data, checksum, and again.
        for (int at = 8; at + 8 <= png.Length; )
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(png[at..]);
            if (length > png.Length - at - 8)
            {
                break;
            }

            if (png.Slice(at + 4, 4).SequenceEqual("eXIf"u8))
            {
                return ReadTiff(png.Slice(at + 8, (int)length));
            }

            at += (int)Math.Min(length + 12L, int.MaxValue - at);
        }

        return SKEncodedOrigin.TopLeft;
    }

    /// <summary>The first directory of a TIFF header: a count, then entries of 12 bytes (tag, type, count, value).</summary>
    private static SKEncodedOrigin ReadTiff(ReadOnlySpan<byte> tiff)
    {
        if (tiff.Length < 8)
        {
            return SKEncodedOrigin.TopLeft;
        }

        bool little = tiff[0] == 'I';
        uint directory = little ? BinaryPrimitives.ReadUInt32LittleEndian(tiff[4..]) : BinaryPrimitives.ReadUInt32BigEndian(tiff[4..]);
        if (directory > tiff.Length - 2)
        {
            return SKEncodedOrigin.TopLeft;
        }

        ReadOnlySpan<byte> entries = tiff[((int)directory + 2)..];
        for (int left = ReadUInt16(tiff[(int)directory..], little); left > 0 && entries.Length >= 12; left--, entries = entries[12..])
        {
            int value = ReadUInt16(entries[8..], little);
            if (ReadUInt16(entries, little) == OrientationTag && value is >= 1 and <= 8)
            {
                return (SKEncodedOrigin)value;
            }
        }

        return SKEncodedOrigin.TopLeft;
    }

    private static ushort ReadUInt16(ReadOnlySpan<byte> bytes, bool little) =>
        little ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes);
}

using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Soco.Vision.Imaging;

namespace Soco.Vision.Sources;

/// <summary>
/// Where one entry lies in a zip. Method 0 is stored, 8 is deflated; lengths and offsets in bytes; the CRC-32 is of the bytes as they were.
/// </summary>
internal readonly record struct ZipEntry(
    string Name,
    long HeaderOffset,
    long StoredLength,
    long Length,
    int Method,
    bool IsEncrypted,
    uint Crc32
);

/// <summary>Reads the central directory of a zip (PKWARE APPNOTE 6.3.10, sections 4.3.12 to 4.3.16).</summary>
internal static class ZipDirectory
{
    private const int EndLength = 22;
    private const int LongestComment = 65535;
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <param name="file">The zip.</param>
    /// <param name="path">What error sentences call it.</param>
    /// <param name="nameOf">From an entry's name in the zip to what the caller calls it, or null to leave it out.</param>
    /// <exception cref="SocoDataException">It is not a zip, or damaged.</exception>
    internal static List<ZipEntry> Read(SafeFileHandle file, string path, Func<string, string?> nameOf)
    {
        try
        {
            (byte[] directory, long shift) = ReadDirectory(file, path);
            return ReadEntries(directory, shift, nameOf);
        }
        catch (Exception error) when (error is ArgumentOutOfRangeException or OverflowException or UnreadableImageException)
        {
            throw new SocoDataException($"{path} is a damaged zip: fetch or pack it again.", error);
        }
    }

    /// <summary>The bytes of the directory, and how far the offsets in it are off where something stands before the zip.</summary>
    private static (byte[] Directory, long Shift) ReadDirectory(SafeFileHandle file, string path)
    {
        long fileLength = RandomAccess.GetLength(file);
        int tailLength = (int)Math.Min(fileLength, EndLength + LongestComment);
        byte[] tail = StoredRange.Read(file, fileLength - tailLength, tailLength, path);
        int end = tail.AsSpan().LastIndexOf("PK\u0005\u0006"u8);
        if (end < 0 || end + EndLength > tail.Length)
        {
            throw new SocoDataException($"{path} is not a zip or is cut short: fetch or pack it again.");
        }

        long endsAt = fileLength - tailLength + end;
        long length = UInt32(tail, end + 12);
        long offset = UInt32(tail, end + 16);
        if (end >= 20 && tail.AsSpan(end - 20).StartsWith("PK\u0006\u0007"u8))
        {
            // The 64-bit record stands between the directory and the end; some writers, torch among them, always write one.
            endsAt = Int64(tail, end - 20 + 8);
            byte[] end64 = StoredRange.Read(file, endsAt, 56, path);
            (length, offset) = (Int64(end64, 40), Int64(end64, 48));
        }

        return (StoredRange.Read(file, endsAt - length, length, path), endsAt - length - offset);
    }

    private static List<ZipEntry> ReadEntries(byte[] directory, long shift, Func<string, string?> nameOf)
    {
        var entries = new List<ZipEntry>();
        for (int at = 0; at + 46 <= directory.Length && directory.AsSpan(at).StartsWith("PK\u0001\u0002"u8); )
        {
            int nameLength = UInt16(directory, at + 28);
            int extraLength = UInt16(directory, at + 30);
            if (nameOf(DecodeName(directory.AsSpan(at + 46, nameLength))) is { } name)
            {
                long length = UInt32(directory, at + 24);
                long stored = UInt32(directory, at + 20);
                long offset = UInt32(directory, at + 42);
                ReadZip64(directory.AsSpan(at + 46 + nameLength, extraLength), ref length, ref stored, ref offset);
                bool encrypted = (UInt16(directory, at + 8) & 1) != 0;
                entries.Add(
                    new ZipEntry(
                        name,
                        offset + shift,
                        stored,
                        length,
                        UInt16(directory, at + 10),
                        encrypted,
                        (uint)UInt32(directory, at + 16)
                    )
                );
            }

            at += 46 + nameLength + extraLength + UInt16(directory, at + 32);
        }

        return entries;
    }

    /// <summary>The extra field 1 holds, in this order, those of the three that 32 bits cannot.</summary>
    private static void ReadZip64(ReadOnlySpan<byte> extra, ref long length, ref long stored, ref long offset)
    {
        while (extra.Length >= 4)
        {
            ReadOnlySpan<byte> field = extra.Slice(4, Math.Min(UInt16(extra, 2), extra.Length - 4));
            if (UInt16(extra, 0) == 1)
            {
                Take(ref field, ref length);
                Take(ref field, ref stored);
                Take(ref field, ref offset);
                return;
            }

            extra = extra[(4 + field.Length)..];
        }
    }

    private static void Take(ref ReadOnlySpan<byte> field, ref long value)
    {
        if (value == uint.MaxValue && field.Length >= 8)
        {
            value = Int64(field, 0);
            field = field[8..];
        }
    }

    /// <summary>UTF-8, flagged or not, as tools of today write it; else one letter a byte, so that names stay distinct.</summary>
    private static string DecodeName(ReadOnlySpan<byte> name)
    {
        try
        {
            return StrictUtf8.GetString(name);
        }
        catch (DecoderFallbackException)
        {
            return Encoding.Latin1.GetString(name);
        }
    }

    private static int UInt16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static long UInt32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static long Int64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]);
}

using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace Soco.Weights.Export;

/// <summary>
/// Writes a zip whose entries are stored as they are, each beginning at a multiple of 64 bytes as torch's do, so that the file can be
/// mapped into memory; longer than 4 GiB where it must be (PKWARE APPNOTE 6.3.10). The same entries give the same bytes.
/// </summary>
/// <param name="stream">Where to; it can seek.</param>
internal sealed class StoredZipWriter(Stream stream) : IDisposable
{
    private const int Alignment = 64;
    private const int LocalHeaderLength = 30;
    private const int Zip64 = 1;

    /// <summary>The extra field with which torch pads: "FB".</summary>
    private const int Padding = 0x4246;

    private const int PaddingHeaderLength = 4;

    private const int Utf8Names = 1 << 11;
    private const ushort Version45 = 45;

    /// <summary>The first day that a zip knows, so that the time of writing leaves no trace.</summary>
    private const int Date = 1 << 5 | 1;

    private readonly List<(byte[] Name, long Offset, long Length, uint Checksum)> _entries = [];

    public delegate void Writing(ReadOnlySpan<byte> bytes);

    /// <summary>Adds an entry.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="write">Writes exactly these bytes.</param>
    public void Add(string name, long length, Action<Writing> write)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        long offset = stream.Position;
        long[] wide = length >= uint.MaxValue ? [length, length] : [];
        int extraLength = ExtraLengthFor(offset + LocalHeaderLength + bytes.Length, wide.Length);
        Span<byte> header = stackalloc byte[LocalHeaderLength + extraLength];
        header.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(header, 0x04034b50);
        WriteCommon(header[4..], length, checksum: 0, bytes.Length, extraLength);
        WriteExtra(header[LocalHeaderLength..], wide);
        stream.Write(header[..LocalHeaderLength]);
        stream.Write(bytes);
        stream.Write(header[LocalHeaderLength..]);

        var checksum = new Crc32();
        long start = stream.Position;
        write(piece =>
        {
            checksum.Append(piece);
            stream.Write(piece);
        });
        long end = stream.Position;
        if (end - start != length)
        {
            throw new InvalidOperationException($"The entry {name} has {end - start} bytes, but {length} were told.");
        }

        Span<byte> sum = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(sum, checksum.GetCurrentHashAsUInt32());
        stream.Position = offset + 14;
        stream.Write(sum);
        stream.Position = end;
        _entries.Add((bytes, offset, length, checksum.GetCurrentHashAsUInt32()));
    }

    /// <summary>Writes the directory.</summary>
    public void Dispose()
    {
        long start = stream.Position;
        Span<byte> header = stackalloc byte[46];
        Span<byte> extra = stackalloc byte[28];
        foreach ((byte[] name, long offset, long length, uint checksum) in _entries)
        {
            long[] wide = [.. new[] { length, length, offset }.Where(value => value >= uint.MaxValue)];
            int extraLength = Zip64Length(wide.Length);
            header.Clear();
            BinaryPrimitives.WriteUInt32LittleEndian(header, 0x02014b50);
            BinaryPrimitives.WriteUInt16LittleEndian(header[4..], Version45);
            WriteCommon(header[6..], length, checksum, name.Length, extraLength);
            BinaryPrimitives.WriteUInt32LittleEndian(header[42..], Narrow(offset));
            stream.Write(header);
            stream.Write(name);
            WriteExtra(extra[..extraLength], wide);
            stream.Write(extra[..extraLength]);
        }

        WriteEnd(start, stream.Position - start);
    }

    /// <summary>The 64-bit lengths, where there are some, then padding up to the next multiple of 64.</summary>
    private static int ExtraLengthFor(long end, int wideValues)
    {
        int needed = Zip64Length(wideValues) + PaddingHeaderLength;
        return needed + (int)((Alignment - (end + needed) % Alignment) % Alignment);
    }

    private static int Zip64Length(int values) => values == 0 ? 0 : 4 + 8 * values;

    private static void WriteExtra(Span<byte> extra, ReadOnlySpan<long> wide)
    {
        if (wide.Length > 0)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(extra, Zip64);
            BinaryPrimitives.WriteUInt16LittleEndian(extra[2..], (ushort)(8 * wide.Length));
            for (int i = 0; i < wide.Length; i++)
            {
                BinaryPrimitives.WriteInt64LittleEndian(extra[(4 + 8 * i)..], wide[i]);
            }
        }

        Span<byte> padding = extra[Zip64Length(wide.Length)..];
        if (padding.Length >= PaddingHeaderLength)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(padding, Padding);
            BinaryPrimitives.WriteUInt16LittleEndian(padding[2..], (ushort)(padding.Length - PaddingHeaderLength));
        }
    }

    /// <summary>The 26 bytes that the two headers of an entry share: from the version to the length of the extra field.</summary>
    private static void WriteCommon(Span<byte> header, long length, uint checksum, int nameLength, int extraLength)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(header, Version45);
        BinaryPrimitives.WriteUInt16LittleEndian(header[2..], Utf8Names);
        BinaryPrimitives.WriteUInt16LittleEndian(header[8..], Date);
        BinaryPrimitives.WriteUInt32LittleEndian(header[10..], checksum);
        BinaryPrimitives.WriteUInt32LittleEndian(header[14..], Narrow(length));
        BinaryPrimitives.WriteUInt32LittleEndian(header[18..], Narrow(length));
        BinaryPrimitives.WriteUInt16LittleEndian(header[22..], (ushort)nameLength);
        BinaryPrimitives.WriteUInt16LittleEndian(header[24..], (ushort)extraLength);
    }

    private void WriteEnd(long start, long length)
    {
        Span<byte> end = stackalloc byte[56 + 20 + 22];
        end.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(end, 0x06064b50);
        BinaryPrimitives.WriteInt64LittleEndian(end[4..], 44);
        BinaryPrimitives.WriteUInt16LittleEndian(end[12..], Version45);
        BinaryPrimitives.WriteUInt16LittleEndian(end[14..], Version45);
        BinaryPrimitives.WriteInt64LittleEndian(end[24..], _entries.Count);
        BinaryPrimitives.WriteInt64LittleEndian(end[32..], _entries.Count);
        BinaryPrimitives.WriteInt64LittleEndian(end[40..], length);
        BinaryPrimitives.WriteInt64LittleEndian(end[48..], start);

        Span<byte> locator = end[56..];
        BinaryPrimitives.WriteUInt32LittleEndian(locator, 0x07064b50);
        BinaryPrimitives.WriteInt64LittleEndian(locator[8..], start + length);
        BinaryPrimitives.WriteUInt32LittleEndian(locator[16..], 1);

        Span<byte> last = end[76..];
        ushort count = (ushort)Math.Min(_entries.Count, ushort.MaxValue);
        BinaryPrimitives.WriteUInt32LittleEndian(last, 0x06054b50);
        BinaryPrimitives.WriteUInt16LittleEndian(last[8..], count);
        BinaryPrimitives.WriteUInt16LittleEndian(last[10..], count);
        BinaryPrimitives.WriteUInt32LittleEndian(last[12..], Narrow(length));
        BinaryPrimitives.WriteUInt32LittleEndian(last[16..], Narrow(start));
        stream.Write(end);
    }

    private static uint Narrow(long value) => (uint)Math.Min(value, uint.MaxValue);
}

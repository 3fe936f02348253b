using System.Buffers.Binary;
using System.Text;

namespace Soco.Weights.Pickles;

/// <summary>Reads a stretch of a file from front to back through a small window.</summary>
/// <param name="range">The stretch.</param>
internal sealed class ByteReader(FileRange range)
{
    private const int LongestNumber = 40;

    private readonly byte[] _window = new byte[Math.Min(range.Length, 1 << 16)];
    private long _windowStart;
    private int _windowLength;

    /// <summary>The next byte's place in the stretch.</summary>
    public long Position { get; private set; }

    public bool AtEnd => Position == range.Length;

    /// <summary>The next byte.</summary>
    /// <exception cref="FormatException">There is none.</exception>
    public byte Byte()
    {
        if (Position < _windowStart || Position >= _windowStart + _windowLength)
        {
            Demand(1);
            _windowStart = Position;
            _windowLength = (int)Math.Min(_window.Length, range.Length - Position);
            range.Read(Position, _window.AsSpan(0, _windowLength));
        }

        return _window[Position++ - _windowStart];
    }

    public long UInt16() => Unsigned(2);

    public long UInt32() => Unsigned(4);

    public long Int32() => (int)Unsigned(4);

    /// <summary>A length or a number of 8 bytes; those beyond 2^63 come out negative.</summary>
    public long Int64() => Unsigned(8);

    public double BigEndianDouble()
    {
        Span<byte> bytes = stackalloc byte[8];
        Fill(bytes);
        return BinaryPrimitives.ReadDoubleBigEndian(bytes);
    }

    public void Fill(Span<byte> bytes)
    {
        Demand(bytes.Length);
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = Byte();
        }
    }

    /// <summary>The next bytes, left where they are.</summary>
    public FileRange Skip(long count)
    {
        Demand(count);
        FileRange skipped = range.Slice(Position, count);
        Position += count;
        return skipped;
    }

    /// <summary>The bytes up to the next line feed, which is passed.</summary>
    public FileRange Line()
    {
        long start = Position;
        while (Byte() != '\n') { }

        return range.Slice(start, Position - 1 - start);
    }

    /// <summary>A line that holds a number or a name.</summary>
    public string ShortLine(int longest = LongestNumber)
    {
        FileRange line = Line();
        if (line.Length > longest)
        {
            throw new FormatException($"a line of {line.Length} bytes stands where a number or a name belongs");
        }

        byte[] bytes = new byte[line.Length];
        line.Read(0, bytes);
        return Encoding.UTF8.GetString(bytes).TrimEnd('\r');
    }

    private long Unsigned(int count)
    {
        Span<byte> bytes = stackalloc byte[8];
        bytes.Clear();
        Fill(bytes[..count]);
        return BinaryPrimitives.ReadInt64LittleEndian(bytes);
    }

    private void Demand(long count)
    {
        if (count < 0 || count > range.Length - Position)
        {
            throw new FormatException(
                count is < 0 or > int.MaxValue
                    ? $"it gives {(ulong)count} as a length at byte {Position}"
                    : $"it ends {count - (range.Length - Position)} bytes too soon"
            );
        }
    }
}

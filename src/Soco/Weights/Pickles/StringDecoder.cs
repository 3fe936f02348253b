namespace Soco.Weights.Pickles;

/// <summary>Gives the bytes of a string in a pickle, one after the other.</summary>
/// <param name="range">Where it stands.</param>
/// <param name="form">How it stands there.</param>
internal sealed class StringDecoder(FileRange range, StringForm form)
{
    private readonly ByteReader _reader = new(range);

    /// <summary>Fills the buffer as far as the string goes.</summary>
    /// <returns>Bytes filled.</returns>
    /// <exception cref="FormatException">A letter is no byte, or an escape is none.</exception>
    public int Fill(Span<byte> buffer)
    {
        for (int i = 0; i < buffer.Length; i++)
        {
            if (_reader.AtEnd)
            {
                return i;
            }

            byte next = _reader.Byte();
            buffer[i] = form switch
            {
                StringForm.Utf8 when next >= 0x80 => Letter(next),
                StringForm.UnicodeEscapes when next == '\\' => UnicodeEscape(),
                StringForm.StringEscapes when next == '\\' => StringEscape(),
                _ => next,
            };
        }

        return buffer.Length;
    }

    /// <summary>Latin-1's upper half in UTF-8: two bytes, the first C2 or C3.</summary>
    private byte Letter(byte lead)
    {
        byte next = _reader.Byte();
        return lead is 0xC2 or 0xC3 && (next & 0xC0) == 0x80 ? (byte)((lead & 3) << 6 | next & 0x3F) : throw NoByte();
    }

    private byte UnicodeEscape()
    {
        int digits = _reader.Byte() switch
        {
            (byte)'u' => 4,
            (byte)'U' => 8,
            _ => throw NoByte(),
        };
        return Hexadecimal(digits);
    }

    private byte StringEscape() =>
        _reader.Byte() switch
        {
            (byte)'x' => Hexadecimal(2),
            (byte)'n' => (byte)'\n',
            (byte)'r' => (byte)'\r',
            (byte)'t' => (byte)'\t',
            var same and ((byte)'\\' or (byte)'\'' or (byte)'"') => same,
            _ => throw NoByte(),
        };

    private byte Hexadecimal(int digits)
    {
        uint value = 0;
        for (int i = 0; i < digits; i++)
        {
            char digit = (char)_reader.Byte();
            value = value << 4 | (char.IsAsciiHexDigit(digit) ? (uint)Convert.ToInt32(digit.ToString(), 16) : throw NoByte());
        }

        return value <= byte.MaxValue ? (byte)value : throw NoByte();
    }

    private static FormatException NoByte() => new("a string that stands for bytes holds something else");
}

namespace Soco.Vision.Imaging;

/// <summary>
/// The first image of a Netpbm file: PBM, PGM or PPM, as text (P1 to P3) or binary (P4 to P6), of 1 to 16 bits
/// (netpbm.sourceforge.net/doc). Of 16 bits the upper 8 stay; other maxima are scaled to 255 and rounded.
/// </summary>
internal sealed class NetpbmFile : EncodedImage
{
    private const int Bits = 4;
    private const int LargestMaximum = 65535;

    private readonly byte[] _bytes;
    private readonly string _name;
    private readonly int _kind;
    private readonly int _maximum;
    private int _at;

    private NetpbmFile(byte[] bytes, string name)
    {
        (_bytes, _name, _kind, _at) = (bytes, name, bytes[1] - '0', 2);
        Width = Number(int.MaxValue);
        Height = Number(int.MaxValue);
        _maximum = IsBitmap ? 1 : Number(LargestMaximum);
        if (_maximum == 0)
        {
            throw new UnreadableImageException(name, "its header states a largest value of 0");
        }
    }

    /// <inheritdoc/>
    internal override int Width { get; }

    /// <inheritdoc/>
    internal override int Height { get; }

    /// <inheritdoc/>
    internal override long MostPixelsOfByte => 8;

    private bool IsBitmap => _kind is 1 or Bits;

    private int Channels => _kind is 3 or 6 ? 3 : 1;

    /// <summary>Reads the header.</summary>
    /// <exception cref="UnreadableImageException">It is damaged.</exception>
    internal static NetpbmFile Open(byte[] bytes, string name) => new(bytes, name);

    /// <inheritdoc/>
    internal override RgbImage Decode()
    {
        int start = _at;
        var image = new RgbImage(Width, Height);
        if (_kind >= Bits)
        {
            // One blank ends the header.
            _at++;
        }

        for (int y = 0, at = 0; y < Height; y++)
        {
            for (int x = 0; x < Width; x++, at += 3)
            {
                for (int channel = 0; channel < 3; channel++)
                {
                    image.Pixels[at + channel] = channel < Channels ? Sample(x, y) : image.Pixels[at];
                }
            }
        }

        _at = start;
        return image;
    }

    /// <summary>The next value, 0 to 255.</summary>
    private byte Sample(int x, int y)
    {
        switch (_kind)
        {
            case 1:
                return Digit() == '0' ? (byte)255 : (byte)0;
            case Bits:
                int place = _at + y * ((Width + 7) / 8) + x / 8;
                return (Byte(place) >> (7 - x % 8) & 1) == 0 ? (byte)255 : (byte)0;
            case < Bits:
                return Scaled(Number(LargestMaximum));
            default:
                int wide = _maximum > byte.MaxValue ? 2 : 1;
                _at += wide;
                return Scaled(wide == 1 ? Byte(_at - 1) : Byte(_at - 1) | Byte(_at - 2) << 8);
        }
    }

    private byte Scaled(int value) =>
        value >= _maximum ? byte.MaxValue
        : _maximum == LargestMaximum ? (byte)(value >> 8)
        : (byte)((value * 255L + _maximum / 2) / _maximum);

    private int Byte(int place) =>
        place < _bytes.Length ? _bytes[place] : throw new UnreadableImageException(_name, "the file is truncated");

    /// <summary>The next character that is no blank and in no comment.</summary>
    private int Digit()
    {
        while (true)
        {
            int letter = Byte(_at++);
            if (letter == '#')
            {
                while (Byte(_at++) is not ('\n' or '\r')) { }
            }
            else if (!IsBlank(letter))
            {
                return letter is >= '0' and <= '9'
                    ? letter
                    : throw new UnreadableImageException(_name, "the file is damaged: a number is expected");
            }
        }
    }

    private int Number(int most)
    {
        long value = Digit() - '0';
        while (_at < _bytes.Length && _bytes[_at] is >= (byte)'0' and <= (byte)'9')
        {
            value = Math.Min(value * 10 + _bytes[_at++] - '0', (long)most + 1);
        }

        return value <= most ? (int)value : throw new UnreadableImageException(_name, $"the file is damaged: a number is above {most}");
    }

    private static bool IsBlank(int letter) => letter is ' ' or '\t' or '\n' or '\r' or '\v' or '\f';
}

using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Soco.Vision.IO;

/// <summary>
/// Texts of JSON as Python reads them: half of a surrogate pair, which .NET's reader refuses, becomes U+FFFD.
/// </summary>
internal static class JsonText
{
    private const int UnicodeEscape = 6;

    /// <summary>The text or property name at a reader whose bytes were checked by <see cref="Utf8Pieces"/>.</summary>
    public static string Of(in Utf8JsonReader reader)
    {
        ReadOnlySpan<byte> left = reader.ValueSpan;
        if (!reader.ValueIsEscaped)
        {
            return Encoding.UTF8.GetString(left);
        }

        var text = new StringBuilder(left.Length);
        for (int escape; (escape = left.IndexOf((byte)'\\')) >= 0; )
        {
            text.Append(Encoding.UTF8.GetString(left[..escape]));
            left = left[escape..];
            text.Append(Escaped(left));
            left = left[(left[1] == 'u' ? UnicodeEscape : 2)..];
        }

        text.Append(Encoding.UTF8.GetString(left));
        return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.ToString()));
    }

    /// <summary>The character of an escape; the reader has made sure that it is a whole one.</summary>
    private static char Escaped(ReadOnlySpan<byte> escape) =>
        escape[1] switch
        {
            (byte)'b' => '\b',
            (byte)'f' => '\f',
            (byte)'n' => '\n',
            (byte)'r' => '\r',
            (byte)'t' => '\t',
            (byte)'u' when Utf8Parser.TryParse(escape[2..UnicodeEscape], out ushort unit, out _, 'x') => (char)unit,
            byte same => (char)same,
        };
}

/// <summary>Makes sure that a file that is read in pieces is UTF-8, and names the byte that is not.</summary>
/// <param name="path">The file's name in messages.</param>
internal sealed class Utf8Pieces(string path)
{
    private long _valid;
    private int _pending;

    /// <summary>Checks the next piece.</summary>
    /// <param name="filled">The buffer up to the end of the piece; it holds the end of the piece before, as far as that may be cut.</param>
    /// <param name="added">Bytes of the piece; 0 at the end of the file.</param>
    /// <exception cref="SocoDataException">It is not UTF-8.</exception>
    public void Check(ReadOnlySpan<byte> filled, int added)
    {
        ReadOnlySpan<byte> open = filled[^(added + _pending)..];
        int at = Utf8.IsValid(open) ? open.Length : 0;
        while (at < open.Length)
        {
            OperationStatus status = Rune.DecodeFromUtf8(open[at..], out _, out int length);
            if (status == OperationStatus.NeedMoreData && added > 0)
            {
                break;
            }

            if (status != OperationStatus.Done)
            {
                throw new SocoDataException(
                    _valid + at == 0 && open is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..]
                        ? $"{path} is written in UTF-16, and JSON is UTF-8; save it again as UTF-8."
                        : $"{path} is not UTF-8: byte {_valid + at + 1} is 0x{open[at]:X2}; save it again as UTF-8."
                );
            }

            at += length;
        }

        _valid += at;
        _pending = open.Length - at;
    }
}

namespace Soco.Vision.IO;

/// <summary>
/// Python writes NaN and Infinity, which are no JSON: outside strings they become <c>9e9</c>, which is beyond any image, in place.
/// </summary>
internal sealed class NonFiniteNumbers
{
    private static readonly (byte[] Word, byte[] Number)[] s_words =
    [
        ("NaN"u8.ToArray(), "9e9"u8.ToArray()),
        ("Infinity"u8.ToArray(), "9e9     "u8.ToArray()),
    ];

    private bool _inString;
    private bool _escaped;
    private int _word;
    private int _at;

    /// <summary>Replaces the words in the next piece of a file; a word or a string may go over the edge of two pieces.</summary>
    public void Replace(Span<byte> bytes)
    {
        for (int i = 0; i < bytes.Length; )
        {
            if (_escaped)
            {
                _escaped = false;
                i++;
            }
            else if (_at > 0 && bytes[i] == s_words[_word].Word[_at])
            {
                Take(ref bytes[i++]);
            }
            else
            {
                _at = 0;
                int skip = _inString
                    ? bytes[i..].IndexOfAny((byte)'"', (byte)'\\')
                    : bytes[i..].IndexOfAny((byte)'"', (byte)'N', (byte)'I');
                if (skip < 0)
                {
                    return;
                }

                ref byte found = ref bytes[i + skip];
                i += skip + 1;
                switch (found)
                {
                    case (byte)'"':
                        _inString = !_inString;
                        break;
                    case (byte)'\\':
                        _escaped = true;
                        break;
                    default:
                        _word = found == 'N' ? 0 : 1;
                        Take(ref found);
                        break;
                }
            }
        }
    }

    private void Take(ref byte letter)
    {
        letter = s_words[_word].Number[_at++];
        _at %= s_words[_word].Word.Length;
    }
}

using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Soco.Vision.IO;

/// <summary>
/// The tokens of a JSON file, read as a stream: a file of any size takes the memory of its largest token. NaN and Infinity, which Python
/// writes, come as numbers beyond any image; numbers may be written as texts.
/// </summary>
internal ref struct JsonTokens
{
    private const int FirstSize = 1 << 16;

    private readonly string _path;
    private readonly Stream _stream;
    private readonly NonFiniteNumbers _nonFinite = new();
    private readonly Utf8Pieces _utf8;
    private byte[] _buffer = new byte[FirstSize];
    private int _filled;
    private long _before;
    private bool _final;
    private Utf8JsonReader _reader;

    /// <param name="path">The file's name in messages.</param>
    /// <param name="stream">The file.</param>
    public JsonTokens(string path, Stream stream)
    {
        (_path, _stream, _utf8) = (path, stream, new Utf8Pieces(path));
        ReadOnlySpan<byte> mark = [0xEF, 0xBB, 0xBF];
        Fill(0);
        int skipped = _buffer.AsSpan(0, _filled).StartsWith(mark) ? mark.Length : 0;
        _before = skipped;
        _filled -= skipped;
        _buffer.AsSpan(skipped, _filled).CopyTo(_buffer);
        _reader = new Utf8JsonReader(_buffer.AsSpan(0, _filled), _final, default);
    }

    /// <summary>Kind of the token.</summary>
    public readonly JsonTokenType Type => _reader.TokenType;

    /// <summary>How deep the token lies; the start and the end of a list or an object lie equally deep.</summary>
    public readonly int Depth => _reader.CurrentDepth;

    /// <summary>What is being read, such as "annotation 7", for messages; empty for nothing that has a name.</summary>
    public string Item { get; set; } = "";

    /// <summary>The token as the file has it, shortened, for messages.</summary>
    public readonly string Found
    {
        get
        {
            const int most = 40;
            string text = Type switch
            {
                JsonTokenType.StartObject => "{",
                JsonTokenType.EndObject => "}",
                JsonTokenType.StartArray => "[",
                JsonTokenType.EndArray => "]",
                JsonTokenType.String => $"\"{JsonText.Of(_reader)}\"",
                _ => Encoding.UTF8.GetString(_reader.ValueSpan),
            };
            return text.Length > most ? $"{text[..most]}..." : text;
        }
    }

    /// <summary>The place of the token in the file, from 1.</summary>
    public readonly long Byte => _before + _reader.TokenStartIndex + 1;

    /// <summary>Goes to the next token.</summary>
    /// <returns>False after the last.</returns>
    /// <exception cref="JsonException">The file is no JSON.</exception>
    public bool Read()
    {
        while (!_reader.Read())
        {
            if (_final)
            {
                return false;
            }

            int consumed = (int)_reader.BytesConsumed,
                left = _filled - consumed;
            if (left == _buffer.Length)
            {
                Array.Resize(ref _buffer, checked(2 * _buffer.Length));
            }

            JsonReaderState state = _reader.CurrentState;
            _buffer.AsSpan(consumed, left).CopyTo(_buffer);
            _before += consumed;
            Fill(left);
            _reader = new Utf8JsonReader(_buffer.AsSpan(0, _filled), _final, state);
        }

        return true;
    }

    /// <summary>Goes to the next token, which has to be of a kind.</summary>
    /// <param name="type">The kind.</param>
    /// <param name="what">What stands there, for the message.</param>
    public void Expect(JsonTokenType type, string what)
    {
        Read();
        Need(type, what);
    }

    /// <summary>Checks the kind of the token.</summary>
    public readonly void Need(JsonTokenType type, string what)
    {
        if (Type != type)
        {
            throw Wrong(what);
        }
    }

    /// <summary>Goes to the next item of an array, or to its end.</summary>
    /// <returns>False at the end.</returns>
    public bool NextItem() => Read() && Type != JsonTokenType.EndArray;

    /// <summary>Goes to the name of an object's next property, or to the object's end.</summary>
    /// <returns>False at the end.</returns>
    public bool NextName() => Read() && Type == JsonTokenType.PropertyName;

    /// <summary>Whether a property's name or a text is this.</summary>
    public readonly bool Is(ReadOnlySpan<byte> text) =>
        _reader.ValueIsEscaped ? JsonText.Of(_reader) == Encoding.UTF8.GetString(text) : _reader.ValueSpan.SequenceEqual(text);

    /// <summary>Passes over the value after a property's name.</summary>
    public void SkipValue()
    {
        Read();
        SkipToEndOfValue();
    }

    /// <summary>Goes on to the end of the value that begins at this token.</summary>
    public void SkipToEndOfValue()
    {
        if (Type is JsonTokenType.StartObject or JsonTokenType.StartArray)
        {
            SkipToEnd(Depth);
        }
    }

    /// <summary>Goes on to the end of the list or object that began at a depth, from somewhere inside of it.</summary>
    public void SkipToEnd(int depth)
    {
        while (Depth != depth || Type is not (JsonTokenType.EndObject or JsonTokenType.EndArray))
        {
            if (!Read())
            {
                return;
            }
        }
    }

    /// <summary>The number at this token, also where it is written as a text.</summary>
    public readonly bool TryDouble(out double value)
    {
        value = 0;
        return Type switch
        {
            JsonTokenType.Number => _reader.TryGetDouble(out value),
            JsonTokenType.String => double.TryParse(JsonText.Of(_reader), NumberStyles.Float, CultureInfo.InvariantCulture, out value),
            _ => false,
        };
    }

    /// <summary>The number at this token.</summary>
    public readonly double Double(string what) => TryDouble(out double value) ? value : throw Wrong(what);

    /// <summary>The number at this token; null where it is <c>null</c>.</summary>
    public readonly double? DoubleOrNull(string what) => Type == JsonTokenType.Null ? null : Double(what);

    /// <summary>The whole number at this token, within the range of an int; 7.0 is one.</summary>
    public readonly int Int32(string what) =>
        Double(what) is >= int.MinValue and <= int.MaxValue and var value && value == Math.Floor(value) ? (int)value : throw Wrong(what);

    /// <summary>
    /// The flag at this token: true, false, or a number that is 0 or not; <c>null</c> is false. Null where it is something else.
    /// </summary>
    public readonly bool? Flag() =>
        Type switch
        {
            JsonTokenType.True => true,
            JsonTokenType.False or JsonTokenType.Null => false,
            _ => TryDouble(out double number) ? number != 0 : null,
        };

    /// <summary>The id at this token: a number or a text.</summary>
    public readonly JsonId Id(string what)
    {
        if (Type == JsonTokenType.Number)
        {
            return _reader.TryGetInt64(out long number) ? new JsonId(number)
                : Double(what) is var value && value == Math.Floor(value) && Math.Abs(value) < 1L << 53 ? new JsonId((long)value)
                : new JsonId(Found);
        }

        return Type == JsonTokenType.String && JsonText.Of(_reader) is { Length: > 0 } text ? JsonId.Parse(text) : throw Wrong(what);
    }

    /// <summary>The text at this token; a number is the text that the file writes it as.</summary>
    public readonly string Text(string what) => TextOrNull() ?? throw Wrong(what);

    /// <summary>The text at this token, as <see cref="Text(string)"/> gives it; null where it is neither text nor number.</summary>
    public readonly string? TextOrNull() =>
        Type switch
        {
            JsonTokenType.String => JsonText.Of(_reader),
            JsonTokenType.Number => Encoding.UTF8.GetString(_reader.ValueSpan),
            _ => null,
        };

    /// <summary>Copies the text at this token, without escapes, as UTF-8.</summary>
    /// <param name="buffer">Made larger where needed.</param>
    /// <returns>Its bytes.</returns>
    public readonly ReadOnlySpan<byte> Text(ref byte[] buffer)
    {
        int room = _reader.ValueSpan.Length;
        if (buffer.Length < room)
        {
            buffer = new byte[2 * room];
        }

        if (_reader.ValueIsEscaped)
        {
            return buffer.AsSpan(0, Encoding.UTF8.GetBytes(JsonText.Of(_reader), buffer));
        }

        _reader.ValueSpan.CopyTo(buffer);
        return buffer.AsSpan(0, room);
    }

    /// <summary>Says what should be at this token.</summary>
    public readonly SocoDataException Wrong(string what) =>
        new(
            $"{_path}: {(Item.Length > 0 ? $"{Item}: " : "")}byte {Byte} should be {what}, and is {Found}; mend the file or make it again."
        );

    private void Fill(int from)
    {
        int added = _stream.ReadAtLeast(_buffer.AsSpan(from), 1, throwOnEndOfStream: false);
        _utf8.Check(_buffer.AsSpan(0, from + added), added);
        _nonFinite.Replace(_buffer.AsSpan(from, added));
        _filled = from + added;
        _final = added == 0;
    }
}

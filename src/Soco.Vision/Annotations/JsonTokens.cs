using System.Text.Json;

namespace Soco.Annotations;

/// <summary>
/// The tokens of a JSON file, read as a stream: a file of any size takes the memory of its largest token. NaN and Infinity, which Python
/// writes, come as numbers beyond any image.
/// </summary>
internal ref struct JsonTokens
{
    private const int FirstSize = 1 << 16;

    private readonly string _path;
    private readonly Stream _stream;
    private readonly NonFiniteNumbers _nonFinite = new();
    private byte[] _buffer = new byte[FirstSize];
    private int _filled;
    private long _before;
    private bool _final;
    private Utf8JsonReader _reader;

    /// <param name="path">The file's name in messages.</param>
    /// <param name="stream">The file.</param>
    public JsonTokens(string path, Stream stream)
    {
        (_path, _stream) = (path, stream);
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

            int consumed = (int)_reader.BytesConsumed, left = _filled - consumed;
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
    public readonly bool Is(ReadOnlySpan<byte> text) => _reader.ValueTextEquals(text);

    /// <summary>Passes over the value after a property's name.</summary>
    public void SkipValue()
    {
        Read();
        int depth = 0;
        do
        {
            depth += Type switch
            {
                JsonTokenType.StartObject or JsonTokenType.StartArray => 1,
                JsonTokenType.EndObject or JsonTokenType.EndArray => -1,
                _ => 0,
            };
        }
        while (depth > 0 && Read());
    }

    /// <summary>The number at this token.</summary>
    public double Double(string what) =>
        Type == JsonTokenType.Number && _reader.TryGetDouble(out double value) ? value : throw Wrong(what);

    /// <summary>The whole number at this token; 7.0 is one.</summary>
    public long Int64(string what)
    {
        double value = Double(what);
        return _reader.TryGetInt64(out long whole) ? whole
            : value == Math.Floor(value) && Math.Abs(value) < 1L << 53 ? (long)value
            : throw Wrong(what);
    }

    /// <summary>The whole number at this token, within the range of an int.</summary>
    public int Int32(string what) => Int64(what) is >= int.MinValue and <= int.MaxValue and var value ? (int)value : throw Wrong(what);

    /// <summary>The text at this token.</summary>
    public string Text(string what) => Type == JsonTokenType.String ? _reader.GetString()! : throw Wrong(what);

    /// <summary>Copies the text at this token, without escapes, as UTF-8.</summary>
    /// <param name="buffer">Made larger where needed.</param>
    /// <returns>Its bytes.</returns>
    public ReadOnlySpan<byte> Text(ref byte[] buffer)
    {
        int room = _reader.ValueSpan.Length;
        if (buffer.Length < room)
        {
            buffer = new byte[2 * room];
        }

        return buffer.AsSpan(0, _reader.CopyString(buffer));
    }

    /// <summary>Says what should be at this token.</summary>
    public readonly SocoDataException Wrong(string what) => new($"{_path}: byte {Byte} should be {what}; mend the file or make it again.");

    private void Fill(int from)
    {
        int added = _stream.ReadAtLeast(_buffer.AsSpan(from), 1, throwOnEndOfStream: false);
        _nonFinite.Replace(_buffer.AsSpan(from, added));
        _filled = from + added;
        _final = added == 0;
    }
}

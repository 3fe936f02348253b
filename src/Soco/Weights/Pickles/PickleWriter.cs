using System.Buffers.Binary;
using System.Text;

namespace Soco.Weights.Pickles;

/// <summary>Writes the opcodes of a pickle. Names of classes, and text that repeats, are written once and taken up from the memo.</summary>
internal sealed class PickleWriter
{
    private readonly Stream _stream;
    private readonly Dictionary<string, long> _memo = [];

    /// <param name="stream">Where to.</param>
    /// <param name="protocol">2 is what torch writes and its safe reader takes; 4 has long strings of bytes.</param>
    public PickleWriter(Stream stream, byte protocol)
    {
        _stream = stream;
        Write(PickleOpcode.Protocol);
        _stream.WriteByte(protocol);
    }

    public void Write(PickleOpcode code) => _stream.WriteByte((byte)code);

    /// <summary>A class or a function.</summary>
    public void Global(string module, string name) =>
        Once(
            $"{module} {name}",
            () =>
            {
                Write(PickleOpcode.Global);
                _stream.Write(Encoding.UTF8.GetBytes($"{module}\n{name}\n"));
            }
        );

    public void Text(string text) =>
        Once(
            $"\n{text}",
            () =>
            {
                Write(PickleOpcode.BinaryUnicode);
                byte[] bytes = Encoding.UTF8.GetBytes(text);
                Number(bytes.Length, 4);
                _stream.Write(bytes);
            }
        );

    /// <summary>What is written only at its first mention.</summary>
    /// <param name="key">Which thing it is.</param>
    /// <param name="write">Pushes one value.</param>
    public void Once(string key, Action write)
    {
        if (_memo.TryGetValue(key, out long index))
        {
            Write(PickleOpcode.LongBinaryGet);
            Number(index, 4);
            return;
        }

        write();
        Write(PickleOpcode.LongBinaryPut);
        Number(_memo.Count, 4);
        _memo.Add(key, _memo.Count);
    }

    public void Integer(long value)
    {
        if (value is >= int.MinValue and <= int.MaxValue)
        {
            Write(PickleOpcode.BinaryInteger);
            Number(value, 4);
        }
        else
        {
            Write(PickleOpcode.Long1);
            _stream.WriteByte(8);
            Number(value, 8);
        }
    }

    public void Boolean(bool value) => Write(value ? PickleOpcode.NewTrue : PickleOpcode.NewFalse);

    /// <summary>A tuple of whole numbers.</summary>
    public void Tuple(IEnumerable<long> values)
    {
        Write(PickleOpcode.Mark);
        foreach (long value in values)
        {
            Integer(value);
        }

        Write(PickleOpcode.Tuple);
    }

    /// <summary>Text, a number, a truth value, or a dictionary of these.</summary>
    public void Value(object value)
    {
        switch (value)
        {
            case string text:
                Text(text);
                break;
            case bool truth:
                Boolean(truth);
                break;
            case long number:
                Integer(number);
                break;
            case IReadOnlyDictionary<string, object> entries:
                Write(PickleOpcode.EmptyDictionary);
                foreach ((string key, object entry) in entries)
                {
                    Text(key);
                    Value(entry);
                    Write(PickleOpcode.SetItem);
                }

                break;
            default:
                throw new ArgumentException($"A pickle of weights has no use for a {value.GetType().Name}.", nameof(value));
        }
    }

    /// <summary>The start of a string of bytes, whose bytes the caller writes next. Protocol 4.</summary>
    public void BytesHeader(long length)
    {
        Write(PickleOpcode.BinaryBytes8);
        Number(length, 8);
    }

    private void Number(long value, int count)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        _stream.Write(bytes[..count]);
    }
}

using System.Buffers.Binary;
using System.Globalization;

namespace Soco.Weights.Pickles;

/// <summary>
/// Reads a pickle of protocol 0 to 5 as data. Classes and functions are only names: the few of <see cref="PickleGlobals"/> build values,
/// all others stand for objects without content, and nothing is ever imported or called. Stack, memo, strings and lists are bounded by the
/// file's length.
/// </summary>
internal sealed class PickleMachine
{
    private const int LatestProtocol = 5;
    private const int LongestName = 1024;

    private readonly ByteReader _reader;
    private readonly PickleBudget _budget;
    private readonly PickleGlobals _globals;
    private readonly Func<object?, object?> _persistent;
    private readonly List<object?> _stack = [];
    private readonly List<int> _marks = [];
    private readonly Dictionary<long, object?> _memo = [];

    /// <param name="reader">Stands at the pickle, and after <see cref="Run"/> behind it.</param>
    /// <param name="budget">The memory that the values may take.</param>
    /// <param name="globals">What the names stand for.</param>
    /// <param name="persistent">What a reference to something outside of the pickle stands for.</param>
    public PickleMachine(ByteReader reader, PickleBudget budget, PickleGlobals globals, Func<object?, object?> persistent) =>
        (_reader, _budget, _globals, _persistent) = (reader, budget, globals, persistent);

    /// <summary>Reads one pickle.</summary>
    /// <returns>Its value.</returns>
    /// <exception cref="FormatException">It is damaged.</exception>
    /// <exception cref="RefusedException">It asks for what Soco does not do.</exception>
    public object? Run()
    {
        while (true)
        {
            long at = _reader.Position;
            var code = (PickleOpcode)_reader.Byte();
            if (code == PickleOpcode.Stop)
            {
                return Pop();
            }

            if (!Atom(code) && !Collection(code) && !Named(code))
            {
                throw new FormatException($"byte {at} of its pickle is {(byte)code:x2}, which means nothing there");
            }
        }
    }

    /// <summary>Numbers, strings, the memo and the stack itself.</summary>
    private bool Atom(PickleOpcode code)
    {
        switch (code)
        {
            case PickleOpcode.Protocol:
                Demand(_reader.Byte() <= LatestProtocol, "it is written in a protocol that is newer than 5");
                break;
            case PickleOpcode.Frame:
                Demand(_reader.Int64() >= 0, "a frame has no length");
                break;
            case PickleOpcode.None:
                Push(null);
                break;
            case PickleOpcode.NewTrue:
                Push(true);
                break;
            case PickleOpcode.NewFalse:
                Push(false);
                break;
            case PickleOpcode.Integer:
                PushIntegerLine(_reader.ShortLine());
                break;
            case PickleOpcode.Long:
                PushLong(_reader.Line());
                break;
            case PickleOpcode.BinaryInteger:
                Push(_reader.Int32());
                break;
            case PickleOpcode.BinaryInteger1:
                Push((long)_reader.Byte());
                break;
            case PickleOpcode.BinaryInteger2:
                Push(_reader.UInt16());
                break;
            case PickleOpcode.Long1:
                PushLittleEndian(_reader.Skip(_reader.Byte()));
                break;
            case PickleOpcode.Long4:
                PushLittleEndian(_reader.Skip(_reader.Int32()));
                break;
            case PickleOpcode.Float:
                Demand(
                    double.TryParse(_reader.ShortLine(), NumberStyles.Float, CultureInfo.InvariantCulture, out double number),
                    "a number is none"
                );
                Push(number);
                break;
            case PickleOpcode.BinaryFloat:
                Push(_reader.BigEndianDouble());
                break;
            case PickleOpcode.Unicode:
                PushString(_reader.Line(), StringForm.UnicodeEscapes);
                break;
            case PickleOpcode.ShortBinaryUnicode:
                PushString(_reader.Skip(_reader.Byte()), StringForm.Utf8);
                break;
            case PickleOpcode.BinaryUnicode:
                PushString(_reader.Skip(_reader.UInt32()), StringForm.Utf8);
                break;
            case PickleOpcode.BinaryUnicode8:
                PushString(_reader.Skip(_reader.Int64()), StringForm.Utf8);
                break;
            case PickleOpcode.String:
                PushQuoted(_reader.Line());
                break;
            case PickleOpcode.ShortBinaryString or PickleOpcode.ShortBinaryBytes:
                PushString(_reader.Skip(_reader.Byte()), StringForm.Raw);
                break;
            case PickleOpcode.BinaryString:
                PushString(_reader.Skip(_reader.Int32()), StringForm.Raw);
                break;
            case PickleOpcode.BinaryBytes:
                PushString(_reader.Skip(_reader.UInt32()), StringForm.Raw);
                break;
            case PickleOpcode.BinaryBytes8 or PickleOpcode.ByteArray8:
                PushString(_reader.Skip(_reader.Int64()), StringForm.Raw);
                break;
            case PickleOpcode.Put:
                Remember(ParseIndex(_reader.ShortLine()));
                break;
            case PickleOpcode.BinaryPut:
                Remember(_reader.Byte());
                break;
            case PickleOpcode.LongBinaryPut:
                Remember(_reader.UInt32());
                break;
            case PickleOpcode.Memoize:
                Remember(_memo.Count);
                break;
            case PickleOpcode.Get:
                Recall(ParseIndex(_reader.ShortLine()));
                break;
            case PickleOpcode.BinaryGet:
                Recall(_reader.Byte());
                break;
            case PickleOpcode.LongBinaryGet:
                Recall(_reader.UInt32());
                break;
            case PickleOpcode.Mark:
                _budget.Charge(PickleBudget.Slot);
                _marks.Add(_stack.Count);
                break;
            case PickleOpcode.Pop:
                PopOrUnmark();
                break;
            case PickleOpcode.PopMark:
                PopToMark();
                break;
            case PickleOpcode.Duplicate:
                Push(Top());
                break;
            default:
                return false;
        }

        return true;
    }

    /// <summary>Tuples, lists, dictionaries and sets.</summary>
    private bool Collection(PickleOpcode code)
    {
        switch (code)
        {
            case PickleOpcode.EmptyTuple:
                PushTuple([]);
                break;
            case PickleOpcode.Tuple1:
                PushTuple([Pop()]);
                break;
            case PickleOpcode.Tuple2:
                PushTuple([.. PopLast(2)]);
                break;
            case PickleOpcode.Tuple3:
                PushTuple([.. PopLast(3)]);
                break;
            case PickleOpcode.Tuple:
                PushTuple(PopToMark());
                break;
            case PickleOpcode.EmptyList or PickleOpcode.EmptySet:
                PushNew(new PickleList());
                break;
            case PickleOpcode.List or PickleOpcode.FrozenSet:
                AppendAll(PopToMark(), PushNew(new PickleList()));
                break;
            case PickleOpcode.Append:
                AppendAll([Pop()], Top());
                break;
            case PickleOpcode.Appends or PickleOpcode.AddItems:
                AppendAll(PopToMark(), Top());
                break;
            case PickleOpcode.EmptyDictionary:
                PushNew(new PickleDictionary());
                break;
            case PickleOpcode.Dictionary:
                SetAll(PopToMark(), PushNew(new PickleDictionary()));
                break;
            case PickleOpcode.SetItem:
                SetAll(PopLast(2), Top());
                break;
            case PickleOpcode.SetItems:
                SetAll(PopToMark(), Top());
                break;
            default:
                return false;
        }

        return true;
    }

    /// <summary>Classes, functions, what they make, and what stands outside of the pickle.</summary>
    private bool Named(PickleOpcode code)
    {
        switch (code)
        {
            case PickleOpcode.Global:
                Push(Name(_reader.ShortLine(LongestName), _reader.ShortLine(LongestName)));
                break;
            case PickleOpcode.StackGlobal:
                object?[] names = PopLast(2);
                Push(Name(NameOf(names[0]), NameOf(names[1])));
                break;
            case PickleOpcode.Reduce or PickleOpcode.NewObject:
                object?[] call = PopLast(2);
                PushNew(_globals.Make(call[0], Arguments(call[1])));
                break;
            case PickleOpcode.NewObjectWithKeywords:
                object?[] keywordCall = PopLast(3);
                PushNew(_globals.Make(keywordCall[0], Arguments(keywordCall[1])));
                break;
            case PickleOpcode.Instance:
                PickleGlobal named = Name(_reader.ShortLine(LongestName), _reader.ShortLine(LongestName));
                PushNew(_globals.Make(named, PopToMark()));
                break;
            case PickleOpcode.Object:
                object?[] parts = PopToMark();
                Demand(parts.Length > 0, "an object has no class");
                PushNew(_globals.Make(parts[0], parts[1..]));
                break;
            case PickleOpcode.Build:
                object? state = Pop();
                _globals.Build(Top(), state);
                break;
            case PickleOpcode.PersistentId:
                PushNew(_persistent(new PickleString(_reader.Line(), StringForm.Raw)));
                break;
            case PickleOpcode.BinaryPersistentId:
                PushNew(_persistent(Pop()));
                break;
            case PickleOpcode.Extension1 or PickleOpcode.Extension2 or PickleOpcode.Extension4:
                throw new RefusedException("its pickle names classes by a number that only the program that wrote it can know");
            case PickleOpcode.NextBuffer or PickleOpcode.ReadOnlyBuffer:
                throw new RefusedException("its pickle keeps its arrays outside of the file");
            default:
                return false;
        }

        return true;
    }

    private void Push(object? value)
    {
        _budget.Charge(PickleBudget.Slot);
        _stack.Add(value);
    }

    private object? PushNew(object? value)
    {
        _budget.Charge(PickleBudget.Object);
        Push(value);
        return value;
    }

    private PickleGlobal Name(string module, string name)
    {
        _budget.Charge(PickleBudget.Object + sizeof(char) * (module.Length + name.Length));
        return PickleGlobals.Name(module, name);
    }

    private void PushString(FileRange range, StringForm form) => PushNew(new PickleString(range, form));

    private void PushTuple(object?[] items)
    {
        _budget.Charge(items.Length * PickleBudget.Slot);
        PushNew(new PickleTuple(items));
    }

    private void PushIntegerLine(string line)
    {
        if (line is "00" or "01")
        {
            Push(line == "01");
            return;
        }

        Demand(long.TryParse(line, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number), "a whole number is none");
        Push(number);
    }

    /// <summary>A decimal number with an L; one that 64 bits cannot hold is of no use to a tensor.</summary>
    private void PushLong(FileRange line)
    {
        byte[] text = new byte[Math.Min(line.Length, 24)];
        line.Read(0, text);
        bool fits = long.TryParse(
            text.AsSpan(0, text.Length - (text is [.., (byte)'L'] ? 1 : 0)),
            NumberStyles.AllowLeadingSign,
            CultureInfo.InvariantCulture,
            out long number
        );
        PushNew(fits && line.Length == text.Length ? number : new PickleString(line, StringForm.Raw));
    }

    private void PushLittleEndian(FileRange bytes)
    {
        if (bytes.Length > 8)
        {
            PushString(bytes, StringForm.Raw);
            return;
        }

        Span<byte> eight = stackalloc byte[8];
        bytes.Read(0, eight[..(int)bytes.Length]);
        eight[(int)bytes.Length..].Fill(bytes.Length > 0 && (eight[(int)bytes.Length - 1] & 0x80) != 0 ? (byte)0xFF : (byte)0);
        Push(BinaryPrimitives.ReadInt64LittleEndian(eight));
    }

    private void PushQuoted(FileRange line)
    {
        Span<byte> ends = stackalloc byte[2];
        Demand(line.Length >= 2, "a string has no quotes");
        line.Read(0, ends[..1]);
        line.Read(line.Length - 1, ends[1..]);
        Demand(ends[0] == ends[1] && ends[0] is (byte)'\'' or (byte)'"', "a string has no quotes");
        PushString(line.Slice(1, line.Length - 2), StringForm.StringEscapes);
    }

    private object? Top()
    {
        Demand(_stack.Count > Floor, "a value is missing");
        return _stack[^1];
    }

    /// <summary>What lies below the last mark is out of reach.</summary>
    private int Floor => _marks.Count == 0 ? 0 : _marks[^1];

    private object? Pop()
    {
        object? top = Top();
        _stack.RemoveAt(_stack.Count - 1);
        return top;
    }

    private object?[] PopLast(int count)
    {
        Demand(_stack.Count - Floor >= count, "a value is missing");
        return PopFrom(_stack.Count - count);
    }

    private object?[] PopToMark()
    {
        Demand(_marks.Count > 0, "a mark is missing");
        int start = _marks[^1];
        _marks.RemoveAt(_marks.Count - 1);
        return PopFrom(start);
    }

    private object?[] PopFrom(int start)
    {
        var items = new object?[_stack.Count - start];
        _stack.CopyTo(start, items, 0, items.Length);
        _stack.RemoveRange(start, items.Length);
        return items;
    }

    private void PopOrUnmark()
    {
        if (_stack.Count > Floor)
        {
            _stack.RemoveAt(_stack.Count - 1);
        }
        else
        {
            PopToMark();
        }
    }

    private void AppendAll(object?[] items, object? target)
    {
        if (target is PickleList list)
        {
            _budget.Charge(items.Length * PickleBudget.Slot);
            list.Items.AddRange(items);
        }
    }

    private void SetAll(object?[] items, object? target)
    {
        Demand(items.Length % 2 == 0, "a dictionary has a key without a value");
        if (target is PickleDictionary dictionary)
        {
            _budget.Charge(items.Length * PickleBudget.Slot);
            for (int i = 0; i < items.Length; i += 2)
            {
                dictionary.Items.Add(new(items[i], items[i + 1]));
            }
        }
    }

    private void Remember(long index)
    {
        _budget.Charge(PickleBudget.Entry);
        _memo[index] = Top();
    }

    private void Recall(long index)
    {
        Demand(_memo.TryGetValue(index, out object? value), $"it takes up value {index}, which it never put aside");
        Push(value);
    }

    private static long ParseIndex(string line) =>
        long.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out long index)
            ? index
            : throw new FormatException("a whole number is none");

    private static string NameOf(object? value) =>
        PickleString.TextOf(value) is { Length: <= LongestName } name ? name : throw new FormatException("a class has no name");

    private static object?[] Arguments(object? value) =>
        value switch
        {
            PickleTuple tuple => tuple.Items,
            _ => throw new FormatException("a call has no arguments"),
        };

    private static void Demand(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new FormatException(otherwise);
        }
    }
}

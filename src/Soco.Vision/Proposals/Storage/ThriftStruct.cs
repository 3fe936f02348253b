namespace Soco.Vision.Proposals.Storage;

/// <summary>
/// A struct in Thrift's compact protocol, as Parquet's footer and page headers are: its fields by number, each a whole number, a list or a
/// struct; texts and real numbers are passed over. Damaged lengths are refused before anything is made of them.
/// </summary>
internal sealed class ThriftStruct
{
    private const int DeepestNesting = 32;

    private readonly Dictionary<int, object?> _fields = [];

    private ThriftStruct() { }

    /// <summary>Reads a struct.</summary>
    /// <param name="bytes">Begins with the struct.</param>
    /// <param name="length">Bytes that it takes.</param>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static ThriftStruct Read(ReadOnlySpan<byte> bytes, out int length)
    {
        length = 0;
        return Struct(bytes, ref length, 0);
    }

    /// <summary>A whole number.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public long Number(int field) => Find(field) is long number ? number : throw Damaged();

    /// <summary>Whether there is such a field.</summary>
    public bool Has(int field) => _fields.ContainsKey(field);

    /// <summary>A list of structs.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public IEnumerable<ThriftStruct> Structs(int field) =>
        Find(field) is List<object?> list ? list.Select(item => item as ThriftStruct ?? throw Damaged()) : throw Damaged();

    /// <summary>A struct; null where there is none.</summary>
    public ThriftStruct? FindStruct(int field) => Find(field) as ThriftStruct;

    /// <summary>What is said of a damaged one.</summary>
    public static InvalidDataException Damaged() => new("its footer or a page header is damaged");

    private object? Find(int field) => _fields.GetValueOrDefault(field);

    private static ThriftStruct Struct(ReadOnlySpan<byte> bytes, ref int at, int depth)
    {
        Demand(depth < DeepestNesting);
        var read = new ThriftStruct();
        int field = 0;
        while (Next(bytes, ref at) is var header && header != 0)
        {
            field = header >> 4 == 0 ? (int)ZigZag(Varint(bytes, ref at)) : field + (header >> 4);
            int type = header & 15;
            read._fields[field] = type is 1 or 2 ? null : Value(bytes, ref at, type, depth);
        }

        return read;
    }

    private static object? Value(ReadOnlySpan<byte> bytes, ref int at, int type, int depth)
    {
        switch (type)
        {
            case 1 or 2 or 3: // Booleans of a list, and bytes.
                Skip(bytes, ref at, 1);
                return null;
            case 4 or 5 or 6: // Whole numbers.
                return ZigZag(Varint(bytes, ref at));
            case 7: // A real number.
                Skip(bytes, ref at, 8);
                return null;
            case 8: // Text.
                Skip(bytes, ref at, Varint(bytes, ref at));
                return null;
            case 9 or 10: // A list or a set.
                byte header = Next(bytes, ref at);
                ulong count = header >> 4 == 15 ? Varint(bytes, ref at) : (ulong)(header >> 4);
                Demand(count <= (ulong)(bytes.Length - at));
                var list = new List<object?>((int)count);
                for (ulong i = 0; i < count; i++)
                {
                    list.Add(Value(bytes, ref at, header & 15, depth + 1));
                }

                return list;
            case 12:
                return Struct(bytes, ref at, depth + 1);
            default: // Parquet has no maps.
                throw Damaged();
        }
    }

    private static long ZigZag(ulong value) => (long)(value >> 1) ^ -(long)(value & 1);

    private static void Skip(ReadOnlySpan<byte> bytes, ref int at, ulong length)
    {
        Demand(length <= (ulong)(bytes.Length - at));
        at += (int)length;
    }

    private static ulong Varint(ReadOnlySpan<byte> bytes, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte next = Next(bytes, ref at);
            value |= (ulong)(next & 127) << shift;
            if (next < 128)
            {
                return value;
            }
        }

        throw Damaged();
    }

    private static byte Next(ReadOnlySpan<byte> bytes, ref int at)
    {
        Demand(at < bytes.Length);
        return bytes[at++];
    }

    private static void Demand(bool holds)
    {
        if (!holds)
        {
            throw Damaged();
        }
    }
}

using System.Buffers.Binary;
using Soco.Weights.Pickles;

namespace Soco.Weights.TorchFiles;

/// <summary>
/// A torch file as it was before 1.6, and is with <c>_use_new_zipfile_serialization=False</c>: four pickles (a magic number, the version,
/// the machine, the value), then a pickle of the storages' keys, then each storage behind its length.
/// </summary>
internal static class TorchLegacyFile
{
    private const long Version = 1001;

    /// <summary>0x1950a86a20f9469cfc6c as a pickle of protocol 2, which is how every such file begins.</summary>
    private static ReadOnlySpan<byte> Magic => [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, (byte)'.'];

    /// <summary>Whether a file begins as such a one.</summary>
    public static bool Begins(ReadOnlySpan<byte> start) => start.StartsWith(Magic);

    /// <summary>The value in the file.</summary>
    /// <param name="range">The file, or a string that holds one.</param>
    /// <param name="budget">The memory that the values may take.</param>
    public static object? Read(FileRange range, PickleBudget budget) => Read(range, budget, text => ReadNested(text, budget));

    /// <summary>A torch file in a string of a pickle: how plain pickle writes a storage. There is none within such a one.</summary>
    public static object? ReadNested(PickleString text, PickleBudget budget) =>
        text.Form == StringForm.Raw
            ? Read(text.Range, budget, _ => throw new RefusedException("its pickle holds torch files within torch files"))
            : throw new RefusedException("its pickle holds a torch file as text");

    private static object? Read(FileRange range, PickleBudget budget, Func<PickleString, object?> loadNested)
    {
        var reader = new ByteReader(range);
        var globals = new PickleGlobals(budget, loadNested);
        var torch = new TorchPickle((_, _) => { });
        object? Next() => new PickleMachine(reader, budget, globals, torch.Resolve).Run();

        Span<byte> magic = stackalloc byte[Magic.Length];
        reader.Fill(magic);
        if (!Begins(magic) || Next() is not Version)
        {
            throw new FormatException("it does not begin as a torch file does");
        }

        if (
            Next() is PickleDictionary machine
            && machine.Items.Any(item => PickleString.TextOf(item.Key) == "little_endian" && item.Value is false)
        )
        {
            throw new RefusedException("it was written on a big-endian machine: load and save it on another one");
        }

        object? value = Next();
        Span<byte> length = stackalloc byte[sizeof(long)];
        foreach (object? key in PickleValues.ItemsOf(Next()) ?? throw new FormatException("its storages have no keys"))
        {
            if (PickleString.TextOf(key) is not string name || !torch.Storages.TryGetValue(name, out TorchStorage? storage))
            {
                throw new FormatException("it holds a storage that no tensor has");
            }

            reader.Fill(length);
            if (BinaryPrimitives.ReadInt64LittleEndian(length) != storage.Count)
            {
                throw new FormatException(
                    $"the storage {name} has {BinaryPrimitives.ReadInt64LittleEndian(length)} elements where {storage.Count} were told"
                );
            }

            storage.Locate(reader.Skip(storage.Count * ElementTypes.BytesOf(storage.DType)));
        }

        return value;
    }
}

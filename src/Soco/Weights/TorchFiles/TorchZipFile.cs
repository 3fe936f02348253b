using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using Soco.Vision.Sources;
using Soco.Weights.Pickles;

namespace Soco.Weights.TorchFiles;

/// <summary>
/// A torch file since 1.6: a zip whose one folder holds <c>data.pkl</c> and a stored entry <c>data/KEY</c> for each storage. Entries are
/// read where they lie, so none may be compressed; torch compresses none.
/// </summary>
internal sealed class TorchZipFile
{
    private const int LocalHeaderLength = 30;
    private const int Stored = 0;
    private const int PieceBytes = 1 << 18;

    private readonly FileBytes _file;
    private readonly Dictionary<string, ZipEntry> _entries;
    private readonly string _folder;
    private readonly HashSet<string> _verified = [];

    private TorchZipFile(FileBytes file, List<ZipEntry> entries)
    {
        _file = file;
        string[] pickles = [.. entries.Select(entry => entry.Name).Where(name => name.Split('/') is [_, "data.pkl"])];
        _folder =
            pickles.Length == 1
                ? pickles[0][..^"data.pkl".Length]
                : throw new FormatException(
                    pickles.Length == 0 ? "it is a zip without data.pkl, which torch files have" : "it is a zip of several torch files"
                );
        _entries = [];
        foreach (ZipEntry entry in entries.Where(entry => entry.Name.StartsWith(_folder, StringComparison.Ordinal)))
        {
            if (!_entries.TryAdd(entry.Name[_folder.Length..], entry))
            {
                throw new FormatException($"it has the entry {entry.Name} twice");
            }
        }
    }

    /// <summary>Whether a file begins as a zip.</summary>
    public static bool Begins(ReadOnlySpan<byte> start) => start.StartsWith("PK\u0003\u0004"u8);

    /// <summary>The value in the file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="budget">The memory that the values may take.</param>
    /// <exception cref="FormatException">It is damaged.</exception>
    /// <exception cref="RefusedException">It asks for what Soco does not do.</exception>
    public static object? Read(FileBytes file, PickleBudget budget) =>
        new TorchZipFile(file, ZipDirectory.Read(file.Handle, file.Path, name => NameOf(name, budget))).Read(budget);

    private static string NameOf(string name, PickleBudget budget)
    {
        budget.Charge(2 * PickleBudget.Object + 2 * sizeof(char) * name.Length);
        return name.Split('/', '\\').Contains("..") || name.StartsWith('/') || name.Contains('\\') || name.Contains(':')
            ? throw new RefusedException($"its entry {name} points out of the zip")
            : name;
    }

    private object? Read(PickleBudget budget)
    {
        if (_entries.ContainsKey("constants.pkl"))
        {
            throw new RefusedException("it is a TorchScript program: save its state_dict() with torch.save");
        }

        if (_entries.ContainsKey("byteorder"))
        {
            FileRange order = Find("byteorder");
            byte[] text = new byte[Math.Min(order.Length, "little".Length)];
            order.Read(0, text);
            if (Encoding.ASCII.GetString(text) != "little")
            {
                throw new RefusedException("it was written on a big-endian machine: load and save it on another one");
            }
        }

        var torch = new TorchPickle((key, storage) => storage.Locate(Find("data/" + key)));
        var globals = new PickleGlobals(budget, text => TorchLegacyFile.ReadNested(text, budget));
        return new PickleMachine(new ByteReader(Find("data.pkl")), budget, globals, torch.Resolve).Run();
    }

    /// <summary>Where an entry's bytes lie.</summary>
    private FileRange Find(string name)
    {
        if (!_entries.TryGetValue(name, out ZipEntry entry))
        {
            throw new FormatException($"its entry {_folder}{name} is missing");
        }

        if (entry.Method != Stored || entry.IsEncrypted || entry.StoredLength != entry.Length)
        {
            throw new RefusedException(
                $"its entry {entry.Name} is compressed or encrypted, which torch never does: unpack it, and save it again with torch.save"
            );
        }

        // The local header repeats the name, and may hold other extra fields than the directory does.
        Span<byte> header = stackalloc byte[LocalHeaderLength];
        _file.Whole.Read(entry.HeaderOffset, header);
        int skipped = BinaryPrimitives.ReadUInt16LittleEndian(header[26..]) + BinaryPrimitives.ReadUInt16LittleEndian(header[28..]);
        FileRange bytes = header.StartsWith("PK\u0003\u0004"u8)
            ? _file.Whole.Slice(entry.HeaderOffset + LocalHeaderLength + skipped, entry.Length)
            : throw new FormatException($"its entry {entry.Name} is not where the zip's directory says");
        if (_verified.Add(name))
        {
            Verify(entry, bytes);
        }

        return bytes;
    }

    /// <summary>Compares with the directory's checksum; torch can be told to compute none, and writes 0.</summary>
    private static void Verify(ZipEntry entry, FileRange bytes)
    {
        var sum = new Crc32();
        byte[] piece = new byte[(int)Math.Min(PieceBytes, bytes.Length)];
        for (long at = 0; entry.Crc32 != 0 && at < bytes.Length; at += piece.Length)
        {
            Span<byte> read = piece.AsSpan(0, (int)Math.Min(piece.Length, bytes.Length - at));
            bytes.Read(at, read);
            sum.Append(read);
        }

        if (entry.Crc32 != 0 && sum.GetCurrentHashAsUInt32() != entry.Crc32)
        {
            throw new FormatException($"its entry {entry.Name} is not what was written (its checksum does not match)");
        }
    }
}

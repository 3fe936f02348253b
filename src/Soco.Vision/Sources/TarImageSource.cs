using System.Formats.Tar;
using System.IO.Compression;
using Microsoft.Win32.SafeHandles;

namespace Soco.Vision.Sources;

/// <summary>
/// The images in a tar, read by their place in the file. A gzipped tar has no places to go to: its images are unpacked once, one after
/// another, into one temporary file (TMPDIR), which goes when the source or the process does.
/// </summary>
internal sealed class TarImageSource : ImageSource
{
    private readonly SafeFileHandle _file;
    private readonly Entry[] _entries;

    private TarImageSource(SafeFileHandle file, IEnumerable<Entry> entries)
    {
        _file = file;
        _entries = ImageNames.Ordered(entries, entry => entry.Name);
    }

    private readonly record struct Entry(string Name, long Offset, long Length);

    public override int Count => _entries.Length;

    internal static TarImageSource Open(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            // By its first bytes: gzipped tars are often called .tar too.
            bool gzipped = file.ReadByte() == 0x1F && file.ReadByte() == 0x8B;
            file.Position = 0;
            return gzipped ? OpenGzipped(path, file) : OpenPlain(path, file);
        }
        catch (NotSupportedException error)
        {
            throw new SocoDataException(
                $"{path} has entries that cannot be read ({error.Message.TrimEnd('.')}): unpack it with tar, and give the folder.",
                error
            );
        }
        catch (Exception error)
            when (error
                    is InvalidDataException
                        or EndOfStreamException
                        or FormatException
                        or OverflowException
                        or ArgumentException
                        or InvalidOperationException
            )
        {
            throw new SocoDataException($"{path} is a damaged tar or is cut short: fetch or pack it again.", error);
        }
    }

    public override string NameOf(int index) => _entries[index].Name;

    public override byte[] ReadBytes(int index) =>
        StoredRange.Read(_file, _entries[index].Offset, _entries[index].Length, _entries[index].Name);

    public override void Dispose()
    {
        _file.Dispose();
        base.Dispose();
    }

    private static TarImageSource OpenPlain(string path, FileStream file)
    {
        List<Entry> entries = Images(file, entry => (entry.DataOffset, entry.Length));
        return new TarImageSource(File.OpenHandle(path, options: FileOptions.RandomAccess), entries);
    }

    private static TarImageSource OpenGzipped(string path, FileStream file)
    {
        string temporary = Path.Join(Path.GetTempPath(), $"soco-{Guid.NewGuid():N}.images");
        SafeFileHandle spool = File.OpenHandle(
            temporary,
            FileMode.CreateNew,
            FileAccess.ReadWrite,
            FileShare.Read | FileShare.Delete,
            FileOptions.DeleteOnClose | FileOptions.RandomAccess
        );
        try
        {
            if (!OperatingSystem.IsWindows())
            {
                // An open file needs no name; so nothing is left behind even by a kill.
                File.Delete(temporary);
            }

            long end = 0;
            byte[] buffer = new byte[1 << 16];
            using var inflated = new GZipStream(file, CompressionMode.Decompress);
            List<Entry> entries = Images(
                inflated,
                entry =>
                {
                    long start = end;
                    for (int read; entry.DataStream is { } data && (read = data.Read(buffer)) > 0; end += read)
                    {
                        Write(spool, buffer.AsSpan(0, read), end, path);
                    }

                    return (start, entry.Length);
                }
            );
            return new TarImageSource(spool, entries);
        }
        catch
        {
            spool.Dispose();
            throw;
        }
    }

    private static void Write(SafeFileHandle spool, ReadOnlySpan<byte> bytes, long offset, string path)
    {
        try
        {
            RandomAccess.Write(spool, bytes, offset);
        }
        catch (IOException error)
        {
            throw new SocoRequestException(
                $"{path} cannot be unpacked into {Path.GetTempPath()} ({error.Message.TrimEnd('.')}): "
                    + "unpack it yourself or point TMPDIR to a larger disk.",
                error
            );
        }
    }

    /// <summary>The images of a tar; a hard link is another name of a file before it.</summary>
    /// <param name="tar">The tar.</param>
    /// <param name="place">Where the bytes of an entry can be read later.</param>
    private static List<Entry> Images(Stream tar, Func<TarEntry, (long Offset, long Length)> place)
    {
        var entries = new List<Entry>();
        var files = new Dictionary<string, (long Offset, long Length)>(StringComparer.Ordinal);
        using var reader = new TarReader(tar, leaveOpen: true);
        while (reader.GetNextEntry() is { } entry)
        {
            bool isFile = entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile;
            string? name = ImageNames.OfEntry(entry.Name);
            if (isFile && name is not null)
            {
                files[entry.Name] = place(entry);
            }

            if (
                name is not null
                && (isFile || entry.EntryType is TarEntryType.HardLink)
                && files.TryGetValue(isFile ? entry.Name : entry.LinkName, out var bytes)
            )
            {
                entries.Add(new Entry(name, bytes.Offset, bytes.Length));
            }
        }

        return entries;
    }
}

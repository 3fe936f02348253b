using System.Runtime.InteropServices;

namespace Soco.Vision.IO;

/// <summary>
/// Writes a file whole or not at all: under a temporary name beside it, synced to the disk, then renamed over the old one. A process killed
/// at any moment, a full disk and a power cut leave the previous file as it was.
/// </summary>
public static partial class AtomicFile
{
    /// <summary>What the name of a half-written file ends with.</summary>
    public const string TemporarySuffix = ".tmp";

    /// <summary>Writes a file, replacing what was there; its folder is made if it is missing.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes the content; what it throws passes through, and nothing is left behind.</param>
    /// <param name="length">Its length in bytes, reserved before anything is written; 0 reserves nothing.</param>
    /// <exception cref="SocoRequestException">There is a folder of that name.</exception>
    /// <exception cref="SocoRunException">The disk is full or the folder cannot be written; the previous file is untouched.</exception>
    public static void Write(string path, Action<Stream> write, long length = 0)
    {
        if (Directory.Exists(path))
        {
            throw new SocoRequestException($"{path} is a folder, and a file is to be written there: name a file in it.");
        }

        string temporary = TemporaryNameOf(path);
        string folder = Path.GetDirectoryName(temporary)!;
        try
        {
            Directory.CreateDirectory(folder);
            var options = new FileStreamOptions
            {
                Mode = FileMode.Create,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                PreallocationSize = length,
            };
            using (var stream = new FileStream(temporary, options))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            string sentence = OutputFolder.Unwritable(path, error);
            throw new SocoRunException(File.Exists(path) ? $"{sentence[..^1]}; the previous file is intact." : sentence, error);
        }
        finally
        {
            DeleteIfThere(temporary);
        }

        SyncFolder(folder);
    }

    /// <summary>Writes a few bytes.</summary>
    /// <inheritdoc cref="Write(string, Action{Stream}, long)"/>
    public static void Write(string path, byte[] content) => Write(path, stream => stream.Write(content));

    /// <summary>The name that a file has while this process writes it.</summary>
    internal static string TemporaryNameOf(string path)
    {
        string full = Path.GetFullPath(path);
        return Path.Combine(Path.GetDirectoryName(full) ?? full, $".{Path.GetFileName(full)}.{Environment.ProcessId}{TemporarySuffix}");
    }

    private static void DeleteIfThere(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // What stopped the writing is on its way to the user; a leftover is overwritten by the next write.
        }
    }

    // A rename is on the disk only when its folder is; .NET opens no folders, so the C library does. Where it will not, the rename still
    // holds for everything but a power cut.
    private static void SyncFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        int descriptor = Open(folder, 0);
        if (descriptor >= 0)
        {
            _ = Fsync(descriptor);
            _ = Close(descriptor);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}

using Microsoft.Win32.SafeHandles;
using Soco.Vision;

namespace Soco.Weights;

/// <summary>
/// A file's bytes, read by position from any thread. Not mapped into memory: a map of a file that another process cuts short takes this
/// process down, and what is read goes straight into a tensor's memory either way.
/// </summary>
internal sealed class FileBytes : IDisposable
{
    private readonly SafeFileHandle _handle;

    private FileBytes(string path, SafeFileHandle handle)
    {
        Path = path;
        _handle = handle;
        Length = RandomAccess.GetLength(handle);
    }

    public string Path { get; }

    public SafeFileHandle Handle => _handle;

    public long Length { get; }

    public FileRange Whole => new(this, 0, Length);

    /// <exception cref="SocoDataException">The file is not there or cannot be read.</exception>
    public static FileBytes Open(string path)
    {
        try
        {
            return new FileBytes(path, File.OpenHandle(path, share: FileShare.Read | FileShare.Delete));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw CannotBeRead(path, error, "check the path and its permissions");
        }
    }

    /// <summary>Fills the buffer.</summary>
    /// <exception cref="SocoDataException">The file became shorter since it was opened, or the disk fails.</exception>
    public void Read(long offset, Span<byte> buffer)
    {
        try
        {
            while (buffer.Length > 0)
            {
                int count = RandomAccess.Read(_handle, buffer, offset);
                if (count == 0)
                {
                    throw new IOException("it became shorter while it was read");
                }

                offset += count;
                buffer = buffer[count..];
            }
        }
        catch (IOException error)
        {
            throw CannotBeRead(Path, error, "copy or make the file again");
        }
    }

    public void Dispose() => _handle.Dispose();

    private static SocoDataException CannotBeRead(string path, Exception error, string mend) =>
        new($"{path} cannot be read ({error.Message.TrimEnd('.')}); {mend}.", error);
}

/// <summary>A stretch of a file.</summary>
/// <param name="File">The file.</param>
/// <param name="Start">Its first byte.</param>
/// <param name="Length">Its bytes.</param>
internal readonly record struct FileRange(FileBytes File, long Start, long Length)
{
    /// <summary>A stretch of this one.</summary>
    /// <exception cref="FormatException">It reaches beyond this one.</exception>
    public FileRange Slice(long start, long length) =>
        start >= 0 && length >= 0 && start <= Length - length
            ? new FileRange(File, Start + start, length)
            : throw new FormatException($"{length} bytes at {start} reach beyond its end at {Length}");

    /// <summary>Fills the buffer from a place in this stretch.</summary>
    public void Read(long offset, Span<byte> buffer) => File.Read(Slice(offset, buffer.Length).Start, buffer);
}

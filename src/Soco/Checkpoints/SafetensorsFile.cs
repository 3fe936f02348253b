using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Checkpoints;

/// <summary>
/// A safetensors file, open for reading. Opening reads the header alone and checks all of it against the file's length; a tensor's bytes go
/// from the file straight into its memory. Thread-safe.
/// </summary>
public sealed class SafetensorsFile : INamedTensors, IDisposable
{
    private readonly string _path;
    private readonly SafeFileHandle _handle;
    private readonly SafetensorsHeader _header;
    private readonly long _dataStart;

    private SafetensorsFile(string path, SafeFileHandle handle, SafetensorsHeader header, long dataStart)
    {
        _path = path;
        _handle = handle;
        _header = header;
        _dataStart = dataStart;
        Names = [.. header.Entries.Keys.Order(StringComparer.Ordinal)];
    }

    /// <summary>The tensors' names, in ordinal order.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The file's map of strings.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    /// <summary>Opens a file.</summary>
    /// <exception cref="SocoDataException">The file is not there, truncated, or not a valid safetensors file.</exception>
    public static SafetensorsFile Open(string path)
    {
        SafeFileHandle? handle = null;
        try
        {
            handle = File.OpenHandle(path, share: FileShare.Read | FileShare.Delete);
            SafetensorsHeader header = ReadHeader(handle, out long dataStart);
            return new SafetensorsFile(path, handle, header, dataStart);
        }
        catch (Exception error) when (error is FormatException or IOException or UnauthorizedAccessException)
        {
            handle?.Dispose();
            throw error is FormatException
                ? new SocoDataException($"{path} is not a complete safetensors file: {error.Message}; copy or make the file again.", error)
                : new SocoDataException($"{path} cannot be read ({error.Message.TrimEnd('.')}); check the path and its permissions.", error);
        }
    }

    /// <summary>Whether the file has a tensor of this name.</summary>
    public bool Contains(string name) => _header.Entries.ContainsKey(name);

    /// <inheritdoc/>
    public IReadOnlyList<long> Shape(string name) => Entry(name).Shape;

    /// <inheritdoc/>
    public ScalarType DType(string name) => Entry(name).DType;

    /// <inheritdoc/>
    public Tensor Read(string name)
    {
        SafetensorsEntry entry = Entry(name);
        Tensor tensor = empty(entry.Shape, entry.DType);
        try
        {
            ReadInto(entry, tensor);
            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void CopyInto(string name, Tensor target)
    {
        SafetensorsEntry entry = Entry(name);
        if (!target.shape.AsSpan().SequenceEqual(entry.Shape))
        {
            throw new SocoDataException(
                $"{_path}: the tensor {name} is [{string.Join(", ", entry.Shape)}] but [{string.Join(", ", target.shape)}] is needed; "
                + "take the file of a model with the same architecture.");
        }

        using IDisposable noGradients = no_grad();
        if (target.device_type == DeviceType.CPU && target.dtype == entry.DType && target.is_contiguous())
        {
            ReadInto(entry, target);
            return;
        }

        using Tensor read = Read(name);
        target.copy_(read);
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private static SafetensorsHeader ReadHeader(SafeFileHandle handle, out long dataStart)
    {
        long fileLength = RandomAccess.GetLength(handle);
        Span<byte> prefix = stackalloc byte[SafetensorsHeader.PrefixLength];
        if (ReadFully(handle, prefix, 0) < prefix.Length)
        {
            throw new FormatException($"it has {fileLength} bytes, fewer than the 8 of its header's length");
        }

        long length = BinaryPrimitives.ReadInt64LittleEndian(prefix);
        if (length is < 2 or > SafetensorsHeader.MaxLength)
        {
            throw new FormatException(
                $"it gives {(ulong)length} bytes as its header's length, which must be 2 to {SafetensorsHeader.MaxLength}");
        }

        dataStart = prefix.Length + length;
        if (dataStart > fileLength)
        {
            throw new FormatException($"its header ends at byte {dataStart} but the file at {fileLength}");
        }

        byte[] json = new byte[length];
        if (ReadFully(handle, json, prefix.Length) < length)
        {
            throw new FormatException("its header is cut off");
        }

        return SafetensorsHeader.Parse(json, fileLength - dataStart);
    }

    private static int ReadFully(SafeFileHandle handle, Span<byte> buffer, long offset)
    {
        int done = 0;
        while (done < buffer.Length && RandomAccess.Read(handle, buffer[done..], offset + done) is var count and > 0)
        {
            done += count;
        }

        return done;
    }

    private void ReadInto(SafetensorsEntry entry, Tensor target)
    {
        long offset = _dataStart + entry.Begin;
        try
        {
            TensorBytes.Walk(target, bytes =>
            {
                if (ReadFully(_handle, bytes, offset) < bytes.Length)
                {
                    throw new IOException("it became shorter while it was read");
                }

                offset += bytes.Length;
            });
        }
        catch (IOException error)
        {
            throw new SocoDataException($"{_path} cannot be read ({error.Message.TrimEnd('.')}); copy or make the file again.", error);
        }
    }

    private SafetensorsEntry Entry(string name) => _header.Entries.TryGetValue(name, out SafetensorsEntry entry)
        ? entry
        : throw new SocoDataException($"{_path} has no tensor {name}; take the file of a model with the same architecture.");
}

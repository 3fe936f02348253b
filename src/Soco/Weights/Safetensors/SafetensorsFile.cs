using System.Buffers.Binary;
using Soco.Vision;
using static TorchSharp.torch;

namespace Soco.Weights.Safetensors;

/// <summary>
/// A safetensors file, open for reading. Opening reads the header alone and checks all of it against the file's length; a tensor's bytes go
/// from the file straight into its memory. What Soco wrote can be verified as it is opened. Thread-safe.
/// </summary>
public sealed class SafetensorsFile : INamedTensors, IDisposable
{
    private readonly StoredTensors _tensors;

    private SafetensorsFile(StoredTensors tensors, Dictionary<string, string> metadata) => (_tensors, Metadata) = (tensors, metadata);

    /// <summary>The tensors' names, in ordinal order.</summary>
    public IReadOnlyList<string> Names => _tensors.Names;

    /// <summary>The file's map of strings, without the checksums.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="verify">Whether to read all of it and compare it with its checksums, where it has any.</param>
    /// <exception cref="SocoDataException">The file is not there, truncated, damaged, or not a valid safetensors file.</exception>
    public static SafetensorsFile Open(string path, bool verify = false)
    {
        FileBytes file = FileBytes.Open(path);
        try
        {
            return new SafetensorsFile(Read(file, verify, out Dictionary<string, string> metadata), metadata);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Whether the file has a tensor of this name.</summary>
    public bool Contains(string name) => _tensors.Contains(name);

    /// <inheritdoc/>
    public IReadOnlyList<long> Shape(string name) => _tensors.Shape(name);

    /// <inheritdoc/>
    public ScalarType DType(string name) => _tensors.DType(name);

    /// <inheritdoc/>
    public Tensor Read(string name) => _tensors.Read(name);

    /// <inheritdoc/>
    public void CopyInto(string name, Tensor target) => _tensors.CopyInto(name, target);

    /// <inheritdoc/>
    public void Dispose() => _tensors.Dispose();

    /// <summary>Whether a file begins as a safetensors file, a cut one included: with the length of a JSON object.</summary>
    internal static bool Begins(ReadOnlySpan<byte> start) =>
        start is [_, _, _, _, _, _, _, _, (byte)'{', ..]
        && BinaryPrimitives.ReadInt64LittleEndian(start) is > 0 and <= SafetensorsHeader.MaxLength;

    /// <summary>The tensors of an open file, which they own.</summary>
    /// <exception cref="SocoDataException">It is not a valid safetensors file, or not what was written.</exception>
    internal static StoredTensors Read(FileBytes file, bool verify, out Dictionary<string, string> metadata)
    {
        try
        {
            SafetensorsHeader header = ReadHeader(file, out byte[] json, out long dataStart);
            metadata = header.Metadata.Where(pair => pair.Key != SafetensorsChecksums.Key).ToDictionary();
            if (verify)
            {
                SafetensorsChecksums.Verify(file, json, header, dataStart);
            }

            FileRange data = file.Whole.Slice(dataStart, file.Length - dataStart);
            return new StoredTensors(
                file,
                [
                    .. header
                        .Entries.OrderBy(entry => entry.Key, StringComparer.Ordinal)
                        .Select(entry => (entry.Key, Stored(entry.Value, data))),
                ]
            );
        }
        catch (FormatException error)
        {
            throw new SocoDataException(
                $"{file.Path} is not a complete safetensors file: {error.Message}; copy or make the file again.",
                error
            );
        }
    }

    private static StoredTensor Stored(SafetensorsEntry entry, FileRange data)
    {
        long count = (entry.End - entry.Begin) / ElementTypes.BytesOf(entry.DType);
        var storage = new FileStorage(data.Slice(entry.Begin, entry.End - entry.Begin), entry.DType, count);
        return new StoredTensor(storage, entry.Shape, StoredTensor.ContiguousStrides(entry.Shape), 0);
    }

    private static SafetensorsHeader ReadHeader(FileBytes file, out byte[] json, out long dataStart)
    {
        Span<byte> prefix = stackalloc byte[SafetensorsHeader.PrefixLength];
        if (file.Length < prefix.Length)
        {
            throw new FormatException($"it has {file.Length} bytes, fewer than the 8 of its header's length");
        }

        file.Read(0, prefix);
        long length = BinaryPrimitives.ReadInt64LittleEndian(prefix);
        if (length is < 2 or > SafetensorsHeader.MaxLength)
        {
            throw new FormatException(
                $"it gives {(ulong)length} bytes as its header's length, which must be 2 to {SafetensorsHeader.MaxLength}"
            );
        }

        dataStart = prefix.Length + length;
        if (dataStart > file.Length)
        {
            throw new FormatException($"its header ends at byte {dataStart} but the file at {file.Length}");
        }

        json = new byte[length];
        file.Read(prefix.Length, json);
        return SafetensorsHeader.Parse(json, file.Length - dataStart);
    }
}

using System.IO.Hashing;
using Soco.Vision;
using Soco.Vision.IO;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Weights.Safetensors;

/// <summary>
/// Writes safetensors files, whole or not at all (<see cref="AtomicFile"/>), one tensor in memory at a time, with checksums in their
/// metadata (<c>soco.xxh3</c>).
/// </summary>
public static class SafetensorsWriter
{
    /// <summary>
    /// Writes the tensors, wherever they live and however they are strided: wide element types first, then by name, so that each starts at
    /// a multiple of its element size.
    /// </summary>
    /// <param name="path">The file; an older one is replaced once the new one is complete.</param>
    /// <param name="tensors">Tensors by unique name.</param>
    /// <param name="metadata">Strings to keep beside them.</param>
    /// <exception cref="SocoRunException">The disk is full or the folder cannot be written; the previous file is intact.</exception>
    public static void Write(
        string path,
        IEnumerable<(string Name, Tensor Tensor)> tensors,
        IReadOnlyDictionary<string, string>? metadata = null
    ) =>
        Write(
            path,
            [
                .. tensors.Select(item => new Source(
                    item.Name,
                    item.Tensor.shape,
                    item.Tensor.dtype,
                    () => item.Tensor.detach().cpu().contiguous()
                )),
            ],
            metadata
        );

    /// <summary>Writes the tensors of a source, reading each as its turn comes.</summary>
    /// <inheritdoc cref="Write(string, IEnumerable{ValueTuple{string, Tensor}}, IReadOnlyDictionary{string, string})"/>
    public static void Write(string path, INamedTensors tensors, IReadOnlyDictionary<string, string>? metadata = null) =>
        Write(
            path,
            [.. tensors.Names.Select(name => new Source(name, [.. tensors.Shape(name)], tensors.DType(name), () => tensors.Read(name)))],
            metadata
        );

    private static void Write(string path, Source[] tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        Source[] ordered =
        [
            .. tensors.OrderByDescending(item => ElementTypes.BytesOf(item.Type)).ThenBy(item => item.Name, StringComparer.Ordinal),
        ];
        var entries = new Dictionary<string, SafetensorsEntry>(ordered.Length);
        long length = 0;
        foreach (Source tensor in ordered)
        {
            long end = length + StoredTensor.CountOf(tensor.Shape) * ElementTypes.BytesOf(tensor.Type);
            entries.Add(tensor.Name, new SafetensorsEntry(tensor.Type, tensor.Shape, length, end));
            length = end;
        }

        var strings = new Dictionary<string, string>(metadata ?? new Dictionary<string, string>())
        {
            [SafetensorsChecksums.Key] = SafetensorsChecksums.Placeholder(ordered.Length),
        };
        byte[] header = new SafetensorsHeader { Entries = entries, Metadata = strings }.ToBytes();
        AtomicFile.Write(
            path,
            stream =>
            {
                stream.Write(header);
                var sums = new List<ulong>(ordered.Length);
                foreach (Source tensor in ordered)
                {
                    using DisposeScope scope = NewDisposeScope();
                    var hash = new XxHash3();
                    TensorBytes.Walk(
                        tensor.Read(),
                        bytes =>
                        {
                            stream.Write(bytes);
                            hash.Append(bytes);
                        }
                    );
                    sums.Add(hash.GetCurrentHashAsUInt64());
                }

                SafetensorsChecksums.Fill(header.AsSpan(SafetensorsHeader.PrefixLength), sums);
                stream.Position = 0;
                stream.Write(header);
            },
            header.Length + length
        );
    }

    /// <summary>A tensor to write; what it gives to read is contiguous, on the CPU, and disposed by the scope around.</summary>
    private sealed record Source(string Name, long[] Shape, ScalarType Type, Func<Tensor> Read);
}

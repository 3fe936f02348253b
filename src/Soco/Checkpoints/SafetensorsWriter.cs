using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Checkpoints;

/// <summary>Writes safetensors files, whole or not at all (<see cref="AtomicFile"/>), one tensor in memory at a time.</summary>
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
        string path, IEnumerable<(string Name, Tensor Tensor)> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        (string Name, Tensor Tensor)[] ordered = [.. tensors
            .OrderByDescending(item => ElementTypes.BytesOf(item.Tensor.dtype))
            .ThenBy(item => item.Name, StringComparer.Ordinal)];
        var entries = new Dictionary<string, SafetensorsEntry>(ordered.Length);
        long length = 0;
        foreach ((string name, Tensor tensor) in ordered)
        {
            long end = length + tensor.numel() * ElementTypes.BytesOf(tensor.dtype);
            entries.Add(name, new SafetensorsEntry(tensor.dtype, tensor.shape, length, end));
            length = end;
        }

        byte[] header = new SafetensorsHeader { Entries = entries, Metadata = metadata is null ? [] : new(metadata) }.ToBytes();
        AtomicFile.Write(path, stream =>
        {
            stream.Write(header);
            foreach ((_, Tensor tensor) in ordered)
            {
                using DisposeScope scope = NewDisposeScope();
                TensorBytes.Walk(tensor.detach().cpu().contiguous(), bytes => stream.Write(bytes));
            }
        }, header.Length + length);
    }
}

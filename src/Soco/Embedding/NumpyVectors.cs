using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Soco.Vision.IO;
using static TorchSharp.torch;

namespace Soco.Embedding;

/// <summary>
/// Vectors as numpy reads them: a .npy file of version 1.0 (numpy.lib.format), little-endian float32 [N, D] in C order, and a JSON file of
/// the same name with weights, architecture, stage, side, paths (N) and, of boxes, boxes (N times x, y, w, h).
/// </summary>
internal static class NumpyVectors
{
    private const int Alignment = 64;
    private const int RowsAtOnce = 1024;

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0];

    /// <summary>Writes both files; the vectors last.</summary>
    public static void Write(string path, VectorSet vectors)
    {
        var names = new Names(
            vectors.Origin.Weights,
            vectors.Origin.Architecture,
            vectors.Origin.Stage,
            vectors.Origin.Side,
            vectors.Paths,
            vectors.Boxes?.Select(box => new[] { box.X1, box.Y1, box.Width, box.Height })
        );
        AtomicFile.Write(NamesPathOf(path), stream => JsonSerializer.Serialize(stream, names, s_json));
        AtomicFile.Write(path, stream => Write(stream, vectors.Values));
    }

    /// <summary>The file of the names.</summary>
    public static string NamesPathOf(string path) => Path.ChangeExtension(path, ".json");

    private static void Write(Stream stream, Tensor values)
    {
        string description = $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({values.shape[0]}, {values.shape[1]}), }}";
        int unpadded = Magic.Length + sizeof(ushort) + description.Length + 1;
        int padding = (Alignment - unpadded % Alignment) % Alignment;
        Span<byte> length = stackalloc byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16LittleEndian(length, (ushort)(description.Length + padding + 1));
        stream.Write(Magic);
        stream.Write(length);
        stream.Write(Encoding.ASCII.GetBytes(description + new string(' ', padding) + "\n"));
        for (long start = 0; start < values.shape[0]; start += RowsAtOnce)
        {
            using Tensor rows = values.narrow(0, start, Math.Min(RowsAtOnce, values.shape[0] - start));
            stream.Write(MemoryMarshal.AsBytes<float>(rows.data<float>().ToArray()));
        }
    }

    private sealed record Names(
        string Weights,
        string Architecture,
        string Stage,
        int Side,
        IReadOnlyList<string> Paths,
        IEnumerable<double[]>? Boxes
    );
}

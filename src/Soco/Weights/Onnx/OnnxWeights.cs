using System.Runtime.InteropServices;
using Google.Protobuf;
using Soco.Runtime;
using Soco.Weights.Naming;
using static TorchSharp.torch;

namespace Soco.Weights.Onnx;

/// <summary>
/// The weights in a model in ONNX: the initializers under their own names where those are names that Soco knows, else those of the ResNet
/// that the graph is, under torchvision's names.
/// </summary>
internal static class OnnxWeights
{
    private const byte IrVersionField = 0x08;
    private const byte NewestIrVersion = 32;
    private const int InOtherFile = 1;

    /// <summary>Whether a file begins as a model does: with its version, as a field of a protobuf message.</summary>
    public static bool Begins(ReadOnlySpan<byte> start) => start is [IrVersionField, > 0 and < NewestIrVersion, ..];

    /// <summary>Reads the weights.</summary>
    /// <param name="file">The file.</param>
    /// <param name="metadata">The strings of the model.</param>
    /// <exception cref="FormatException">The file is damaged, keeps its weights elsewhere, or its graph is of another kind.</exception>
    public static List<(string Name, StoredTensor Tensor)> Read(FileBytes file, out Dictionary<string, string> metadata)
    {
        if (!ModelChecksum.Holds(file.Path))
        {
            throw new FormatException("it is not what was written: its checksum differs");
        }

        ModelProto model;
        try
        {
            using var stream = new FileStream(file.Path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            model = ModelProto.Parser.ParseFrom(stream);
        }
        catch (InvalidProtocolBufferException error)
        {
            throw new FormatException($"its protobuf message cannot be read ({error.Message.TrimEnd('.')})", error);
        }

        metadata = model.MetadataProps.DistinctBy(entry => entry.Key).ToDictionary(entry => entry.Key, entry => entry.Value);
        if (model.Graph is null)
        {
            throw new FormatException("it has no graph");
        }

        TensorProto[] initializers = [.. model.Graph.Initializer.DistinctBy(tensor => tensor.Name)];
        return WeightsNames.Recognise([.. initializers.Select(tensor => tensor.Name)]).Kind != WeightsKind.Unknown
            ? [.. initializers.Where(IsFloat).Select(tensor => (tensor.Name, Stored(tensor.Dims, Values(tensor))))]
            : new OnnxResNet(model).Tensors();
    }

    /// <summary>The values of a tensor of floating point, the last side first.</summary>
    /// <exception cref="FormatException">It holds others, not as many as it says, or they are in another file.</exception>
    public static float[] Values(TensorProto tensor)
    {
        if (tensor.DataLocation == InOtherFile)
        {
            throw new FormatException("its weights are in another file; export it with the weights inside");
        }

        float[] values = tensor.DataType switch
        {
            (int)OnnxElement.Float => tensor.RawData.IsEmpty ? [.. tensor.FloatData] : [.. Raw<float>(tensor)],
            (int)OnnxElement.Double => tensor.RawData.IsEmpty
                ? [.. tensor.DoubleData.Select(value => (float)value)]
                : Array.ConvertAll(Raw<double>(tensor).ToArray(), value => (float)value),
            (int)OnnxElement.Float16 => tensor.RawData.IsEmpty
                ? [.. tensor.Int32Data.Select(bits => (float)BitConverter.UInt16BitsToHalf((ushort)bits))]
                : Array.ConvertAll(Raw<Half>(tensor).ToArray(), value => (float)value),
            _ => throw new FormatException($"the tensor {tensor.Name} is not of floating point"),
        };
        return values.Length == StoredTensor.CountOf([.. tensor.Dims])
            ? values
            : throw new FormatException(
                $"the tensor {tensor.Name} of the shape {ShapeText.Of([.. tensor.Dims])} has {values.Length} values"
            );
    }

    /// <summary>A tensor in memory.</summary>
    public static StoredTensor Stored(IEnumerable<long> shape, float[] values)
    {
        long[] sides = [.. shape];
        return new StoredTensor(new MemoryStorage(values), sides, StoredTensor.ContiguousStrides(sides), 0);
    }

    private static bool IsFloat(TensorProto tensor) =>
        tensor.DataType is (int)OnnxElement.Float or (int)OnnxElement.Double or (int)OnnxElement.Float16;

    private static ReadOnlySpan<T> Raw<T>(TensorProto tensor)
        where T : struct => MemoryMarshal.Cast<byte, T>(tensor.RawData.Span);

    /// <summary>Types of elements; the numbers are the format's.</summary>
    private enum OnnxElement
    {
        Float = 1,
        Float16 = 10,
        Double = 11,
    }

    private sealed class MemoryStorage(float[] values) : IStorage
    {
        public ScalarType DType => ScalarType.Float32;

        public long Count => values.Length;

        public void Read(long first, Tensor target)
        {
            int place = checked((int)first);
            TensorBytes.Walk(
                target,
                bytes =>
                {
                    ReadOnlySpan<byte> source = MemoryMarshal.AsBytes(values.AsSpan(place, bytes.Length / sizeof(float)));
                    source.CopyTo(bytes);
                    place += bytes.Length / sizeof(float);
                }
            );
        }
    }
}

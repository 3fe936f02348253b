using Soco.Vision;
using Soco.Vision.IO;
using Soco.Weights.Pickles;
using static TorchSharp.torch;

namespace Soco.Weights.Export;

/// <summary>
/// Writes a plain pickle of numpy arrays, as detectron2's <c>.pkl</c> files are; Python's <c>pickle.load</c> reads it. numpy has no
/// bfloat16, so such a tensor is written as float32, which holds the same values. One tensor is in memory at a time.
/// </summary>
internal static class NumpyPickleWriter
{
    private const byte Protocol = 4;
    private const string Multiarray = "numpy.core.multiarray";

    /// <exception cref="SocoRunException">The disk is full or the folder cannot be written; the previous file is intact.</exception>
    public static void Write(string path, WeightsDocument document) =>
        AtomicFile.Write(
            path,
            stream =>
            {
                var pickle = new PickleWriter(stream, Protocol);
                pickle.Write(PickleOpcode.EmptyDictionary);
                if (document.Key is not null)
                {
                    pickle.Text(document.Key);
                    pickle.Write(PickleOpcode.EmptyDictionary);
                }

                foreach (string name in document.Tensors.Names)
                {
                    pickle.Text(name);
                    using Tensor read = document.Tensors.Read(name);
                    using Tensor tensor = read.dtype == ScalarType.BFloat16 ? read.to_type(ScalarType.Float32) : read.alias();
                    WriteArray(pickle, stream, tensor);
                    pickle.Write(PickleOpcode.SetItem);
                }

                document.End(pickle);
            }
        );

    /// <summary>As numpy reduces an array: an empty one, then its version, shape, type, order and bytes.</summary>
    private static void WriteArray(PickleWriter pickle, Stream stream, Tensor tensor)
    {
        pickle.Global(Multiarray, "_reconstruct");
        pickle.Global("numpy", "ndarray");
        pickle.Tuple([0]);
        pickle.BytesHeader(1);
        stream.WriteByte((byte)'b');
        pickle.Write(PickleOpcode.Tuple3);
        pickle.Write(PickleOpcode.Reduce);

        pickle.Write(PickleOpcode.Mark);
        pickle.Integer(1);
        pickle.Tuple(tensor.shape);
        WriteType(pickle, ElementTypes.Of(tensor.dtype));
        pickle.Boolean(false);
        pickle.BytesHeader(tensor.numel() * ElementTypes.BytesOf(tensor.dtype));
        TensorBytes.Walk(tensor, bytes => stream.Write(bytes));
        pickle.Write(PickleOpcode.Tuple);
        pickle.Write(PickleOpcode.Build);
    }

    private static void WriteType(PickleWriter pickle, ElementType type) =>
        pickle.Once(
            $"dtype {type.Numpy}",
            () =>
            {
                pickle.Global("numpy", "dtype");
                pickle.Text(type.Numpy!);
                pickle.Boolean(false);
                pickle.Boolean(true);
                pickle.Write(PickleOpcode.Tuple3);
                pickle.Write(PickleOpcode.Reduce);

                pickle.Write(PickleOpcode.Mark);
                pickle.Integer(3);
                pickle.Text(type.Bytes == 1 ? "|" : "<");
                pickle.Write(PickleOpcode.None);
                pickle.Write(PickleOpcode.None);
                pickle.Write(PickleOpcode.None);
                pickle.Integer(-1);
                pickle.Integer(-1);
                pickle.Integer(0);
                pickle.Write(PickleOpcode.Tuple);
                pickle.Write(PickleOpcode.Build);
            }
        );
}

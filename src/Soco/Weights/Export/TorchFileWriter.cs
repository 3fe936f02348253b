using Soco.Vision;
using Soco.Vision.IO;
using Soco.Weights.Pickles;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Weights.Export;

/// <summary>
/// Writes a torch file as <c>torch.save</c> does since 1.6, of an ordered dictionary of tensors. Its pickle names only what
/// <c>torch.load(weights_only=True)</c> allows. One tensor is in memory at a time.
/// </summary>
internal static class TorchFileWriter
{
    private const byte Protocol = 2;
    private const string Folder = "archive/";

    /// <exception cref="SocoRunException">The disk is full or the folder cannot be written; the previous file is intact.</exception>
    public static void Write(string path, WeightsDocument document) =>
        AtomicFile.Write(
            path,
            stream =>
            {
                using var zip = new StoredZipWriter(stream);
                byte[] pickle = Pickle(document);
                zip.Add(Folder + "data.pkl", pickle.Length, write => write(pickle));
                zip.Add(Folder + "byteorder", "little".Length, write => write("little"u8));
                for (int i = 0; i < document.Tensors.Names.Count; i++)
                {
                    using DisposeScope scope = NewDisposeScope();
                    Tensor tensor = document.Tensors.Read(document.Tensors.Names[i]);
                    zip.Add(
                        $"{Folder}data/{i}",
                        tensor.numel() * ElementTypes.BytesOf(tensor.dtype),
                        write => TensorBytes.Walk(tensor, bytes => write(bytes))
                    );
                }

                zip.Add(Folder + "version", "3\n".Length, write => write("3\n"u8));
            }
        );

    private static byte[] Pickle(WeightsDocument document)
    {
        using var stream = new MemoryStream();
        var pickle = new PickleWriter(stream, Protocol);
        if (document.Key is not null)
        {
            pickle.Write(PickleOpcode.EmptyDictionary);
            pickle.Text(document.Key);
        }

        EmptyOrdered(pickle);
        for (int i = 0; i < document.Tensors.Names.Count; i++)
        {
            string name = document.Tensors.Names[i];
            pickle.Text(name);
            WriteTensor(pickle, i, document.Tensors.Shape(name), document.Tensors.DType(name));
            pickle.Write(PickleOpcode.SetItem);
        }

        document.End(pickle);
        return stream.ToArray();
    }

    /// <summary>As torch reduces a tensor: its storage, first element, shape, strides, whether it learns, and hooks.</summary>
    private static void WriteTensor(PickleWriter pickle, int storage, IReadOnlyList<long> shape, ScalarType type)
    {
        long[] sides = [.. shape];
        pickle.Global("torch._utils", "_rebuild_tensor_v2");
        pickle.Write(PickleOpcode.Mark);

        pickle.Write(PickleOpcode.Mark);
        pickle.Text("storage");
        pickle.Global("torch", ElementTypes.Of(type).TorchStorage);
        pickle.Text($"{storage}");
        pickle.Text("cpu");
        pickle.Integer(StoredTensor.CountOf(sides));
        pickle.Write(PickleOpcode.Tuple);
        pickle.Write(PickleOpcode.BinaryPersistentId);

        pickle.Integer(0);
        pickle.Tuple(sides);
        pickle.Tuple(StoredTensor.ContiguousStrides(sides));
        pickle.Boolean(false);
        EmptyOrdered(pickle);
        pickle.Write(PickleOpcode.Tuple);
        pickle.Write(PickleOpcode.Reduce);
    }

    private static void EmptyOrdered(PickleWriter pickle)
    {
        pickle.Global("collections", "OrderedDict");
        pickle.Write(PickleOpcode.EmptyTuple);
        pickle.Write(PickleOpcode.Reduce);
    }
}

using Soco.Vision;
using static TorchSharp.torch;

namespace Soco.Weights;

/// <summary>The tensors of one open file, in its order.</summary>
/// <param name="file">The file; owned.</param>
/// <param name="tensors">The tensors by unique name.</param>
internal sealed class StoredTensors(FileBytes file, IReadOnlyList<(string Name, StoredTensor Tensor)> tensors) : INamedTensors, IDisposable
{
    private readonly Dictionary<string, StoredTensor> _tensors = tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Tensor);

    public IReadOnlyList<string> Names { get; } = [.. tensors.Select(tensor => tensor.Name)];

    public bool Contains(string name) => _tensors.ContainsKey(name);

    public IReadOnlyList<long> Shape(string name) => Find(name).Shape;

    public ScalarType DType(string name) => Find(name).DType;

    public Tensor Read(string name) => Reading(name, tensor => tensor.Read());

    public void CopyInto(string name, Tensor target) =>
        Reading(
            name,
            tensor =>
            {
                if (!target.shape.AsSpan().SequenceEqual(tensor.Shape))
                {
                    throw new SocoDataException(
                        $"{file.Path}: the tensor {name} is {ShapeText.Of(tensor.Shape)} but {ShapeText.Of(target.shape)} is needed; "
                            + "take the file of a model with the same architecture."
                    );
                }

                tensor.CopyInto(target);
                return true;
            }
        );

    public void Dispose() => file.Dispose();

    private T Reading<T>(string name, Func<StoredTensor, T> read)
    {
        try
        {
            return read(Find(name));
        }
        catch (FormatException error)
        {
            throw new SocoDataException(
                $"{file.Path}: the tensor {name} is damaged ({error.Message}); copy or make the file again.",
                error
            );
        }
    }

    private StoredTensor Find(string name) =>
        _tensors.TryGetValue(name, out StoredTensor? tensor)
            ? tensor
            : throw new SocoDataException($"{file.Path} has no tensor {name}; take the file of a model with the same architecture.");
}

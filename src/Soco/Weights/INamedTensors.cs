using Soco.Vision;
using static TorchSharp.torch;

namespace Soco.Weights;

/// <summary>Tensors by name, read one at a time: a file of weights, or a file under other names.</summary>
public interface INamedTensors
{
    /// <summary>The tensors' names.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>The sides of a tensor; nothing of its values is read.</summary>
    /// <exception cref="SocoDataException">There is no such tensor.</exception>
    IReadOnlyList<long> Shape(string name);

    /// <summary>The element type of a tensor; nothing of its values is read.</summary>
    /// <exception cref="SocoDataException">There is no such tensor.</exception>
    ScalarType DType(string name);

    /// <summary>Reads a tensor to the CPU. The caller disposes it.</summary>
    /// <exception cref="SocoDataException">There is no such tensor, or the file has changed since it was opened.</exception>
    Tensor Read(string name);

    /// <summary>Copies a tensor into one of the same shape; element type and device are the target's.</summary>
    /// <exception cref="SocoDataException">
    /// There is no such tensor, it has another shape, or the file has changed since it was opened.
    /// </exception>
    void CopyInto(string name, Tensor target);
}

using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Weights.Export;

/// <summary>
/// A detector whose RPN has one convolution, as one with two: torchvision's v2 has no other. The second passes its input through, which
/// changes nothing behind a ReLU.
/// </summary>
/// <param name="source">The detector, under torchvision's names.</param>
internal sealed class DeepenedRpn(INamedTensors source) : INamedTensors
{
    private const string FirstWeight = "rpn.head.conv.0.0.weight";
    private const string SecondWeight = "rpn.head.conv.1.0.weight";
    private const string SecondBias = "rpn.head.conv.1.0.bias";

    public IReadOnlyList<string> Names { get; } = [.. source.Names, SecondWeight, SecondBias];

    /// <summary>Whether a detector's RPN has one convolution.</summary>
    public static bool IsNeededBy(INamedTensors detector) => detector.Names.Contains(FirstWeight) && !detector.Names.Contains(SecondWeight);

    public IReadOnlyList<long> Shape(string name) => source.Shape(FirstOf(name));

    public ScalarType DType(string name) => source.DType(FirstOf(name));

    public Tensor Read(string name)
    {
        if (name is not (SecondWeight or SecondBias))
        {
            return source.Read(name);
        }

        Tensor read = zeros([.. Shape(name)], DType(name));
        if (name == SecondWeight)
        {
            using DisposeScope scope = NewDisposeScope();
            read.select(3, read.shape[3] / 2).select(2, read.shape[2] / 2).copy_(eye(read.shape[0], read.shape[1]));
        }

        return read;
    }

    public void CopyInto(string name, Tensor target)
    {
        using IDisposable noGradients = no_grad();
        using Tensor read = Read(name);
        target.copy_(read);
    }

    private static string FirstOf(string name) =>
        name is SecondWeight or SecondBias ? name.Replace("conv.1.", "conv.0.", StringComparison.Ordinal) : name;
}

using Soco.Vision;
using static TorchSharp.torch;

namespace Soco.Weights.Naming;

/// <summary>Some tensors of a source, under other names.</summary>
/// <param name="source">Where the tensors are; not owned.</param>
/// <param name="names">Each name here and the source's.</param>
internal sealed class RenamedTensors(INamedTensors source, IReadOnlyList<(string Here, string There)> names) : INamedTensors
{
    private readonly Dictionary<string, string> _there = names.ToDictionary(name => name.Here, name => name.There);

    public IReadOnlyList<string> Names { get; } = [.. names.Select(name => name.Here)];

    /// <summary>The source's name, or null.</summary>
    public string? NameInSource(string name) => _there.GetValueOrDefault(name);

    public IReadOnlyList<long> Shape(string name) => source.Shape(There(name));

    public ScalarType DType(string name) => source.DType(There(name));

    public Tensor Read(string name) => source.Read(There(name));

    public void CopyInto(string name, Tensor target) => source.CopyInto(There(name), target);

    private string There(string name) =>
        NameInSource(name)
        ?? throw new SocoDataException($"There is no tensor {name}; take the file of a model with the same architecture.");
}

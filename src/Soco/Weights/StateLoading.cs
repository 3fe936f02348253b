using Soco.Tensors;
using Soco.Vision;
using static TorchSharp.torch;

namespace Soco.Weights;

/// <summary>Puts named tensors into a module. All names and shapes are checked before the first value changes.</summary>
public static class StateLoading
{
    /// <summary>Loads the tensors of a file into named tensors.</summary>
    /// <param name="target">The module's tensors.</param>
    /// <param name="file">The file.</param>
    /// <param name="source">What error sentences call it.</param>
    /// <param name="strict">
    /// Whether anything missing, unexpected or misshaped is an error; if not, what matches is loaded, which must be something.
    /// </param>
    /// <param name="prefix">What names in the file start with; those that do not are not looked at.</param>
    /// <param name="check">Called before the first value changes; may refuse the match.</param>
    /// <exception cref="SocoDataException">They do not fit; nothing was changed.</exception>
    public static StateMatch Load(
        IEnumerable<(string Name, Tensor Tensor)> target,
        INamedTensors file,
        string source,
        bool strict = true,
        string prefix = "",
        Action<StateMatch>? check = null
    ) =>
        Load(
            target,
            file.Names.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Select(name => name[prefix.Length..]),
            name => file.Shape(prefix + name),
            (name, tensor) => file.CopyInto(prefix + name, tensor),
            source,
            strict,
            check
        );

    /// <summary>Loads a map of tensors into named tensors.</summary>
    /// <inheritdoc cref="Load(IEnumerable{ValueTuple{string, Tensor}}, INamedTensors, string, bool, string, Action{StateMatch})"/>
    public static StateMatch Load(
        IEnumerable<(string Name, Tensor Tensor)> target,
        IReadOnlyDictionary<string, Tensor> values,
        string source,
        bool strict = true
    ) => Load(target, values.Keys, name => values[name].shape, (name, tensor) => tensor.copy_(values[name]), source, strict);

    /// <summary>The parameters and buffers of a module, by name.</summary>
    public static IEnumerable<(string Name, Tensor Tensor)> TensorsOf(nn.Module module) =>
        module.named_parameters().Select(item => (item.name, (Tensor)item.parameter)).Concat(module.named_buffers());

    private static StateMatch Load(
        IEnumerable<(string Name, Tensor Tensor)> target,
        IEnumerable<string> available,
        Func<string, IReadOnlyList<long>> shapeOf,
        Action<string, Tensor> copy,
        string source,
        bool strict,
        Action<StateMatch>? check = null
    )
    {
        (string Name, Tensor Tensor)[] wanted = [.. target];
        HashSet<string> unused = [.. available];
        List<string> missing = [],
            misshaped = [];
        List<(string Name, Tensor Tensor)> matched = [];
        foreach ((string name, Tensor tensor) in wanted)
        {
            if (!unused.Remove(name))
            {
                missing.Add(name);
            }
            else if (!shapeOf(name).SequenceEqual(tensor.shape))
            {
                misshaped.Add(StateMatch.Misfit(name, shapeOf(name), tensor.shape));
            }
            else
            {
                matched.Add((name, tensor));
            }
        }

        string[] unexpected = [.. unused.Order(StringComparer.Ordinal)];
        var match = new StateMatch(source, [.. matched.Select(item => item.Name)], missing, unexpected, misshaped);
        if (strict ? !match.IsExact : matched.Count == 0)
        {
            throw new SocoDataException(match.Describe());
        }

        check?.Invoke(match);
        using IDisposable noGradients = no_grad();
        foreach ((string name, Tensor tensor) in matched)
        {
            copy(name, tensor);
            CastWeights.Changed(tensor);
        }

        return match;
    }
}

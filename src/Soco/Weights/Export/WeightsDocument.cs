using Soco.Weights.Pickles;

namespace Soco.Weights.Export;

/// <summary>What goes into a file of another framework: tensors by name, in order, under a key, and what stands beside them.</summary>
/// <param name="Tensors">The tensors; the order of <see cref="INamedTensors.Names"/> is the file's.</param>
/// <param name="Key">The key that the tensors are under, or null where they are the whole value.</param>
/// <param name="Beside">What stands beside them.</param>
internal sealed record WeightsDocument(INamedTensors Tensors, string? Key, IReadOnlyList<(string Key, object Value)> Beside)
{
    /// <summary>Writes what follows the tensors in a pickle: their place under the key, the other entries, and the end.</summary>
    public void End(PickleWriter pickle)
    {
        if (Key is not null)
        {
            pickle.Write(PickleOpcode.SetItem);
        }

        foreach ((string key, object value) in Beside)
        {
            pickle.Text(key);
            pickle.Value(value);
            pickle.Write(PickleOpcode.SetItem);
        }

        pickle.Write(PickleOpcode.Stop);
    }
}

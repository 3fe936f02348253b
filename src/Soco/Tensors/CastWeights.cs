using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace Soco.Tensors;

/// <summary>
/// Copies of float32 weights in the type that activations flow in. A copy is made at the first use after the weight has changed: forward
/// passes share it, and gradients pass through it to the weight in float32. Soco's optimizers, moving averages and readers of weights say
/// themselves that a weight has changed; whoever changes one otherwise calls <see cref="Changed(nn.Module)"/>.
/// </summary>
public static class CastWeights
{
    private static readonly ConditionalWeakTable<Tensor, Tensor> s_copies = [];

    /// <summary>Forgets the copies of a network's weights: they have changed, or the network is no longer used.</summary>
    /// <param name="network">Any module.</param>
    public static void Changed(nn.Module network)
    {
        foreach (var weight in network.parameters())
        {
            Changed(weight);
        }
    }

    /// <summary>Forgets the copy of a weight.</summary>
    internal static void Changed(Tensor weight)
    {
        if (s_copies.TryGetValue(weight, out Tensor? copy))
        {
            s_copies.Remove(weight);
            copy.Dispose();
        }
    }

    /// <summary>The weight itself where it is of the type, else its copy, which stays this class's.</summary>
    internal static Tensor As(this Tensor weight, ScalarType type)
    {
        if (weight.dtype == type)
        {
            return weight;
        }

        bool tracked = weight.requires_grad && is_grad_enabled();
        if (s_copies.TryGetValue(weight, out Tensor? copy) && copy.dtype == type && copy.requires_grad == tracked)
        {
            return copy;
        }

        Changed(weight);
        copy = weight.to_type(type).DetachFromDisposeScope();
        s_copies.Add(weight, copy);
        return copy;
    }
}

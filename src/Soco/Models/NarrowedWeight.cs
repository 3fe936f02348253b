using static TorchSharp.torch;

namespace Soco.Models;

/// <summary>
/// A float32 master weight and its copy in the type that activations flow in. The copy is made once a step: forward passes of one step share
/// it, gradients pass through it to the master in float32. <see cref="Drop"/> ends the step.
/// </summary>
internal sealed class NarrowedWeight
{
    private Tensor? _copy;

    /// <summary>The master where the types agree, else the step's copy.</summary>
    public Tensor As(ScalarType type, Tensor master)
    {
        if (master.dtype == type)
        {
            return master;
        }

        bool tracked = master.requires_grad && is_grad_enabled();
        if (_copy is null || _copy.dtype != type || _copy.requires_grad != tracked)
        {
            Drop();
            _copy = master.to_type(type).DetachFromDisposeScope();
        }

        return _copy;
    }

    /// <summary>Forgets the copy: the master has changed, or the step's graph is done with.</summary>
    public void Drop()
    {
        _copy?.Dispose();
        _copy = null;
    }
}

/// <summary>A module that may hold a narrowed copy of its weights for the length of a step.</summary>
internal interface INarrowsWeights
{
    /// <summary>Forgets the copies.</summary>
    void DropNarrowed();
}

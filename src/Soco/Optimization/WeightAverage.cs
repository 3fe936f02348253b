using Soco.Tensors;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Soco.Optimization;

/// <summary>A moving average of a network's parameters, which can take their place for a while.</summary>
internal sealed class WeightAverage : IDisposable
{
    private readonly (string Name, Parameter Live, Tensor Average)[] _weights;

    /// <summary>Starts at the parameters as they are.</summary>
    public WeightAverage(IEnumerable<(string Name, Parameter Parameter)> parameters) =>
        _weights = [.. parameters.Select(p => (p.Name, p.Parameter, p.Parameter.detach().clone().DetachFromDisposeScope()))];

    /// <summary>The average of each parameter, by its name.</summary>
    public IEnumerable<(string Name, Tensor Tensor)> State => _weights.Select(weight => (weight.Name, weight.Average));

    /// <summary>average = momentum * average + (1 - momentum) * parameter.</summary>
    public void Update(double momentum)
    {
        using IDisposable guard = no_grad();
        using DisposeScope scope = NewDisposeScope();
        foreach ((_, Parameter live, Tensor average) in _weights)
        {
            average.Scale(momentum).Add(1 - momentum, live);
        }
    }

    /// <summary>Sets the average to the parameters.</summary>
    public void Reset() => Update(0);

    /// <summary>Swaps the parameters and the average; again, and all is as before, to the bit.</summary>
    public void Swap()
    {
        using IDisposable guard = no_grad();
        foreach ((_, Parameter live, Tensor average) in _weights)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor kept = live.detach().clone();
            live.copy_(average);
            average.copy_(kept);
            CastWeights.Changed(live);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((_, _, Tensor average) in _weights)
        {
            average.Dispose();
        }
    }
}

using Soco.Tensors;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Soco.Optimization;

/// <summary>SGD with momentum: <c>m = momentum * m + update; w = w - lr * m</c>. What the update is, derived classes say.</summary>
public abstract class MomentumOptimizer : Optimizer
{
    private readonly Dictionary<string, Tensor> _momenta;
    private readonly double _momentum;

    /// <param name="parameters">What learns, by name.</param>
    /// <param name="momentum">Momentum, in [0, 1).</param>
    protected MomentumOptimizer(IEnumerable<(string Name, Parameter Parameter)> parameters, double momentum)
        : base(parameters)
    {
        _momenta = Zeros();
        _momentum = momentum;
    }

    /// <summary>The momentum of each parameter, by its name.</summary>
    public override IEnumerable<(string Name, Tensor Tensor)> State => _momenta.Select(e => (e.Key, e.Value));

    /// <summary>What joins the momentum.</summary>
    protected abstract Tensor UpdateOf(string name, Parameter parameter, Tensor gradient, double learningRate);

    /// <inheritdoc/>
    protected sealed override void Move(string name, Parameter parameter, Tensor gradient, double learningRate)
    {
        Tensor momentum = _momenta[name].Scale(_momentum).Add(UpdateOf(name, parameter, gradient, learningRate));
        parameter.Add(-learningRate, momentum);
    }
}

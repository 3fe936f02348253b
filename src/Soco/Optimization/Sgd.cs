using Soco.Tensors;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Soco.Optimization;

/// <summary>SGD with momentum, where weight decay joins the gradient (as torch.optim.SGD).</summary>
/// <param name="parameters">What learns, by name.</param>
/// <param name="momentum">Momentum, in [0, 1).</param>
/// <param name="weightDecay">Weight decay.</param>
/// <param name="decays">Which parameters decay; null: all.</param>
public sealed class Sgd(
    IEnumerable<(string Name, Parameter Parameter)> parameters,
    double momentum,
    double weightDecay,
    Func<string, bool>? decays = null
) : MomentumOptimizer(parameters, momentum)
{
    /// <inheritdoc/>
    protected override Tensor UpdateOf(string name, Parameter parameter, Tensor gradient, double learningRate) =>
        decays?.Invoke(name) ?? true ? gradient.Plus(weightDecay, parameter) : gradient;
}

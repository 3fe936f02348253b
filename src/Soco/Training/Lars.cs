using Soco.Tensors;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Soco.Training;

/// <summary>
/// LARS over SGD with momentum (You et al., 2017, as the SoCo code applies it): weight decay joins the gradient, which is then scaled by
/// trust * |w| / (|g| + 1e-8). Parameters of one dimension take neither.
/// </summary>
/// <param name="parameters">What learns, by name.</param>
/// <param name="momentum">Momentum of SGD, in [0, 1).</param>
/// <param name="weightDecay">Weight decay of the parameters of two or more dimensions.</param>
/// <param name="trustCoefficient">Trust coefficient.</param>
public sealed class Lars(IEnumerable<(string Name, Parameter Parameter)> parameters, double momentum, double weightDecay, double trustCoefficient)
    : MomentumOptimizer(parameters, momentum)
{
    private const double Epsilon = 1e-8;

    /// <inheritdoc/>
    protected override Tensor UpdateOf(string name, Parameter parameter, Tensor gradient)
    {
        if (parameter.dim() <= 1)
        {
            return gradient;
        }

        Tensor update = gradient.Plus(weightDecay, parameter);
        Tensor weightNorm = parameter.norm();
        Tensor updateNorm = update.norm();
        Tensor rate = where(weightNorm.IsAbove(0).logical_and(updateNorm.IsAbove(0)), (weightNorm / updateNorm.Plus(Epsilon)).Times(trustCoefficient), ones_like(weightNorm));
        return update.mul_(rate);
    }
}

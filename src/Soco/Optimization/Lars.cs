using Soco.Tensors;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Soco.Optimization;

/// <summary>
/// LARS over SGD with momentum (You et al., 2017, as the SoCo code applies it): weight decay joins the gradient, which is then scaled by
/// trust * |w| / (|g| + 1e-8). Parameters of one dimension take neither.
/// </summary>
/// <param name="parameters">What learns, by name.</param>
/// <param name="momentum">Momentum of SGD, in [0, 1).</param>
/// <param name="weightDecay">Weight decay of the parameters of two or more dimensions.</param>
/// <param name="trustCoefficient">Trust coefficient.</param>
/// <param name="capped">
/// Whether no parameter moves faster than by the learning rate itself: the scale is min(trust * |w| / (|g| + 1e-8) / lr, 1), as in
/// small-image recipes (solo-learn, lightning-bolts). Then trust * |w| / |g| is the rate of a parameter, and lr the most it can be.
/// </param>
public sealed class Lars(
    IEnumerable<(string Name, Parameter Parameter)> parameters,
    double momentum,
    double weightDecay,
    double trustCoefficient,
    bool capped = false
) : MomentumOptimizer(parameters, momentum)
{
    private const double Epsilon = 1e-8;

    /// <inheritdoc/>
    protected override Tensor UpdateOf(string name, Parameter parameter, Tensor gradient, double learningRate)
    {
        if (parameter.dim() <= 1)
        {
            return gradient;
        }

        Tensor update = gradient.Plus(weightDecay, parameter);
        Tensor weightNorm = parameter.norm();
        Tensor updateNorm = update.norm();
        Tensor trusted = (weightNorm / updateNorm.Plus(Epsilon)).Times(trustCoefficient);
        Tensor scale = capped && learningRate > 0 ? trusted.DividedBy(learningRate).minimum(ones_like(trusted)) : trusted;
        return update.mul_(where(weightNorm.IsAbove(0).logical_and(updateNorm.IsAbove(0)), scale, ones_like(scale)));
    }
}

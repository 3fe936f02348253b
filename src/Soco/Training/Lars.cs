using Soco.Tensors;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Soco.Training;

/// <summary>
/// LARS over SGD with momentum (You et al., 2017, as the SoCo code applies it): weight decay joins the gradient, which is then scaled by
/// trust * |w| / (|g| + 1e-8). Parameters of one dimension take neither.
/// </summary>
public sealed class Lars : IDisposable
{
    private const double Epsilon = 1e-8;
    private readonly List<(string Name, Parameter Parameter)> _parameters;
    private readonly Dictionary<string, Tensor> _momenta = [];
    private readonly double _momentum;
    private readonly double _weightDecay;
    private readonly double _trust;

    /// <param name="parameters">What learns, by name.</param>
    /// <param name="momentum">Momentum of SGD, in [0, 1).</param>
    /// <param name="weightDecay">Weight decay of the parameters of two or more dimensions.</param>
    /// <param name="trustCoefficient">Trust coefficient.</param>
    public Lars(IEnumerable<(string Name, Parameter Parameter)> parameters, double momentum, double weightDecay, double trustCoefficient)
    {
        _parameters = [.. parameters];
        _momentum = momentum;
        _weightDecay = weightDecay;
        _trust = trustCoefficient;
        foreach ((string name, Parameter parameter) in _parameters)
        {
            _momenta[name] = zeros_like(parameter).DetachFromDisposeScope();
        }
    }

    /// <summary>The momentum of each parameter, by its name: the optimiser's whole state.</summary>
    public IEnumerable<(string Name, Tensor Tensor)> State => _momenta.Select(e => (e.Key, e.Value));

    /// <summary>Euclidean norm of all gradients together; not finite when any of them is not.</summary>
    public double GradientNorm()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] squares = [.. Gradients().Select(g => (g.Gradient * g.Gradient).sum(ScalarType.Float64))];
        return squares.Length == 0 ? 0 : Math.Sqrt(stack(squares).sum().item<double>());
    }

    /// <summary>One update.</summary>
    /// <param name="learningRate">Learning rate of this step.</param>
    public void Step(double learningRate)
    {
        using IDisposable guard = no_grad();
        using DisposeScope handles = NewDisposeScope();
        foreach ((string name, Parameter parameter, Tensor gradient) in Gradients())
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor update = gradient;
            if (parameter.dim() > 1)
            {
                update = gradient.Plus(_weightDecay, parameter);
                Tensor weightNorm = parameter.norm();
                Tensor updateNorm = update.norm();
                Tensor rate = where(weightNorm.IsAbove(0).logical_and(updateNorm.IsAbove(0)), (weightNorm / updateNorm.Plus(Epsilon)).Times(_trust), ones_like(weightNorm));
                update = update.mul_(rate);
            }

            Tensor momentum = _momenta[name].Scale(_momentum).Add(update);
            parameter.Add(-learningRate, momentum);
        }
    }

    /// <summary>
    /// Forgets the gradients. A parameter that the next step does not reach (a level without boxes) has none and stays as it is: a gradient
    /// of zeros would move it by momentum and decay, and only until the run is resumed.
    /// </summary>
    public void ZeroGradients()
    {
        foreach ((_, Parameter parameter) in _parameters)
        {
            parameter.grad = null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor momentum in _momenta.Values)
        {
            momentum.Dispose();
        }

        _momenta.Clear();
    }

    private IEnumerable<(string Name, Parameter Parameter, Tensor Gradient)> Gradients()
    {
        foreach ((string name, Parameter parameter) in _parameters)
        {
            if (parameter.grad is { } gradient)
            {
                yield return (name, parameter, gradient);
            }
        }
    }
}

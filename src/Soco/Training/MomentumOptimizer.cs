using Soco.Tensors;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Soco.Training;

/// <summary>SGD with momentum: <c>m = momentum * m + update; w = w - lr * m</c>. What the update is, derived classes say.</summary>
public abstract class MomentumOptimizer : IDisposable
{
    private readonly List<(string Name, Parameter Parameter)> _parameters;
    private readonly Dictionary<string, Tensor> _momenta = [];
    private readonly double _momentum;

    /// <param name="parameters">What learns, by name.</param>
    /// <param name="momentum">Momentum, in [0, 1).</param>
    protected MomentumOptimizer(IEnumerable<(string Name, Parameter Parameter)> parameters, double momentum)
    {
        _parameters = [.. parameters];
        _momentum = momentum;
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

    /// <summary>Multiplies all gradients.</summary>
    public void ScaleGradients(double factor)
    {
        using IDisposable guard = no_grad();
        using DisposeScope handles = NewDisposeScope();
        foreach ((_, _, Tensor gradient) in Gradients())
        {
            gradient.Scale(factor);
        }
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
            Tensor momentum = _momenta[name].Scale(_momentum).Add(UpdateOf(name, parameter, gradient));
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
        GC.SuppressFinalize(this);
    }

    /// <summary>What joins the momentum.</summary>
    protected abstract Tensor UpdateOf(string name, Parameter parameter, Tensor gradient);

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

using Soco.Tensors;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Soco.Optimization;

/// <summary>What moves the parameters along their gradients. How, derived classes say.</summary>
public abstract class Optimizer : IDisposable
{
    private readonly List<(string Name, Parameter Parameter)> _parameters;

    /// <param name="parameters">What learns, by name.</param>
    protected Optimizer(IEnumerable<(string Name, Parameter Parameter)> parameters) => _parameters = [.. parameters];

    /// <summary>What learns.</summary>
    internal IReadOnlyList<Parameter> Parameters => [.. _parameters.Select(known => known.Parameter)];

    /// <summary>Factor on the learning rate of a parameter, by its name; 1 for all where nothing is said.</summary>
    public Func<string, double> RateFactor { get; init; } = _ => 1;

    /// <summary>The optimizer's whole state, by unique names.</summary>
    public abstract IEnumerable<(string Name, Tensor Tensor)> State { get; }

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
            Move(name, parameter, gradient, learningRate * RateFactor(name));
            CastWeights.Changed(parameter);
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
        foreach ((_, Tensor tensor) in State)
        {
            tensor.Dispose();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>A tensor of zeros for each parameter, to keep.</summary>
    private protected Dictionary<string, Tensor> Zeros() =>
        _parameters.ToDictionary(p => p.Name, p => zeros_like(p.Parameter).DetachFromDisposeScope());

    /// <summary>Updates a parameter in place. Without gradient; what it allocates is freed by the caller's scope.</summary>
    protected abstract void Move(string name, Parameter parameter, Tensor gradient, double learningRate);

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

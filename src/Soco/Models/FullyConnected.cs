using Soco.Tensors;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Soco.Models;

/// <summary>
/// A fully connected layer with bias, both uniform in +-1/sqrt(inputs) at the start. Runs in the type of its input; the masters stay
/// float32.
/// </summary>
internal sealed class FullyConnected : nn.Module<Tensor, Tensor>
{
    private readonly Parameter weight;
    private readonly Parameter bias;

    /// <param name="inputs">Input features.</param>
    /// <param name="outputs">Output features.</param>
    /// <param name="std">If given the weight starts normal with this standard deviation, and the bias at 0.</param>
    public FullyConnected(long inputs, long outputs, double? std = null)
        : base(nameof(FullyConnected))
    {
        double bound = 1 / Math.Sqrt(inputs);
        weight = new Parameter(std is { } given ? randn(outputs, inputs).Scale(given) : empty(outputs, inputs).uniform_(-bound, bound));
        bias = new Parameter(std is null ? empty(outputs).uniform_(-bound, bound) : zeros(outputs));
        RegisterComponents();
    }

    /// <param name="input">[M, inputs].</param>
    /// <returns>[M, outputs].</returns>
    public override Tensor forward(Tensor input) => nn.functional.linear(input, weight.As(input.dtype), bias.As(input.dtype));
}

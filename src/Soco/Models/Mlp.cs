using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Models;

/// <summary>Linear, norm, ReLU, linear: the projector and the predictor (BYOL, Grill et al., 2020; SoCo, section 3.2).</summary>
public sealed class Mlp : nn.Module<Tensor, Tensor>
{
    private readonly FullyConnected linear1;
    private readonly BatchNorm bn1;
    private readonly FullyConnected linear2;

    /// <param name="inputs">Input features.</param>
    /// <param name="hidden">Hidden features.</param>
    /// <param name="outputs">Output features.</param>
    public Mlp(int inputs, int hidden, int outputs)
        : base(nameof(Mlp))
    {
        linear1 = new FullyConnected(inputs, hidden);
        bn1 = new BatchNorm(hidden);
        linear2 = new FullyConnected(hidden, outputs);
        RegisterComponents();
    }

    /// <param name="input">[M, inputs]; in training M is at least 2.</param>
    /// <returns>[M, outputs].</returns>
    public override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        return linear2.forward(bn1.forward(linear1.forward(input)).relu_()).MoveToOuterDisposeScope();
    }
}

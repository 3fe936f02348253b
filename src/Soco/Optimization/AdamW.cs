using Soco.Tensors;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Soco.Optimization;

/// <summary>Adam with decoupled weight decay (Loshchilov and Hutter, 2019; as torch.optim.AdamW, betas 0.9 and 0.999, eps 1e-8).</summary>
public sealed class AdamW : Optimizer
{
    private const double Beta1 = 0.9;
    private const double Beta2 = 0.999;
    private const double Epsilon = 1e-8;

    private readonly Dictionary<string, Tensor> _means;
    private readonly Dictionary<string, Tensor> _squares;
    private readonly Dictionary<string, Tensor> _steps;
    private readonly double _weightDecay;
    private readonly Func<string, bool> _decays;

    /// <param name="parameters">What learns, by name.</param>
    /// <param name="weightDecay">Weight decay, a share of the weight for each unit of the learning rate.</param>
    /// <param name="decays">Which parameters decay; null: all.</param>
    public AdamW(IReadOnlyList<(string Name, Parameter Parameter)> parameters, double weightDecay, Func<string, bool>? decays = null)
        : base(parameters)
    {
        _means = Zeros();
        _squares = Zeros();
        _steps = parameters.ToDictionary(p => p.Name, _ => zeros([], ScalarType.Int64).DetachFromDisposeScope());
        _weightDecay = weightDecay;
        _decays = decays ?? (_ => true);
    }

    /// <summary>For each parameter the mean of its gradients, that of their squares, and how many there were.</summary>
    public override IEnumerable<(string Name, Tensor Tensor)> State =>
        Named(_means, "mean").Concat(Named(_squares, "square")).Concat(Named(_steps, "steps"));

    /// <inheritdoc/>
    protected override void Move(string name, Parameter parameter, Tensor gradient, double learningRate)
    {
        Tensor mean = _means[name].Scale(Beta1).Add(1 - Beta1, gradient);
        Tensor square = _squares[name].Scale(Beta2).Add(1 - Beta2, gradient * gradient);
        long step = _steps[name].Increment().item<long>();
        if (_decays(name))
        {
            parameter.Scale(1 - learningRate * _weightDecay);
        }

        Tensor deviation = square.sqrt().DividedBy(Math.Sqrt(1 - Math.Pow(Beta2, step))).Plus(Epsilon);
        parameter.Add(-learningRate / (1 - Math.Pow(Beta1, step)), mean / deviation);
    }

    private static IEnumerable<(string Name, Tensor Tensor)> Named(Dictionary<string, Tensor> tensors, string what) =>
        tensors.Select(e => ($"{e.Key}.{what}", e.Value));
}

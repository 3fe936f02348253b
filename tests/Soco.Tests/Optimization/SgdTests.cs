using Soco.Optimization;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Soco.Tests.Optimization;

public sealed class SgdTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void It_takes_the_steps_of_libtorchs_own()
    {
        using Generator random = new(3);
        Tensor start = randn(5, 4, generator: random);
        Parameter mine = new(start.clone()),
            theirs = new(start.clone());
        using var sgd = new Sgd([("w", mine)], momentum: 0.9, weightDecay: 0.01);
        using var reference = optim.SGD([theirs], 0.1, momentum: 0.9, weight_decay: 0.01);
        for (int step = 0; step < 5; step++)
        {
            Tensor gradient = randn(5, 4, generator: random);
            mine.grad = gradient.clone();
            theirs.grad = gradient.clone();
            sgd.Step(0.1);
            reference.step();
        }

        Assert.True(mine.allclose(theirs, rtol: 1e-6, atol: 1e-7));
    }

    [Fact]
    public void Parameters_that_do_not_decay_keep_their_size_where_the_gradient_is_zero()
    {
        Parameter weight = new(ones(3, 3)),
            gamma = new(ones(3));
        using var sgd = new Sgd(
            [("conv.weight", weight), ("bn.weight", gamma)],
            0.9,
            0.5,
            name => !name.StartsWith("bn.", StringComparison.Ordinal)
        );
        weight.grad = zeros(3, 3);
        gamma.grad = zeros(3);
        sgd.Step(0.1);

        Assert.Equal(0.95f, weight[0, 0].item<float>(), 1e-6);
        Assert.Equal(1f, gamma[0].item<float>());
    }

    [Fact]
    public void Gradients_are_scaled_and_their_norm_is_that_of_all_together()
    {
        Parameter one = new(zeros(2)),
            other = new(zeros(1)),
            unreached = new(zeros(1));
        using var sgd = new Sgd([("a", one), ("b", other), ("c", unreached)], 0, 0);
        one.grad = tensor(new[] { 3f, 0 });
        other.grad = tensor(new[] { 4f });
        Assert.Equal(5, sgd.GradientNorm(), 1e-6);

        sgd.ScaleGradients(0.5);
        Assert.Equal(2.5, sgd.GradientNorm(), 1e-6);

        sgd.Step(1);
        sgd.ZeroGradients();
        Assert.Equal(-1.5f, one[0].item<float>(), 1e-6);
        Assert.Equal(0, sgd.GradientNorm());
    }
}

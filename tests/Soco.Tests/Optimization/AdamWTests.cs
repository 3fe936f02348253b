using Soco.Optimization;
using TorchSharp;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace Soco.Tests.Optimization;

[Collection(Alone.Name)]
public sealed class AdamWTests : IDisposable
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
        using var adam = new AdamW([("w", mine)], weightDecay: 0.05);
        using var reference = optim.AdamW([theirs], 0.01, weight_decay: 0.05);
        for (int step = 0; step < 20; step++)
        {
            Tensor gradient = randn(5, 4, generator: random);
            mine.grad = gradient.clone();
            theirs.grad = gradient.clone();
            adam.Step(0.01);
            reference.step();
        }

        Assert.True(mine.allclose(theirs, rtol: 1e-5, atol: 1e-7));
    }

    [Fact]
    public void A_parameter_without_gradient_stays_and_its_steps_are_not_counted()
    {
        Parameter reached = new(ones(2, 2)),
            unreached = new(ones(2, 2));
        using var adam = new AdamW([("a", reached), ("b", unreached)], 0.1);
        reached.grad = ones(2, 2);
        adam.Step(0.01);

        Assert.Equal(1f, unreached.min().item<float>());
        Assert.Equal(
            [1L, 0L],
            adam.State.Where(item => item.Name.EndsWith(".steps", StringComparison.Ordinal)).Select(item => item.Tensor.item<long>())
        );
    }

    [Fact]
    public void The_rate_of_a_parameter_can_be_a_part_of_the_others()
    {
        Parameter slow = new(ones(2)),
            fast = new(ones(2));
        using var sgd = new Sgd([("backbone.w", slow), ("head.w", fast)], 0, 0)
        {
            RateFactor = name => name.StartsWith("backbone", StringComparison.Ordinal) ? 0.1 : 1,
        };
        (slow.grad, fast.grad) = (ones(2), ones(2));
        sgd.Step(0.5);

        Assert.Equal(0.95f, slow.min().item<float>(), 1e-6);
        Assert.Equal(0.5f, fast.min().item<float>(), 1e-6);
    }
}

using System.Text.Json;
using Soco.Optimization;
using Soco.TestSupport;
using Soco.Vision.Random;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Soco.Tests.Optimization;

public sealed class LarsTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public static TheoryData<string> Files() => [.. GoldenFiles.Matching("lars_cosine*.json").Select(path => Path.GetFileName(path)!)];

    public void Dispose() => _scope.Dispose();

    /// <summary>
    /// The published net runs away: its last bias grows to thousands, and with it the roundings in the gradient of the first bias, which a
    /// norm makes zero. Where inputs that differ by a rounding move a norm, so far, the tolerance is four times that movement.
    /// </summary>
    [Theory]
    [Trait("Category", "Golden")]
    [MemberData(nameof(Files))]
    public void The_norms_of_the_parameters_are_those_of_the_published_code_at_every_step(string file)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(GoldenFiles.Folder, file)));
        JsonElement[] published = [.. document.RootElement.GetProperty("parameter_norms").EnumerateArray()];
        Dictionary<string, double>[] measured = Train(document.RootElement, 0);
        Dictionary<string, double>[][] shaken = [.. Enumerable.Range(1, 4).Select(seed => Train(document.RootElement, seed))];

        Assert.Equal(published.Length, measured.Length);
        Assert.All(
            measured[0].Keys,
            name =>
            {
                double movement = 0;
                for (int step = 0; step < measured.Length; step++)
                {
                    double expected = published[step].GetProperty(name).GetDouble(),
                        value = measured[step][name];
                    movement = Math.Max(movement, shaken.Max(run => Math.Abs(run[step][name] - value)) / expected);
                    Assert.True(
                        Math.Abs(value - expected) <= expected * Math.Max(1e-6, 4 * movement),
                        $"step {step}: {value:g8}, published {expected:g8}, roundings move it by {movement:g2} of it"
                    );
                }
            }
        );
    }

    [Fact]
    public void Capped_no_weight_moves_faster_than_by_the_learning_rate()
    {
        // |w| = 5: a trust of 0.02 allows a movement of 0.1, a gradient of length 0.01 at the rate 2 one of 0.02, one of length 1 one of 2.
        foreach ((float size, float moved) in new[] { (0.01f, 0.02f), (1f, 0.1f) })
        {
            Parameter weight = new(tensor(new float[] { 3, 0, 0, 4 }, [2, 2]));
            using var lars = new Lars([("w", weight)], momentum: 0, weightDecay: 0, trustCoefficient: 0.02, capped: true);
            (weight * tensor(new[] { size, 0, 0, 0 }, [2, 2])).sum().backward();
            lars.Step(2);

            Assert.Equal(3 - moved, weight[0, 0].item<float>(), 1e-5);
        }
    }

    [Fact]
    public void A_weight_moves_by_the_trust_coefficient_times_its_norm_whatever_the_size_of_the_gradient()
    {
        foreach (float size in new[] { 1e-3f, 1f, 1e3f })
        {
            Parameter weight = new(tensor(new float[] { 3, 0, 0, 4 }, [2, 2]));
            using var lars = new Lars([("w", weight)], momentum: 0.9, weightDecay: 0, trustCoefficient: 0.001);
            (weight * tensor(new[] { size, 0, 0, 0 }, [2, 2])).sum().backward();
            lars.Step(2);

            Assert.Equal(3 - 2 * 0.001 * 5, weight[0, 0].item<float>(), 1e-5);
            Assert.Equal(4, weight[1, 1].item<float>(), 1e-6);
        }
    }

    [Fact]
    public void One_dimension_takes_neither_decay_nor_scaling_and_momentum_gathers()
    {
        Parameter bias = new(tensor(new float[] { 1, 2 }));
        using var lars = new Lars([("b", bias)], momentum: 0.5, weightDecay: 0.1, trustCoefficient: 0.001);
        for (int step = 0; step < 2; step++)
        {
            (bias * tensor(new float[] { 1, 10 })).sum().backward();
            lars.Step(0.1);
            lars.ZeroGradients();
        }

        // Velocities 1 and 1.5 times the gradient.
        Assert.Equal(1 - 0.1 * 2.5, bias[0].item<float>(), 1e-6);
        Assert.Equal(2 - 0.1 * 25, bias[1].item<float>(), 1e-6);
    }

    [Fact]
    public void A_weight_of_zeros_moves_by_plain_sgd()
    {
        Parameter weight = new(zeros(2, 2));
        using var lars = new Lars([("w", weight)], momentum: 0, weightDecay: 0.1, trustCoefficient: 0.001);
        weight.sum().mul(3).backward();
        lars.Step(0.5);

        Assert.Equal(-1.5f, weight[1, 0].item<float>());
    }

    [Fact]
    public void What_a_step_does_not_reach_stays_as_it_is_momentum_and_all()
    {
        Parameter used = new(ones(2, 2)),
            unused = new(ones(2, 2));
        using var lars = new Lars([("used", used), ("unused", unused)], momentum: 0.9, weightDecay: 0.1, trustCoefficient: 0.01);
        (used.sum() + unused.sum()).backward();
        lars.Step(1);
        lars.ZeroGradients();
        (float, float) before = (used[0, 0].item<float>(), unused[0, 0].item<float>());
        float momentum = lars.State.Last().Tensor[0, 0].item<float>();

        used.sum().backward();
        lars.Step(1);

        Assert.NotEqual(before.Item1, used[0, 0].item<float>());
        Assert.Equal(before.Item2, unused[0, 0].item<float>());
        Assert.Equal(momentum, lars.State.Last().Tensor[0, 0].item<float>());
    }

    [Fact]
    public void The_gradient_norm_is_over_all_parameters_and_not_finite_when_one_value_is_not()
    {
        Parameter a = new(ones(2)),
            b = new(ones(2, 2));
        using var lars = new Lars([("a", a), ("b", b), ("unused", new(ones(3)))], 0.9, 0, 0.001);
        Assert.Equal(0, lars.GradientNorm());

        (a.sum() * 3 + b.sum() * 4).backward();
        Assert.Equal(Math.Sqrt(2 * 9 + 4 * 16), lars.GradientNorm(), 1e-6);

        (a * tensor(new[] { 0, float.NaN })).sum().backward();
        Assert.False(double.IsFinite(lars.GradientNorm()));
    }

    /// <summary>The norm of each parameter after each step.</summary>
    private static Dictionary<string, double>[] Train(JsonElement golden, int seed)
    {
        double Value(string name) => golden.GetProperty(name).GetDouble();
        uint salt = golden.TryGetProperty("salt", out JsonElement given) ? given.GetUInt32() : 0;
        double perEpoch = Value("iterations_per_epoch");
        long Steps(string epochs) => (long)(perEpoch * Value(epochs));

        var net = nn.Sequential(nn.Linear(5, 7), nn.BatchNorm1d(7), nn.Linear(7, 3));
        Fill(net, salt);
        double trust = golden.TryGetProperty("trust_coefficient", out JsonElement coefficient) ? coefficient.GetDouble() : 0.001;
        using var lars = new Lars(net.named_parameters(), Value("momentum"), Value("weight_decay"), trust);
        var random = new CounterRandom((ulong)seed, 0, 0, 0);
        var norms = new Dictionary<string, double>[golden.GetProperty("parameter_norms").GetArrayLength()];
        for (int step = 0; step < norms.Length; step++)
        {
            double[] input = GoldenFiles.Fill($"x{step}", 55, -1, 1, salt);
            Tensor x = tensor(Array.ConvertAll(input, v => (float)(v * (seed == 0 ? 1 : 1 + random.Uniform(-1e-7, 1e-7)))), [11, 5]);
            net.forward(x).square().mean().backward();
            lars.Step(
                Schedules.LearningRate(
                    step,
                    Steps("epochs"),
                    Steps("warmup_epochs"),
                    Value("base_lr"),
                    Value("eta_min"),
                    Value("warmup_multiplier")
                )
            );
            lars.ZeroGradients();
            norms[step] = net.named_parameters().ToDictionary(p => p.name, p => (double)p.parameter.norm().item<float>());
        }

        return norms;
    }

    private static void Fill(nn.Module net, uint salt)
    {
        using IDisposable noGradients = no_grad();
        foreach ((string name, Parameter parameter) in net.named_parameters())
        {
            double bound = Math.Sqrt(6.0 * parameter.shape[0] / parameter.numel());
            (double low, double high) =
                parameter.dim() > 1 ? (-bound, bound)
                : name.EndsWith("weight", StringComparison.Ordinal) ? (0.5, 1.5)
                : (-0.1, 0.1);
            double[] values = GoldenFiles.Fill(name, parameter.numel(), low, high, salt);
            parameter.copy_(tensor(Array.ConvertAll(values, v => (float)v), parameter.shape));
        }
    }
}

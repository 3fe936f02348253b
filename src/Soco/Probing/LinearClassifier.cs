using Soco.Optimization;
using Soco.Tensors;
using Soco.Vision.Random;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Soco.Probing;

/// <summary>
/// A linear layer on standardised features, trained by SGD with momentum and a cosine over its epochs: linear evaluation (SoCo's and BYOL's
/// protocol on cached features). Its learning rate is the one of a list that a tenth of the samples, left out, likes best.
/// </summary>
internal static class LinearClassifier
{
    private const int Epochs = 100;
    private const int Batch = 256;
    private const double Momentum = 0.9;
    private const ulong Purpose = 0x6C696E656172;

    private static readonly double[] s_rates = [0.01, 0.03, 0.1, 0.3, 1];

    /// <summary>Learns from some samples and tells the classes of others.</summary>
    /// <param name="training">[n, F] float32.</param>
    /// <param name="labels">The n classes, each below <paramref name="classes"/>.</param>
    /// <param name="test">[m, F] float32.</param>
    /// <param name="classes">How many classes there are.</param>
    /// <param name="seed">Of the order of the samples.</param>
    /// <returns>[m, C]: the values of the classes.</returns>
    public static Tensor Scores(Tensor training, IReadOnlyList<long> labels, Tensor test, int classes, long seed)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor mean = training.mean([0]),
            deviation = training.std(0, unbiased: false).Plus(1e-6);
        Tensor known = (training - mean) / deviation,
            asked = (test - mean) / deviation,
            truth = tensor([.. labels]);
        int[] order = [.. Enumerable.Range(0, labels.Count)];
        new CounterRandom((ulong)seed, 0, 0, Purpose).Shuffle<int>(order);
        Tensor held = tensor([.. order.Take(Math.Max(1, labels.Count / 10)).Select(place => (long)place)]);
        Tensor kept = tensor([.. order.Skip(Math.Max(1, labels.Count / 10)).Select(place => (long)place)]);
        double rate = s_rates.MaxBy(candidate =>
        {
            using DisposeScope trial = NewDisposeScope();
            Tensor scores = Train(known[kept], truth[kept], known[held], classes, candidate, seed);
            return scores.argmax(1).eq(truth[held]).sum().item<long>();
        });
        return Train(known, truth, asked, classes, rate, seed).MoveToOuterDisposeScope();
    }

    private static Tensor Train(Tensor samples, Tensor labels, Tensor asked, int classes, double rate, long seed)
    {
        using DisposeScope scope = NewDisposeScope();
        var weight = new Parameter(zeros(classes, samples.shape[1]));
        var bias = new Parameter(zeros(classes));
        using var sgd = new Sgd([("weight", weight), ("bias", bias)], Momentum, weightDecay: 0);
        int count = (int)samples.shape[0],
            steps = (count + Batch - 1) / Batch;
        long[] order = [.. Enumerable.Range(0, count).Select(place => (long)place)];
        for (int step = 0; step < Epochs * steps; step++)
        {
            if (step % steps == 0)
            {
                new CounterRandom((ulong)seed, (ulong)(step / steps), 1, Purpose).Shuffle<long>(order);
            }

            using DisposeScope inner = NewDisposeScope();
            Tensor places = tensor(order.Skip(step % steps * Batch).Take(Batch).ToArray());
            nn.functional.cross_entropy(nn.functional.linear(samples[places], weight, bias), labels[places]).backward();
            sgd.Step(rate * (1 + Math.Cos(Math.PI * step / (Epochs * steps))) / 2);
            sgd.ZeroGradients();
        }

        return nn.functional.linear(asked, weight, bias).detach().MoveToOuterDisposeScope();
    }
}

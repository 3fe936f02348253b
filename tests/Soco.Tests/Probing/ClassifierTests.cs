using Soco.Probing;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Tests.Probing;

[Collection(Alone.Name)]
public sealed class ClassifierTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    public static TheoryData<string> Classifiers() => ["ridge", "neighbors", "linear"];

    [Theory]
    [MemberData(nameof(Classifiers))]
    public void Classes_that_lie_apart_are_told_and_noise_is_not(string classifier)
    {
        manual_seed(4);
        Tensor labels = arange(120) % 3,
            centers = randn(3, 20) * 2;
        Tensor training = centers[labels] + randn(120, 20),
            test = centers[labels] + randn(120, 20);

        Assert.InRange(Accuracy(classifier, training, labels, test), 0.9, 1);
        Assert.InRange(Accuracy(classifier, randn(120, 20), labels, randn(120, 20)), 0.1, 0.6);
    }

    [Fact]
    public void Ridge_is_the_closed_form_with_the_strength_that_leaving_one_out_likes_best()
    {
        manual_seed(5);
        Tensor labels = arange(30) % 2,
            training = randn(30, 6) + labels.unsqueeze(1),
            test = randn(8, 6);
        Tensor mean = training.mean([0]),
            deviation = training.std(0, unbiased: false) + 1e-6;
        Tensor known = ((training - mean) / deviation).to_type(ScalarType.Float64),
            asked = ((test - mean) / deviation).to_type(ScalarType.Float64);
        Tensor targets = nn.functional.one_hot(labels, 2).to_type(ScalarType.Float64);
        double scale = known.mm(known.t()).trace().item<double>() / 30;
        double strength = new[] { 1e-4, 1e-3, 1e-2, 1e-1, 1, 10 }.MinBy(Mistakes) * scale;

        Tensor expected = asked.mm(Fit(known, targets - targets.mean([0]), strength)) + targets.mean([0]);
        Assert.True(RidgeClassifier.Scores(training, [.. labels.data<long>()], test, 2).allclose(expected, rtol: 1e-6, atol: 1e-8));

        // Each sample in turn is left out of the fit; means and offset stay those of all.
        long Mistakes(double candidate) =>
            Enumerable
                .Range(0, 30)
                .Count(out_ =>
                {
                    Tensor kept = tensor([.. Enumerable.Range(0, 30).Where(i => i != out_).Select(i => (long)i)]);
                    Tensor fit = Fit(known[kept], (targets - targets.mean([0]))[kept], candidate * scale);
                    return (known[out_].unsqueeze(0).mm(fit) + targets.mean([0])).argmax(1).item<long>() != labels[out_].item<long>();
                });
    }

    [Fact]
    public void Variance_is_shared_out_by_what_explains_it()
    {
        manual_seed(6);
        int[] groups = [.. Enumerable.Range(0, 200).Select(i => i % 4)];
        double[] numbers = [.. Enumerable.Range(0, 200).Select(i => i / 200.0)];
        Tensor means = randn(4, 10)[tensor(Array.ConvertAll(groups, group => (long)group))];
        Tensor parabola = tensor(Array.ConvertAll(numbers, x => (float)(x * x - 3 * x))).unsqueeze(1) * randn(1, 10);

        Assert.Equal(1, FeatureVariance.ExplainedByGroups(means, groups), 1e-5);
        Assert.Equal(1, FeatureVariance.ExplainedByParabola(parabola, numbers), 1e-5);
        Assert.InRange(FeatureVariance.ExplainedByGroups(randn(200, 10), groups), 0, 0.1);
        Assert.InRange(FeatureVariance.ExplainedByParabola(randn(200, 10), numbers), 0, 0.1);
        Assert.Equal(0, FeatureVariance.ExplainedByGroups(ones(200, 10), groups));
    }

    private static double Accuracy(string classifier, Tensor training, Tensor labels, Tensor test)
    {
        long[] known = [.. labels.data<long>()];
        Tensor scores = classifier switch
        {
            "ridge" => RidgeClassifier.Scores(training, known, test, 3),
            "neighbors" => NearestNeighbors.Scores(training, known, test, 3),
            _ => LinearClassifier.Scores(training, known, test, 3, seed: 1),
        };
        return scores.argmax(1).eq(labels).to_type(ScalarType.Float64).mean().item<double>();
    }

    private static Tensor Fit(Tensor x, Tensor y, double strength) =>
        linalg.solve(x.t().mm(x) + strength * eye(x.shape[1], dtype: ScalarType.Float64), x.t().mm(y));
}

using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Probing;

/// <summary>How much of the variance of features something about their boxes explains.</summary>
internal static class FeatureVariance
{
    /// <summary>The share that the means of groups explain.</summary>
    /// <param name="features">[n, F] float32.</param>
    /// <param name="groups">The group of each of the n.</param>
    /// <returns>0 to 1; 0 where nothing varies.</returns>
    public static double ExplainedByGroups(Tensor features, IReadOnlyList<int> groups)
    {
        int[] names = [.. groups.Distinct()];
        return Explained(features, [.. groups.SelectMany(group => names.Select(name => name == group ? 1.0 : 0.0))], names.Length);
    }

    /// <summary>The share that a parabola in a number explains.</summary>
    /// <param name="features">[n, F] float32.</param>
    /// <param name="numbers">The number of each of the n.</param>
    /// <returns>0 to 1; 0 where nothing varies.</returns>
    public static double ExplainedByParabola(Tensor features, IReadOnlyList<double> numbers)
    {
        double mean = numbers.Average();
        return Explained(features, [.. numbers.SelectMany(number => new[] { 1, number - mean, (number - mean) * (number - mean) })], 3);
    }

    /// <summary>The share of least squares on the columns of a table of n rows.</summary>
    private static double Explained(Tensor features, double[] table, int columns)
    {
        using IDisposable guard = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor wide = features.to_type(ScalarType.Float64);
        Tensor centered = wide - wide.mean([0], keepdim: true);
        Tensor regressors = tensor(table, [features.shape[0], columns]);
        Tensor fitted = regressors.mm(linalg.pinv(regressors).mm(centered));
        double all = (centered * centered).sum().item<double>(),
            explained = (fitted * fitted).sum().item<double>();
        return all > 0 ? Math.Clamp(explained / all, 0, 1) : 0;
    }
}

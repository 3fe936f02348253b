namespace Soco.Comparison;

/// <summary>One figure of an arm over its seeds, and how it differs from the baseline's; shares of 1.</summary>
/// <param name="Mean">Over the seeds.</param>
/// <param name="Std">Sample standard deviation (n - 1) over the seeds; null of a single one.</param>
/// <param name="Difference">
/// Mean of arm minus baseline over the seeds that both have; null for the baseline itself or without such a seed.
/// </param>
/// <param name="Low">Low end of the difference's 95 % confidence interval; null with fewer than two such seeds.</param>
/// <param name="High">Its high end.</param>
public sealed record Spread(double Mean, double? Std, double? Difference, double? Low, double? High)
{
    private const double Confidence = 0.95;

    /// <summary>
    /// The spread of a figure. Differences are paired by seed: with one seed all arms learn from the same labelled images, and what these
    /// alone decide cancels out. The interval is that of Student's t over the paired differences.
    /// </summary>
    /// <param name="bySeed">The arm's figure by seed; null where nothing has one.</param>
    /// <param name="baseline">The baseline's; null for the baseline itself.</param>
    public static Spread? Of(IReadOnlyDictionary<long, double> bySeed, IReadOnlyDictionary<long, double>? baseline)
    {
        if (bySeed.Count == 0)
        {
            return null;
        }

        double[] differences = baseline is null
            ? []
            : [.. bySeed.Where(figure => baseline.ContainsKey(figure.Key)).Select(figure => figure.Value - baseline[figure.Key])];
        double? difference = differences.Length == 0 ? null : differences.Average();
        double? half = Deviation(differences) is { } deviation
            ? StudentT.TwoSided(Confidence, differences.Length - 1) * deviation / Math.Sqrt(differences.Length)
            : null;
        return new Spread(bySeed.Values.Average(), Deviation([.. bySeed.Values]), difference, difference - half, difference + half);
    }

    private static double? Deviation(double[] values)
    {
        if (values.Length < 2)
        {
            return null;
        }

        double mean = values.Average();
        return Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1));
    }
}

using Soco.Comparison;

namespace Soco.Tests.Comparison;

public sealed class SpreadTests
{
    [Fact]
    public void Differences_are_paired_by_seed()
    {
        // Differences 0.1, 0.2 and 0.3: mean 0.2, deviation 0.1, half width 4.3027 * 0.1 / sqrt(3).
        Spread spread = Spread.Of(
            new Dictionary<long, double>
            {
                [1] = 0.30,
                [2] = 0.50,
                [3] = 0.70,
            },
            new Dictionary<long, double>
            {
                [3] = 0.40,
                [1] = 0.20,
                [2] = 0.30,
            }
        )!;

        Assert.Equal(0.5, spread.Mean, 1e-12);
        Assert.Equal(0.2, spread.Std!.Value, 1e-12);
        Assert.Equal(0.2, spread.Difference!.Value, 1e-12);
        Assert.Equal(0.2 - 0.248414, spread.Low!.Value, 1e-6);
        Assert.Equal(0.2 + 0.248414, spread.High!.Value, 1e-6);
    }

    [Fact]
    public void Seeds_that_the_baseline_has_not_count_for_the_mean_alone()
    {
        Spread spread = Spread.Of(
            new Dictionary<long, double> { [1] = 0.2, [2] = 0.6 },
            new Dictionary<long, double> { [2] = 0.5, [7] = 0.9 }
        )!;

        Assert.Equal(0.4, spread.Mean, 1e-12);
        Assert.Equal(0.1, spread.Difference!.Value, 1e-12);
        Assert.Null(spread.Low);
        Assert.Null(spread.High);
    }

    [Fact]
    public void One_seed_has_no_deviation_and_the_baseline_no_difference()
    {
        Spread spread = Spread.Of(new Dictionary<long, double> { [1] = 0.2 }, null)!;

        Assert.Equal(new Spread(0.2, null, null, null, null), spread);
        Assert.Null(Spread.Of(new Dictionary<long, double>(), null));
    }

    [Fact]
    public void It_is_shown_as_papers_show_it()
    {
        Assert.Equal("41.3 ± 0.8, +5.2 [+3.1, +7.3]", ComparisonTable.Show(new Spread(0.413, 0.008, 0.052, 0.031, 0.073)));
        Assert.Equal("41.3 ± 0.8, -1.0", ComparisonTable.Show(new Spread(0.413, 0.008, -0.01, null, null)));
        Assert.Equal("41.3", ComparisonTable.Show(new Spread(0.413, null, null, null, null)));
        Assert.Equal("-", ComparisonTable.Show(null));
    }
}

using Soco.Comparison;

namespace Soco.Tests.Comparison;

public sealed class StudentTTests
{
    // Tables of the two-sided quantiles, as in any book of statistics.
    [Theory]
    [InlineData(0.95, 1, 12.706)]
    [InlineData(0.95, 2, 4.303)]
    [InlineData(0.95, 3, 3.182)]
    [InlineData(0.95, 4, 2.776)]
    [InlineData(0.95, 9, 2.262)]
    [InlineData(0.95, 30, 2.042)]
    [InlineData(0.95, 120, 1.980)]
    [InlineData(0.90, 1, 6.314)]
    [InlineData(0.99, 2, 9.925)]
    [InlineData(0.999, 1, 636.619)]
    public void Quantiles_are_those_of_the_tables(double probability, int degrees, double expected) =>
        Assert.Equal(expected, StudentT.TwoSided(probability, degrees), 0.0005);

    [Fact]
    public void Many_degrees_come_near_the_normal_distribution() => Assert.Equal(1.959964, StudentT.TwoSided(0.95, 1_000_000), 1e-5);

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(0.95, 0)]
    public void What_has_no_quantile_is_refused(double probability, int degrees) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => StudentT.TwoSided(probability, degrees));
}

using Soco.Reports.Html;

namespace Soco.Tests.Reports.Html;

public sealed class ShowTests
{
    [Theory]
    [InlineData(0.05283, "0.0528")]
    [InlineData(-6.8472, "−6.85")]
    [InlineData(0, "0")]
    [InlineData(1234.6, "1235")]
    [InlineData(123456.7, "123\u2009457")]
    [InlineData(0.000113, "0.000113")]
    [InlineData(2.68e-5, "2.68 × 10⁻⁵")]
    [InlineData(-1e-6, "−10⁻⁶")]
    [InlineData(double.NaN, "not a number")]
    public void Numbers_have_few_digits_and_a_true_minus(double value, string text) => Assert.Equal(text, Show.Number(value));

    [Theory]
    [InlineData(2, "2")]
    [InlineData(0.97, "0.97")]
    [InlineData(0.0005, "0.0005")]
    [InlineData(1e-6, "10⁻⁶")]
    [InlineData(16000, "16\u2009000")]
    public void Settings_have_the_digits_that_were_set(double value, string text) => Assert.Equal(text, Show.Setting(value));

    [Fact]
    public void Shares_are_shown_in_percent_and_differences_with_their_sign()
    {
        Assert.Equal(["41.3", "–", "0.0"], new[] { 0.4127, -1, 0 }.Select(Show.Hundredths));
        Assert.Equal(["+2.1", "−0.4", "0.0"], new[] { 0.0212, -0.004, 0 }.Select(Show.Difference));
    }

    [Fact]
    public void Counts_agree_with_their_nouns() =>
        Assert.Equal(
            ["0 images", "1 image", "9999 images", "12\u2009345 images"],
            new long[] { 0, 1, 9999, 12345 }.Select(count => Show.Count(count, "image"))
        );

    [Fact]
    public void Bytes_are_told_in_decimal_units() =>
        Assert.Equal(["999 B", "1.00 kB", "49.6 MB", "2.00 GB"], new long[] { 999, 1000, 49_585_004, 2_000_000_000 }.Select(Show.Bytes));

    [Fact]
    public void A_commit_is_known_by_its_first_digits() =>
        Assert.Equal(
            ["0.1.0+19dce1aa0", "0.1.0"],
            new[] { "0.1.0+19dce1aa0115d1ed344975166750f198c15a0eaa", "0.1.0" }.Select(Show.Version)
        );

    [Fact]
    public void Durations_have_two_units() =>
        Assert.Equal(
            ["0 s", "45 s", "3 min 20 s", "5 h 10 min", "2 d 4 h"],
            new[]
            {
                TimeSpan.FromSeconds(-3),
                TimeSpan.FromSeconds(45),
                TimeSpan.FromSeconds(200),
                TimeSpan.FromMinutes(310),
                TimeSpan.FromHours(52),
            }.Select(Durations.Format)
        );
}

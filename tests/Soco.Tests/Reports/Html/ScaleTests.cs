using CsCheck;
using Soco.Reports.Html;

namespace Soco.Tests.Reports.Html;

public sealed class ScaleTests
{
    [Theory]
    [InlineData(-8, 0.22, "−8 −6 −4 −2 0 2")]
    [InlineData(0, 0.0884, "0 0.02 0.04 0.06 0.08 0.10")]
    [InlineData(0, 0.0005, "0 0.0001 0.0002 0.0003 0.0004 0.0005")]
    [InlineData(0, 100000, "0 20 k 40 k 60 k 80 k 100 k")]
    [InlineData(0, 4000000, "0 1 M 2 M 3 M 4 M")]
    [InlineData(0, 2e-6, "0 5 × 10⁻⁷ 10⁻⁶ 1.5 × 10⁻⁶ 2 × 10⁻⁶")]
    [InlineData(0.97, 1, "0.97 0.98 0.99 1.00")]
    public void Marks_are_even_and_say_no_more_than_they_need(double low, double high, string marks) =>
        Assert.Equal(marks, string.Join(' ', Scale.Linear(low, high).Ticks.Select(tick => tick.Text)));

    [Fact]
    public void An_axis_that_is_not_rounded_keeps_its_ends_and_has_its_marks_inside()
    {
        Scale scale = Scale.Linear(3, 193, 6, rounded: false);

        Assert.Equal((3.0, 193.0), (scale.Low, scale.High));
        Assert.Equal([50.0, 100, 150], scale.Ticks.Select(tick => tick.Value));
    }

    [Theory]
    [InlineData(0.3, 40, "0.3 1 3 10 30 100")]
    [InlineData(1, 2, "1 2")]
    [InlineData(0.3, 7, "0.2 0.5 1 2 5 10")]
    [InlineData(0.001, 1e6, "0.001 0.1 10 1000 100 000")]
    public void Equal_factors_are_marked_at_powers_of_ten_and_between_them_where_these_are_few(double low, double high, string marks) =>
        Assert.Equal(marks, string.Join(' ', Scale.Logarithmic(low, high).Ticks.Select(tick => tick.Text)).Replace('\u2009', ' '));

    [Fact]
    public void A_single_value_has_room_around_it()
    {
        Assert.True(Scale.Linear(5, 5) is { Low: < 5, High: > 5 });
        Assert.True(Scale.Linear(0, 0) is { Low: < 0, High: > 0 });
        Assert.True(Scale.Logarithmic(5, 5) is { Low: <= 5, High: > 5 });
    }

    [Fact]
    public void Every_value_is_on_the_axis_and_the_marks_rise_and_are_few() =>
        Gen.Select(Gen.Double[-1e6, 1e6], Gen.Double[-12, 7], Gen.Bool)
            .Sample(
                (low, power, rounded) =>
                {
                    double high = low + Math.Pow(10, power);
                    Scale scale = Scale.Linear(low, high, 5, rounded);
                    double slack = 1e-6 * (scale.High - scale.Low);
                    Assert.True(scale.Low <= low + slack && scale.High >= high - slack);
                    Assert.InRange(scale.Ticks.Count, 1, 8);
                    Assert.All(scale.Ticks, tick => Assert.InRange(scale.At(tick.Value), -1e-6, 1 + 1e-6));
                    Assert.True(scale.Ticks.Zip(scale.Ticks.Skip(1)).All(pair => pair.First.Value < pair.Second.Value));
                }
            );

    [Fact]
    public void Equal_factors_take_equal_ways() =>
        Gen.Select(Gen.Double[-8, 8], Gen.Double[0, 8])
            .Sample(
                (power, decades) =>
                {
                    double low = Math.Pow(10, power),
                        high = low * Math.Pow(10, decades);
                    Scale scale = Scale.Logarithmic(low, high);
                    Assert.True(scale.Low <= low * (1 + 1e-6) && scale.High >= high * (1 - 1e-6));
                    Assert.InRange(scale.Ticks.Count, 1, 8);
                    double middle = Math.Sqrt(scale.Low * scale.High);
                    Assert.Equal(0.5, scale.At(middle), 1e-9);
                }
            );
}

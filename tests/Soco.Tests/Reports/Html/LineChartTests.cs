using System.Xml.Linq;
using Soco.Reports.Html;

namespace Soco.Tests.Reports.Html;

public sealed class LineChartTests
{
    private static readonly CurvePoint[] s_points = [new(0, 0), new(50, 4), new(100, 8)];

    [Fact]
    public void Curves_axes_titles_and_legend_are_all_there()
    {
        XElement chart = Chart(new Curve("one", s_points), new Curve("two", [new(100, 2)]));

        Assert.Equal("0 100", chart.Attribute("data-x")!.Value);
        Assert.Equal("0 8", chart.Attribute("data-y")!.Value);
        Assert.Equal(["0", "2", "4", "6", "8"], Texts(chart, "y-axis"));
        Assert.Equal(["0", "20", "40", "60", "80", "100"], Texts(chart, "x-axis"));
        Assert.Equal(
            "M0 1000L500 500L1000 0",
            Paths(chart, "line").Single(path => path.Attribute("data-name")!.Value == "one").Attribute("d")!.Value
        );
        Assert.Equal(["one 8.00", "two 2.00"], Of(chart, "legend").Elements("li").Select(item => item.Value.Trim()));
        Assert.Contains(
            "one: from 0 to 8.00, lowest 0, highest 8.00.",
            Of(chart, "plot").Attribute("aria-label")!.Value,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Curves_of_one_name_share_an_entry_of_the_legend_with_their_mean()
    {
        XElement chart = Chart(new Curve("arm", s_points), new Curve("arm", [new(0, 1), new(100, 4)]), new Curve("other", s_points));

        Assert.Equal(["arm 6.00", "other 8.00"], Of(chart, "legend").Elements("li").Select(item => item.Value.Trim()));
        Assert.Equal(["arm", "arm", "other"], Paths(chart, "line").Select(path => path.Attribute("data-name")!.Value));
    }

    [Fact]
    public void A_curve_of_one_point_is_marked_so_that_it_is_seen() =>
        Assert.Equal(
            "M1000 0h0",
            Assert
                .Single(
                    Of(Chart(new Curve("one", [new(100, 8)]), new Curve("two", s_points)), "area").Descendants("path"),
                    path => IsOf(path, "marks")
                )
                .Attribute("d")!
                .Value
        );

    [Fact]
    public void Curves_differ_by_their_dashes_and_not_by_color_alone()
    {
        XElement chart = Chart([.. Enumerable.Range(0, 12).Select(i => new Curve($"curve {i}", s_points))]);

        Assert.Equal(
            12,
            Of(chart, "area")
                .Descendants("path")
                .Where(path => IsOf(path, "line"))
                .Select(path => path.Attribute("class")!.Value)
                .Distinct()
                .Count()
        );
        Assert.Equal(6, Paths(chart, "line").Take(6).Select(path => path.Attribute("class")!.Value.Split(' ')[2]).Distinct().Count());
    }

    [Fact]
    public void The_axis_reaches_to_its_guides()
    {
        XElement chart = new LineChart
        {
            Title = "t",
            YTitle = "y",
            Curves = [new Curve("one", s_points)],
            Guides = [new Guide(-20, "lowest")],
        }.Draw()!;

        Assert.Equal("-20 10", chart.Attribute("data-y")!.Value);
        Assert.Contains(chart.Descendants("span"), span => span.Value == "lowest");
    }

    [Theory]
    [InlineData(8, "guide left below")]
    [InlineData(0, "guide")]
    [InlineData(4, "guide")]
    public void The_words_of_a_guide_stand_away_from_the_curve(double value, string place)
    {
        XElement chart = new LineChart
        {
            Title = "t",
            YTitle = "y",
            Curves = [new Curve("one", s_points)],
            Guides = [new Guide(value, "here")],
        }.Draw()!;

        Assert.Equal(place, chart.Descendants("span").Single(span => span.Value == "here").Attribute("class")!.Value);
    }

    [Fact]
    public void Equal_factors_need_values_above_zero()
    {
        Assert.Equal("y", Drawn(1).Attribute("data-log")?.Value);
        Assert.Null(Drawn(0).Attribute("data-log"));

        static XElement Drawn(double lowest) =>
            new LineChart
            {
                Title = "t",
                YTitle = "y",
                IsLogarithmic = true,
                Curves = [new Curve("one", [new(1, lowest), new(2, 1000)])],
            }.Draw()!;
    }

    [Fact]
    public void A_long_noisy_curve_becomes_a_thousand_points_and_a_smooth_one()
    {
        CurvePoint[] points = [.. Enumerable.Range(1, 100_000).Select(step => new CurvePoint(step, step == 500 ? 99 : step % 7))];

        XElement chart = new LineChart
        {
            Title = "t",
            YTitle = "y",
            Curves = LineChart.NoisyAndSmooth("loss", points),
        }.Draw()!;

        string noisy = Paths(chart, "faint").Single().Attribute("d")!.Value,
            smooth = Paths(chart, "line").Single().Attribute("d")!.Value;
        Assert.InRange(noisy.Split('L').Length, 900, 1000);
        Assert.InRange(smooth.Split('L').Length, 400, 500);
        Assert.Equal("0 100", chart.Attribute("data-y")!.Value);
        Assert.True(chart.ToString().Length < 40_000);
    }

    [Fact]
    public void Without_a_point_there_is_no_chart() =>
        Assert.Null(
            new LineChart
            {
                Title = "t",
                YTitle = "y",
                Curves = [new Curve("one", [])],
            }.Draw()
        );

    private static XElement Chart(params Curve[] curves) =>
        new LineChart
        {
            Title = "t",
            YTitle = "y",
            Curves = curves,
        }.Draw()!;

    private static XElement Of(XElement chart, string name) => chart.Descendants().First(element => IsOf(element, name));

    private static IEnumerable<string> Texts(XElement chart, string name) => Of(chart, name).Elements("span").Select(span => span.Value);

    private static IEnumerable<XElement> Paths(XElement chart, string name) =>
        Of(chart, "area").Descendants("path").Where(path => IsOf(path, name)).Reverse();

    private static bool IsOf(XElement element, string name) => element.Attribute("class")?.Value.Split(' ').Contains(name) == true;
}

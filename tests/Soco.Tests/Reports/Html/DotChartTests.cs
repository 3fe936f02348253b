using System.Globalization;
using System.Xml.Linq;
using Soco.Reports.Html;

namespace Soco.Tests.Reports.Html;

public sealed class DotChartTests
{
    [Fact]
    public void Dots_stand_where_their_values_are_and_a_row_of_several_has_its_mean()
    {
        XElement chart = Draw(0, [40, 60], [50]);

        Assert.Equal([0, 100, 50], Places(chart, "seed"));
        Assert.Equal([50], Places(chart, "mean"));
        Assert.Equal(
            ["40", "45", "50", "55", "60"],
            chart
                .Descendants("div")
                .Single(row => row.Attribute("class")?.Value == "row axis")
                .Descendants("span")
                .Select(tick => tick.Value)
                .Where(text => text.Length > 0)
        );
    }

    [Fact]
    public void A_small_difference_looks_small()
    {
        Assert.Equal([0, 100], Places(Draw(0, [40.2], [40.4]), "seed"));
        Assert.All(Places(Draw(5, [40.2], [40.4]), "seed"), place => Assert.InRange(place, 40, 60));
        Assert.Equal([20, 40], Places(Draw(5, [1], [2]), "seed"));
    }

    [Fact]
    public void Without_a_value_there_is_no_chart() =>
        Assert.Null(
            new DotChart
            {
                Title = "t",
                XTitle = "x",
                Groups = [],
            }.Draw()
        );

    private static XElement Draw(double leastSpan, params double[][] rows) =>
        new DotChart
        {
            Title = "t",
            XTitle = "x",
            LeastSpan = leastSpan,
            Groups =
            [
                new DotGroup(
                    "group",
                    [
                        .. rows.Select(
                            (values, i) => new DotRow($"row {i}", [.. values.Select((value, seed) => ($"seed {seed}", value))], "")
                        ),
                    ]
                ),
            ],
        }.Draw()!;

    private static IEnumerable<double> Places(XElement chart, string name) =>
        chart
            .Descendants("i")
            .Where(dot => dot.Attribute("class")!.Value == name)
            .Select(dot => double.Parse(dot.Attribute("style")!.Value["left:".Length..^1], CultureInfo.InvariantCulture));
}

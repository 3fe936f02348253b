using System.Globalization;
using System.Xml.Linq;
using static Soco.Reports.Html.Markup;

namespace Soco.Reports.Html;

/// <summary>One row of a dot chart.</summary>
/// <param name="Name">What stands on the left.</param>
/// <param name="Values">A dot for each, with the name that it is pointed at by.</param>
/// <param name="Text">What stands on the right.</param>
internal sealed record DotRow(string Name, IReadOnlyList<(string Name, double Value)> Values, string Text);

/// <summary>Rows that belong together.</summary>
internal sealed record DotGroup(string Title, IReadOnlyList<DotRow> Rows);

/// <summary>
/// Values as dots on rows over one axis, with a line at the mean of each row: every row is named, so that it needs no legend.
/// </summary>
internal sealed record DotChart
{
    /// <summary>What it shows.</summary>
    public required string Title { get; init; }

    /// <summary>What stands on the axis, with its unit.</summary>
    public required string XTitle { get; init; }

    /// <summary>How to read it.</summary>
    public string Explanation { get; init; } = "";

    /// <summary>What the axis spans at least, so that a small difference looks small. It reaches below 0 only where a value does.</summary>
    public double LeastSpan { get; init; }

    /// <summary>The rows.</summary>
    public required IReadOnlyList<DotGroup> Groups { get; init; }

    /// <summary>The chart as an element; null where there is nothing to draw.</summary>
    public XElement? Draw()
    {
        double[] all = [.. Groups.SelectMany(group => group.Rows).SelectMany(row => row.Values).Select(value => value.Value)];
        if (all.Length == 0)
        {
            return null;
        }

        double span = Math.Max(LeastSpan, all.Max() - all.Min());
        double low = Math.Max((all.Min() + all.Max() - span) / 2, Math.Min(0, all.Min()));
        var scale = Scale.Linear(low, low + span);
        return El(
            "figure",
            Class("dots"),
            El("figcaption", El("h3", Title), Explanation.Length > 0 ? El("p", Class("explained"), Explanation) : null),
            Groups.Select(group => new object?[] { El("h4", group.Title), group.Rows.Select(row => Row(row, scale)) }),
            El(
                "div",
                Class("row axis"),
                El("span"),
                El("div", Class("track"), scale.Ticks.Select(tick => El("span", Attr("style", Left(scale, tick.Value)), tick.Text))),
                El("span")
            ),
            El("p", Class("axis-title"), XTitle)
        );
    }

    private static XElement Row(DotRow row, Scale scale) =>
        El(
            "div",
            Class("row"),
            El("span", Class("name"), row.Name),
            El(
                "div",
                Class("track"),
                Attr("role", "img"),
                Attr(
                    "aria-label",
                    $"{row.Name}: {string.Join(", ", row.Values.Select(value => $"{value.Name} {Show.Fixed(value.Value, 1)}"))}"
                ),
                scale.Ticks.Select(tick => El("i", Class("tick"), Attr("style", Left(scale, tick.Value)))),
                row.Values.Select(value =>
                    El(
                        "i",
                        Class("seed"),
                        Attr("style", Left(scale, value.Value)),
                        Attr("title", $"{value.Name}: {Show.Fixed(value.Value, 1)}")
                    )
                ),
                row.Values.Count > 1 ? El("i", Class("mean"), Attr("style", Left(scale, row.Values.Average(value => value.Value)))) : null
            ),
            El("span", row.Text)
        );

    private static string Left(Scale scale, double value) =>
        string.Create(CultureInfo.InvariantCulture, $"left:{100 * scale.At(value):0.##}%");
}

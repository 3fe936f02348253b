using System.Globalization;
using System.Text;
using System.Xml.Linq;
using static Soco.Reports.Html.Markup;

namespace Soco.Reports.Html;

/// <summary>A curve of a chart.</summary>
/// <param name="Name">What the legend calls it; curves of one name share an entry, with the mean of their values.</param>
/// <param name="Points">From left to right, finite.</param>
internal sealed record Curve(string Name, IReadOnlyList<CurvePoint> Points)
{
    /// <summary>Place of its color and dashes, which belong together; null takes the curve's place in its chart.</summary>
    public int? Style { get; init; }

    /// <summary>Whether it stands behind the others, thin and pale.</summary>
    public bool IsFaint { get; init; }

    /// <summary>Whether each point is marked: for curves of few points.</summary>
    public bool HasMarks { get; init; }
}

/// <summary>A line across a chart at a value that means something.</summary>
internal sealed record Guide(double Value, string Text);

/// <summary>
/// Curves over a common axis. The curves are stretched to the width of the page and keep their line widths; marks and letters are text of
/// the page around them, so that they read well on any screen, and without a script.
/// </summary>
internal sealed record LineChart
{
    /// <summary>Points that a curve of a chart of its own keeps.</summary>
    public const int MostPoints = 1000;

    private const int Styles = 6;
    private const double Side = 1000;

    /// <summary>What it shows.</summary>
    public required string Title { get; init; }

    /// <summary>What stands on the vertical axis, with its unit.</summary>
    public required string YTitle { get; init; }

    /// <summary>What stands on the horizontal axis, with its unit; the axis begins at 0.</summary>
    public string XTitle { get; init; } = "optimizer step";

    /// <summary>How to read it, in a sentence or two.</summary>
    public string Explanation { get; init; } = "";

    /// <summary>The curves, the first one on top.</summary>
    public required IReadOnlyList<Curve> Curves { get; init; }

    /// <summary>Values that mean something; the axis reaches to them.</summary>
    public IReadOnlyList<Guide> Guides { get; init; } = [];

    /// <summary>Whether the vertical axis reaches to 0.</summary>
    public bool FromZero { get; init; }

    /// <summary>Whether equal heights are equal factors, where all values are above 0.</summary>
    public bool IsLogarithmic { get; init; }

    /// <summary>Points that a curve keeps.</summary>
    public int PointsOfCurve { get; init; } = MostPoints;

    /// <summary>The noisy curve of a measure and, on top of it, what it is on average.</summary>
    public static IReadOnlyList<Curve> NoisyAndSmooth(string name, IReadOnlyList<CurvePoint> points) =>
        [
            new Curve($"{name}, smoothed", Decimation.Even(Decimation.Smooth(points), MostPoints / 2)) { Style = 0 },
            new Curve("each logged step", points) { Style = 0, IsFaint = true },
        ];

    /// <summary>The chart as an element; null where there is nothing to draw.</summary>
    public XElement? Draw()
    {
        Curve[] curves =
        [
            .. Curves
                .Where(curve => curve.Points.Count > 0)
                .Select(curve => curve with { Points = Decimation.Extremes(curve.Points, PointsOfCurve) }),
        ];
        if (curves.Length == 0)
        {
            return null;
        }

        CurvePoint[] all = [.. curves.SelectMany(curve => curve.Points)];
        var x = Scale.Linear(0, all.Max(point => point.X), 6, rounded: false);
        Scale y = Vertical(all);
        return El(
            "figure",
            Class("chart"),
            Attr("data-x", Span(x)),
            Attr("data-y", Span(y)),
            y.IsLogarithmic ? Attr("data-log", "y") : null,
            El("figcaption", El("h3", Title), Explanation.Length > 0 ? El("p", Explanation) : null),
            Legend(curves),
            El(
                "div",
                Class("plot"),
                Attr("role", "img"),
                Attr("aria-label", Summary(curves, x)),
                El("div", Class("y-title"), YTitle),
                El(
                    "div",
                    Class("y-axis"),
                    y.Ticks.Select(tick => El("span", Attr("style", $"bottom:{Percent(y.At(tick.Value))}"), tick.Text))
                ),
                El(
                    "div",
                    Class("area"),
                    El(
                        "svg",
                        Attr("viewBox", $"0 0 {Side} {Side}"),
                        Attr("preserveAspectRatio", "none"),
                        Attr("aria-hidden", "true"),
                        y.Ticks.Select(tick => El("path", Class("grid"), Attr("d", Across(y.At(tick.Value))))),
                        Guides.Select(guide => El("path", Class("guide"), Attr("d", Across(y.At(guide.Value))))),
                        curves.Index().Reverse().SelectMany(curve => Lines(curve.Item, StyleOf(curve.Item, curve.Index), x, y))
                    ),
                    Guides.Select(guide => GuideText(guide, curves, y)),
                    El("div", Class("cursor"), El("span"))
                ),
                El(
                    "div",
                    Class("x-axis"),
                    x.Ticks.Select(
                        (tick, i) =>
                            El(
                                "span",
                                x.Ticks.Count > 5 && i % 2 == 1 ? Class("extra") : null,
                                Attr("style", $"left:{Percent(x.At(tick.Value))}"),
                                tick.Text
                            )
                    )
                ),
                El("div", Class("x-title"), XTitle)
            )
        );
    }

    /// <summary>A short line as a curve of a style looks, for a legend.</summary>
    internal static XElement Swatch(int style, bool isFaint = false, bool hasMarks = false) =>
        El(
            "svg",
            Class("swatch"),
            Attr("viewBox", "0 0 36 10"),
            Attr("aria-hidden", "true"),
            El("path", Class(ClassOf(style, isFaint)), Attr("d", "M1 5H35")),
            hasMarks ? El("path", Class($"marks s{style % Styles}"), Attr("d", "M18 5h0")) : null
        );

    private Scale Vertical(CurvePoint[] all)
    {
        double[] values =
        [
            .. all.Select(point => point.Y),
            .. Guides.Select(guide => guide.Value),
            .. FromZero ? [0.0] : Array.Empty<double>(),
        ];
        return IsLogarithmic && values.Min() > 0 ? Scale.Logarithmic(values.Min(), values.Max()) : Scale.Linear(values.Min(), values.Max());
    }

    /// <summary>The words of a guide, at the end of the chart where the curves are farther from it.</summary>
    private static XElement GuideText(Guide guide, Curve[] curves, Scale y)
    {
        double at = y.At(guide.Value);
        bool isLeft = Nearest(curve => curve.Points[^1]) < Math.Min(Nearest(curve => curve.Points[0]), 0.15);
        return El(
            "span",
            Class($"guide{(isLeft ? " left" : "")}{(at > 0.85 ? " below" : "")}"),
            Attr("style", $"bottom:{Percent(at)}"),
            guide.Text
        );

        double Nearest(Func<Curve, CurvePoint> end) => curves.Min(curve => Math.Abs(y.At(end(curve).Y) - at));
    }

    private static IEnumerable<XElement> Lines(Curve curve, int style, Scale x, Scale y)
    {
        var line = new StringBuilder();
        var marks = new StringBuilder();
        foreach (CurvePoint point in curve.Points)
        {
            string place = string.Create(CultureInfo.InvariantCulture, $"{Side * x.At(point.X):0.#} {Side * (1 - y.At(point.Y)):0.#}");
            line.Append(line.Length == 0 ? 'M' : 'L').Append(place);
            marks.Append('M').Append(place).Append("h0");
        }

        yield return El("path", Class(ClassOf(style, curve.IsFaint)), Attr("data-name", curve.Name), Attr("d", line.ToString()));
        if (curve.HasMarks || curve.Points.Count == 1)
        {
            yield return El("path", Class($"marks s{style % Styles}"), Attr("d", marks.ToString()));
        }
    }

    private static XElement Legend(Curve[] curves) =>
        El(
            "ul",
            Class("legend"),
            curves
                .Index()
                .GroupBy(curve => curve.Item.Name)
                .Select(named =>
                    El(
                        "li",
                        Attr("data-name", named.Key),
                        Swatch(StyleOf(named.First().Item, named.First().Index), named.First().Item.IsFaint, named.First().Item.HasMarks),
                        El("span", named.Key),
                        " ",
                        El("b", Show.Number(named.Average(curve => curve.Item.Points[^1].Y)))
                    )
                )
        );

    private string Summary(Curve[] curves, Scale x) =>
        $"{Title}, {YTitle}, over {XTitle} {Show.Number(x.Low)} to {Show.Number(x.High)}. "
        + string.Join(
            " ",
            curves.Select(curve =>
                $"{curve.Name}: from {Show.Number(curve.Points[0].Y)} to {Show.Number(curve.Points[^1].Y)}, "
                + $"lowest {Show.Number(curve.Points.Min(point => point.Y))}, highest {Show.Number(curve.Points.Max(point => point.Y))}."
            )
        );

    private static int StyleOf(Curve curve, int place) => curve.Style ?? place;

    // After six curves colors come again, with other dashes.
    private static string ClassOf(int style, bool isFaint) =>
        isFaint ? $"faint s{style % Styles}" : $"line s{style % Styles} d{(style + style / Styles) % Styles}";

    private static string Across(double share) => string.Create(CultureInfo.InvariantCulture, $"M0 {Side * (1 - share):0.#}H{Side}");

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.###}%");

    private static string Span(Scale scale) => string.Create(CultureInfo.InvariantCulture, $"{scale.Low:R} {scale.High:R}");
}

using System.Xml.Linq;
using Soco.Reports.Html;
using Soco.Runs;
using static Soco.Reports.Html.Markup;

namespace Soco.Reports;

/// <summary>A run among others.</summary>
/// <param name="Run">The run.</param>
/// <param name="Path">Its folder, relative to the page's subject, with slashes.</param>
/// <param name="Group">What it shares its color with, such as an arm.</param>
/// <param name="Chart">What it shares a chart with: runs of one kind and one label budget.</param>
internal sealed record OverviewRun(RunReading Run, string Path, string Group, string Chart)
{
    /// <summary>The place in the page that tells of it.</summary>
    public string Id => "run-" + string.Concat(Path.Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '-'));
}

/// <summary>The parts of a page about several runs.</summary>
internal static class OverviewSections
{
    private const int PointsOfCurve = 300;
    private const int PointsOfSmallCurve = 160;

    /// <summary>So many runs at most are shown unfolded.</summary>
    private const int MostOpen = 3;

    private static readonly (string Name, string Title, string YTitle, double Times)[] s_overlaid =
    [
        ("loss", "Loss", "loss, smoothed", 1),
        ("embedding_std", "Embedding spread", "standard deviation, smoothed", 1),
        ("ap", "Average precision, validation images", "AP of boxes, %", 100),
    ];

    /// <summary>Name and counts of a folder of runs.</summary>
    public static XElement Head(string name, IReadOnlyList<OverviewRun> runs)
    {
        int done = runs.Count(run => run.Run.State is RunState.Completed or RunState.Stopped),
            failed = runs.Count(run => run.Run.State == RunState.Failed);
        return El(
            "header",
            El("p", Class("kind"), Show.Count(runs.Count, "run")),
            El("h1", name),
            El(
                "p",
                Class("verdict"),
                El(
                    "span",
                    Class(done == runs.Count ? "state good" : "state fair"),
                    $"{(done == runs.Count ? "✓ " : "")}{Show.Count(done)} of {Show.Count(runs.Count, "run")} finished"
                ),
                failed > 0 ? $", {Show.Count(failed)} failed" : "",
                $", {Durations.Format(runs.Aggregate(TimeSpan.Zero, (sum, run) => sum + run.Run.Duration))} of training in all."
            )
        );
    }

    /// <summary>A row for each run, with a link to what the page says of it.</summary>
    public static XElement Table(IReadOnlyList<OverviewRun> runs, IReadOnlyDictionary<string, string> results) =>
        El(
            "section",
            El("h2", "Runs"),
            new HtmlTable
            {
                Caption = "Every run, with a link to its curves and pictures below",
                Columns = ["run", "kind", "state", "steps", "time", "result"],
                IsText = true,
                Rows =
                [
                    .. runs.Select(run =>
                        (IReadOnlyList<object>)
                            [
                                El("a", Attr("href", $"#{run.Id}"), run.Path),
                                RunVerdict.Kind(run.Run),
                                RunVerdict.State(run.Run),
                                run.Run.TotalSteps > 0
                                    ? $"{Show.Count(run.Run.Steps)} of {Show.Count(run.Run.TotalSteps)}"
                                    : Show.Count(run.Run.Steps),
                                run.Run.Duration > TimeSpan.Zero ? Durations.Format(run.Run.Duration) : "–",
                                Result(run, results),
                            ]
                    ),
                ],
            }.Draw()
        );

    /// <summary>The curves of all runs over each other, a chart for each measure and each kind of run.</summary>
    /// <param name="runs">The runs.</param>
    /// <param name="groups">Their groups in the order of their colors; others come after them.</param>
    public static XElement? Curves(IReadOnlyList<OverviewRun> runs, IEnumerable<string> groups)
    {
        string[] all = [.. groups.Concat(runs.Select(run => run.Group)).Distinct()];
        XElement[] charts =
        [
            .. (
                from kind in runs.GroupBy(run => run.Chart)
                from measure in s_overlaid
                select Overlaid(kind.Key, [.. kind], measure, all).Draw()
            ).OfType<XElement>(),
        ];
        return charts.Length == 0 ? null : El("section", El("h2", "Curves"), El("div", Class("charts"), charts));
    }

    /// <summary>Verdict, curves and pictures of each run, folded where they are many.</summary>
    public static XElement Details(
        IReadOnlyList<OverviewRun> runs,
        IReadOnlyDictionary<string, string> results,
        IReadOnlyDictionary<PagePicture, XElement> pictures
    ) =>
        El(
            "section",
            El("h2", "Each run"),
            runs.Select(run =>
                El(
                    "details",
                    Class("run"),
                    Attr("id", run.Id),
                    runs.Count <= MostOpen ? Attr("open", "") : null,
                    El("summary", run.Path, " ", El("span", $"· {Result(run, results)}")),
                    RunVerdict.Sentences(run.Run),
                    RunVerdict.Tiles(run.Run),
                    El(
                        "div",
                        Class("charts"),
                        RunCharts.Learning(run.Run).Select(chart => (chart with { PointsOfCurve = PointsOfSmallCurve }).Draw())
                    ),
                    Pictures(run.Run).Select(pictures.GetValueOrDefault).OfType<XElement>().ToArray() is { Length: > 0 } shown
                        ? RunSections.Shelf(shown, "30rem")
                        : null,
                    File.Exists(run.Run.Folder.ReportPath)
                        ? El("p", El("a", Attr("href", Link(run.Path)), "The page of this run"), ", where it was made")
                        : null
                )
            )
        );

    /// <summary>The pictures of a run that this page shows: the worst finds, or else the first of each kind.</summary>
    public static IEnumerable<PagePicture> Pictures(RunReading run) =>
        RunSections.Finds(run).Take(2) is var finds && finds.Any() ? finds : RunSections.FirstOfShelves(run);

    private static string Result(OverviewRun run, IReadOnlyDictionary<string, string> results) =>
        results.GetValueOrDefault(run.Path) ?? RunVerdict.Result(run.Run);

    private static LineChart Overlaid(
        string kind,
        OverviewRun[] runs,
        (string Name, string Title, string YTitle, double Times) measure,
        string[] groups
    )
    {
        return new LineChart
        {
            Title = $"{measure.Title}: {kind}",
            YTitle = measure.YTitle,
            Explanation =
                runs.Select(run => run.Group).Distinct().Count() < runs.Length ? "A curve for each run; the numbers are means." : "",
            PointsOfCurve = PointsOfCurve,
            FromZero = measure.Name != "loss",
            Curves =
            [
                .. from run in runs
                let points = run
                    .Run.Curve(measure.Name)
                    .Where(point => measure.Times == 1 || point.Y >= 0)
                    .Select(point => point with { Y = measure.Times * point.Y })
                    .ToArray()
                where points.Length > 0
                let isEvaluation = measure.Times != 1
                select new Curve(Legend(run), isEvaluation ? points : Decimation.Even(Decimation.Smooth(points), PointsOfCurve))
                {
                    Style = Array.IndexOf(groups, run.Group),
                    HasMarks = isEvaluation,
                },
            ],
        };

        string Legend(OverviewRun run) =>
            runs.Count(other => other.Group == run.Group) is > 1 and var count ? $"{run.Group} ({count} runs)" : run.Group;
    }

    private static string Link(string path) => string.Join('/', path.Split('/').Append(RunFolder.ReportName).Select(Uri.EscapeDataString));
}

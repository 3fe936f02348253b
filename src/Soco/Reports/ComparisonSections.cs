using System.Text.Json;
using System.Xml.Linq;
using Soco.Comparison;
using Soco.Reports.Html;
using static Soco.Reports.Html.Markup;

namespace Soco.Reports;

/// <summary>The parts of a page that are about a comparison as a whole.</summary>
internal static class ComparisonSections
{
    private static readonly JsonSerializerOptions s_indented = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly (string Name, Func<SpreadFigures, Spread?> Of, Func<CellFigures, double?> OfCell)[] s_figures =
    [
        ("AP", row => row.Ap, cell => cell.Ap),
        ("AP50", row => row.Ap50, cell => cell.Ap50),
        ("AP75", row => row.Ap75, cell => cell.Ap75),
    ];

    /// <summary>Name, what came out, figures.</summary>
    public static XElement Head(string name, ComparisonResults results) =>
        El(
            "header",
            El(
                "p",
                Class("kind"),
                $"Comparison · {Show.Count(Arms(results).Length, "arm")} · {Show.Count(Budgets(results).Length, "label budget")} · {Show.Count(results.Cells.Select(cell => cell.Seed).Distinct().Count(), "seed")}"
            ),
            El("h1", name),
            El("p", Class("verdict"), State(results), " ", Budgets(results).Select(budget => Sentence(results, budget))),
            El(
                "dl",
                Class("tiles"),
                Tiles(results)
                    .Select(tile =>
                        El("div", El("dt", tile.Name), El("dd", Class("value"), tile.Value), El("dd", Class("note"), tile.Note))
                    )
            )
        );

    /// <summary>Chart and tables.</summary>
    public static XElement Results(ComparisonResults results)
    {
        bool masks = results.Table.Any(row => row.Segm is not null);
        return El(
            "section",
            El("h2", "Results"),
            results.Warnings.Select(warning => El("p", Class("fair"), $"Mind: {warning}")),
            Dots(results, "AP50 of boxes", cell => cell.Bbox.Ap50),
            masks ? Dots(results, "AP50 of masks", cell => cell.Segm?.Ap50) : null,
            Tables(results, "boxes", row => row.Bbox, cell => cell.Bbox),
            Tables(results, "masks", row => row.Segm, cell => cell.Segm),
            El(
                "p",
                Class("explained"),
                "Below a mean: "
                    + (
                        results.Baseline is { } baseline
                            ? $"its difference to {baseline}, paired by seed, with the 95\u00a0% confidence interval; one that does not reach 0 is more than chance. "
                            : "nothing, as there is no baseline. "
                    )
                    + "Bold is what is best beyond doubt: every seed of the arm, of two or more, is above every seed of all others, and the interval does not reach 0."
            )
        );
    }

    /// <summary>AP50 of each class, mean over the seeds.</summary>
    public static XElement? Classes(ComparisonResults results)
    {
        string[] classes = [.. results.Cells.SelectMany(cell => cell.Classes).Select(one => one.Name).Distinct()],
            arms = Arms(results);
        return classes.Length == 0
            ? null
            : El(
                "section",
                El("h2", "Classes"),
                Budgets(results)
                    .Select(budget =>
                        new HtmlTable
                        {
                            Caption = $"AP50 of boxes by class with {Labels(results, budget)}, mean over the seeds, in percent",
                            Columns = ["class", "objects", .. arms],
                            Rows =
                            [
                                .. classes.Select(name =>
                                    (IReadOnlyList<object>)
                                        [
                                            name,
                                            Show.Count(
                                                results.Cells.SelectMany(cell => cell.Classes).First(one => one.Name == name).Objects
                                            ),
                                            .. arms.Select(arm =>
                                                Mean(
                                                    results
                                                        .Cells.Where(cell => cell.Arm == arm && cell.Budget == budget)
                                                        .Select(cell => cell.Classes.FirstOrDefault(one => one.Name == name)?.Ap50)
                                                )
                                            ),
                                        ]
                                ),
                            ],
                        }.Draw()
                    )
            );
    }

    /// <summary>Command, machine, configuration.</summary>
    public static XElement Making(ComparisonResults results) =>
        El(
            "section",
            El("h2", "What was run, on what"),
            El("pre", results.Command),
            El(
                "p",
                $"Begun {Show.Moment(results.Started)}, {Durations.Format(TimeSpan.FromSeconds(results.Seconds))} in all, with Soco {Show.Version(results.Soco)}, on {results.Machine.Cpu}, "
                    + $"{Show.Count(results.Machine.Cores, "core")}, {results.Machine.Memory}, {results.Machine.Os}; {Show.Count(results.Machine.Threads, "thread")}."
            ),
            El(
                "p",
                $"{Show.Count(results.Data.Unlabelled, "unlabelled image")}, {Show.Count(results.Data.Labelled)} labelled ones that the budgets are taken from, "
                    + $"{Show.Count(results.Data.Validation)} for validation, {Show.Count(results.Data.Test)} for the test. Classes: {string.Join(", ", results.Data.Classes)}."
            ),
            results.Config is { } config
                ? El("details", El("summary", "The whole configuration"), El("pre", config.ToJsonString(s_indented)))
                : null
        );

    private static object[] State(ComparisonResults results) =>
        results.Cells.Count >= results.CellsInAll
            ? [El("span", Class("state good"), "✓ Finished"), $": all {Show.Count(results.CellsInAll, "cell")} are measured."]
            :
            [
                El("span", Class("state fair"), "… Not finished"),
                $": {Show.Count(results.Cells.Count)} of {Show.Count(results.CellsInAll, "cell")} are measured; the same command goes on.",
            ];

    private static string Sentence(ComparisonResults results, int budget)
    {
        TableRow[] rows = [.. results.Table.Where(row => row.Budget == budget && row.Bbox.Ap50 is not null)];
        if (rows.Length < 2 || rows.MaxBy(row => row.Bbox.Ap50!.Mean) is not { } best)
        {
            return "";
        }

        string text = $"With {Labels(results, budget)} {best.Arm} is ahead at AP50 {Show.Hundredths(best.Bbox.Ap50!.Mean)}";
        return best.Bbox.Ap50 is { Difference: { } difference } spread
                ? $"{text}, {Show.Difference(difference)} to {results.Baseline}"
                    + (
                        spread is { Low: { } low, High: { } high }
                            ? $" (95\u00a0% interval {Show.Difference(low)} to {Show.Difference(high)}{(low > 0 ? "" : ", which may be chance")}). "
                            : " (one seed each: it may be chance). "
                    )
            : best.Arm == results.Baseline ? $"{text}, and it is the baseline. "
            : $"{text}. ";
    }

    private static IEnumerable<(string Name, string Value, string Note)> Tiles(ComparisonResults results)
    {
        foreach (int budget in Budgets(results))
        {
            if (results.Table.Where(row => row.Budget == budget && row.Bbox.Ap50 is not null).MaxBy(row => row.Bbox.Ap50!.Mean) is { } best)
            {
                yield return (
                    $"Best AP50, {(results.BudgetsPerClass ? Labels(results, budget) : Show.Count(budget, "label"))}",
                    Show.Hundredths(best.Bbox.Ap50!.Mean),
                    $"{best.Arm}, {Show.Count(best.Seeds.Count, "seed")}"
                );
            }
        }

        yield return ("Cells", $"{Show.Count(results.Cells.Count)} of {Show.Count(results.CellsInAll)}", "arms × budgets × seeds");
        yield return (
            "Time",
            Durations.Format(TimeSpan.FromSeconds(results.Seconds)),
            $"{results.Machine.Cpu}, {Show.Count(results.Machine.Threads, "thread")}"
        );
    }

    private static XElement? Dots(ComparisonResults results, string title, Func<CellResult, double?> value) =>
        new DotChart
        {
            Title = title,
            XTitle = "AP50 on the test images, %",
            Explanation = "A dot for each seed, a line at their mean.",
            LeastSpan = 5,
            Groups =
            [
                .. Budgets(results)
                    .Select(budget => new DotGroup(
                        Labels(results, budget),
                        [
                            .. from arm in Arms(results)
                            let seeds = results
                                .Cells.Where(cell => cell.Arm == arm && cell.Budget == budget && value(cell) is not null)
                                .Select(cell => ($"seed {cell.Seed}", 100 * value(cell)!.Value))
                                .ToArray()
                            where seeds.Length > 0
                            select new DotRow(
                                arm,
                                seeds,
                                Mean(results.Cells.Where(cell => cell.Arm == arm && cell.Budget == budget).Select(value))
                            ),
                        ]
                    )),
            ],
        }.Draw();

    private static IEnumerable<XElement> Tables(
        ComparisonResults results,
        string what,
        Func<TableRow, SpreadFigures?> row,
        Func<CellResult, CellFigures?> cell
    ) =>
        results
            .Table.Where(line => row(line) is not null)
            .GroupBy(line => line.Budget)
            .Select(lines =>
                new HtmlTable
                {
                    Caption = $"AP of {what} with {Labels(results, lines.Key)}, in percent: mean ± standard deviation over the seeds",
                    Columns = ["arm", "seeds", .. s_figures.Select(figure => figure.Name)],
                    Rows =
                    [
                        .. lines.Select(line =>
                            (IReadOnlyList<object>)
                                [
                                    line.Arm,
                                    Show.Count(line.Seeds.Count),
                                    .. s_figures.Select(figure =>
                                        Cell(
                                            figure.Of(row(line)!),
                                            IsBest(
                                                results,
                                                line,
                                                figure.Of(row(line)!),
                                                one => cell(one) is { } known ? figure.OfCell(known) : null
                                            )
                                        )
                                    ),
                                ]
                        ),
                    ],
                }.Draw()
            );

    /// <summary>
    /// Whether every seed of an arm, of two or more, is above every seed of all others with the same budget, and its difference is more
    /// than chance.
    /// </summary>
    private static bool IsBest(ComparisonResults results, TableRow row, Spread? spread, Func<CellResult, double?> value)
    {
        ILookup<bool, double> values = results
            .Cells.Where(cell => cell.Budget == row.Budget && value(cell) is not null)
            .ToLookup(cell => cell.Arm == row.Arm, cell => value(cell)!.Value);
        return values[true].Count() > 1
            && values[false].Any()
            && values[true].Min() > values[false].Max()
            && spread is { Difference: null } or { Low: > 0 };
    }

    private static object Cell(Spread? spread, bool isBest)
    {
        if (spread is null)
        {
            return "–";
        }

        string text = Show.Hundredths(spread.Mean) + (spread.Std is { } std ? $" ± {Show.Hundredths(std)}" : "");
        string difference = spread.Difference is { } value
            ? Show.Difference(value)
                + (spread is { Low: { } low, High: { } high } ? $" ({Show.Difference(low)} to {Show.Difference(high)})" : "")
            : "";
        return new object?[] { isBest ? El("b", text) : text, difference.Length > 0 ? El("small", difference) : null };
    }

    private static string Mean(IEnumerable<double?> values) =>
        values.OfType<double>().ToArray() is { Length: > 0 } known ? Show.Hundredths(known.Average()) : "–";

    private static string[] Arms(ComparisonResults results) => [.. results.Table.Select(row => row.Arm).Distinct()];

    /// <summary>A budget as the page says it.</summary>
    public static string Labels(ComparisonResults results, int budget) => LabelBudget.Describe(budget, results.BudgetsPerClass, Show.Count);

    private static int[] Budgets(ComparisonResults results) => [.. results.Table.Select(row => row.Budget).Distinct()];
}

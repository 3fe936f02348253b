using System.Globalization;
using System.Text;

namespace Soco.Comparison;

/// <summary>The table as people read it: AP times 100, as papers print it, with spread and difference.</summary>
public static class ComparisonTable
{
    /// <summary>The columns of every block.</summary>
    public static IReadOnlyList<string> Columns { get; } = ["arm", "seeds", "AP", "AP50", "AP75"];

    /// <summary>Rows that belong together.</summary>
    /// <param name="Title">Budget, and boxes or masks.</param>
    /// <param name="Rows">A value for each of <see cref="Columns"/>.</param>
    public sealed record Block(string Title, IReadOnlyList<IReadOnlyList<string>> Rows);

    /// <summary>A block for each budget, and for boxes and masks.</summary>
    public static IReadOnlyList<Block> BlocksOf(ComparisonResults results) =>
        [
            .. from rows in results.Table.GroupBy(row => row.Budget)
            from kind in new (string Name, Func<TableRow, SpreadFigures?> Of)[] { ("boxes", row => row.Bbox), ("masks", row => row.Segm) }
            where rows.Any(row => kind.Of(row) is not null)
            select new Block(
                $"{LabelBudget.Describe(rows.Key, results.BudgetsPerClass)}, {kind.Name}",
                [
                    .. from row in rows
                    let figures = kind.Of(row)
                    select (IReadOnlyList<string>)
                        [row.Arm, $"{row.Seeds.Count}", Show(figures?.Ap), Show(figures?.Ap50), Show(figures?.Ap75)],
                ]
            ),
        ];

    /// <summary>Such as <c>41.3 ± 0.8, +5.2 [+3.1, +7.3]</c>; a dash where there is nothing.</summary>
    public static string Show(Spread? spread)
    {
        if (spread is null)
        {
            return "-";
        }

        string text = $"{Percent(spread.Mean)}{(spread.Std is { } std ? $" ± {Percent(std)}" : "")}";
        return spread.Difference is not { } difference
            ? text
            : $"{text}, {Signed(difference)}{(spread is { Low: { } low, High: { } high } ? $" [{Signed(low)}, {Signed(high)}]" : "")}";
    }

    /// <summary>What the numbers mean, in a sentence.</summary>
    public static string Legend(string? baseline) =>
        "AP x 100 on the test images, mean ± standard deviation over the seeds"
        + (baseline is null ? "." : $"; then the difference to {baseline}, paired by seed, with its 95 % confidence interval.");

    /// <summary>The whole table with its legend.</summary>
    public static string ToMarkdown(ComparisonResults results)
    {
        var text = new StringBuilder();
        foreach (Block block in BlocksOf(results))
        {
            text.Append($"### {block.Title}\n\n");
            foreach (IReadOnlyList<string> row in block.Rows.Prepend(Columns.Select(_ => "---").ToArray()).Prepend(Columns))
            {
                text.Append($"| {string.Join(" | ", row)} |\n");
            }

            text.Append('\n');
        }

        return text.Append(Legend(results.Baseline)).Append('\n').ToString();
    }

    private static string Percent(double share) => (share * 100).ToString("0.0", CultureInfo.InvariantCulture);

    private static string Signed(double share) => (share * 100).ToString("+0.0;-0.0;0.0", CultureInfo.InvariantCulture);
}

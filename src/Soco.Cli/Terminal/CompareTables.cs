using Soco.Comparison;
using Spectre.Console;

namespace Soco.Cli.Terminal;

/// <summary>A comparison's table on the console.</summary>
internal static class CompareTables
{
    private const int PlainWidth = 160;

    /// <summary>Prints a block for each budget, and for boxes and masks.</summary>
    public static void Print(ComparisonResults results)
    {
        if (Console.IsOutputRedirected)
        {
            AnsiConsole.Profile.Width = PlainWidth;
        }

        foreach (ComparisonTable.Block block in ComparisonTable.BlocksOf(results))
        {
            Console.WriteLine($"\n{block.Title}");
            Table table = new Table().Border(TableBorder.Simple);
            foreach (string column in ComparisonTable.Columns)
            {
                table.AddColumn(new TableColumn(column) { NoWrap = true });
            }

            foreach (IReadOnlyList<string> row in block.Rows)
            {
                table.AddRow([.. row.Select(PlainText.Cell)]);
            }

            AnsiConsole.Write(table);
        }

        Console.WriteLine(ComparisonTable.Legend(results.Baseline));
    }
}

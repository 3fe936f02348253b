using Soco.Vision.Evaluation;
using Spectre.Console;

namespace Soco.Cli.Terminal;

/// <summary>Measurements as tables that a person reads.</summary>
internal static class EvaluationTables
{
    private const int PlainWidth = 160;

    /// <summary>Prints COCO's numbers.</summary>
    /// <param name="metrics">The numbers.</param>
    /// <param name="perCategory">Whether each category gets a row.</param>
    public static void Print(CocoMetrics metrics, bool perCategory) =>
        Print(metrics, metrics.Numbers, "an image and category", perCategory);

    /// <summary>Prints LVIS' numbers.</summary>
    /// <param name="metrics">The numbers.</param>
    /// <param name="perCategory">Whether each category gets a row.</param>
    public static void Print(LvisMetrics metrics, bool perCategory) => Print(metrics.All, metrics.Numbers, "an image", perCategory);

    /// <summary>Prints VOC's numbers: every class has a row.</summary>
    public static void Print(VocMetrics metrics)
    {
        Table table = Simple("category", "objects", "AP");
        foreach (VocCategoryMetrics category in metrics.Categories)
        {
            table.AddRow(PlainText.Cell(category.Category.Name), $"{category.Objects}", Show(category.Ap));
        }

        table.AddRow("mean", $"{metrics.Categories.Sum(category => category.Objects)}", Show(metrics.MeanAp));
        Write(table);
    }

    private static void Print(CocoMetrics metrics, IReadOnlyList<(string Name, double Value)> numbers, string limited, bool perCategory)
    {
        int most = metrics.MaxDetections[^1];
        string all = metrics.IouThresholds is [double one]
            ? $"IoU {one:0.00}"
            : $"IoU {metrics.IouThresholds[0]:0.00} to {metrics.IouThresholds[^1]:0.00}";
        var table = Simple("number", "value", "what it is");
        foreach ((string name, double value) in numbers)
        {
            table.AddRow(
                name,
                Show(value),
                name switch
                {
                    "AP" => $"average precision, {all}, {most} detections {limited}",
                    "AP50" => "average precision, IoU 0.50",
                    "AP75" => "average precision, IoU 0.75",
                    "APs" => "average precision, objects up to 32 x 32 px",
                    "APm" => "average precision, objects of 32 x 32 to 96 x 96 px",
                    "APl" => "average precision, objects from 96 x 96 px on",
                    "APr" => "average precision, categories that 1 to 10 training images show",
                    "APc" => "average precision, categories that 11 to 100 training images show",
                    "APf" => "average precision, categories that more than 100 training images show",
                    "ARs" => "average recall, objects up to 32 x 32 px",
                    "ARm" => "average recall, objects of 32 x 32 to 96 x 96 px",
                    "ARl" => "average recall, objects from 96 x 96 px on",
                    _ => $"average recall, {all}, {name[2..]} {(name == "AR1" ? "detection" : "detections")} {limited}",
                }
            );
        }

        Write(table);
        if (perCategory)
        {
            Table categories = Simple(["category", "objects", .. metrics.Overall.Numbers.Select(number => number.Name)]);
            foreach (CategoryMetrics category in metrics.Categories)
            {
                categories.AddRow([
                    PlainText.Cell(category.Category!.Name),
                    $"{category.Objects}",
                    .. category.Numbers.Select(number => Show(number.Value)),
                ]);
            }

            Write(categories);
        }
    }

    /// <summary>Four digits; a dash where there is no object to find.</summary>
    private static string Show(double value) => value < 0 ? "-" : $"{value:0.0000}";

    private static Table Simple(params string[] columns)
    {
        Table table = new Table().Border(TableBorder.Simple);
        foreach (string column in columns)
        {
            table.AddColumn(new TableColumn(column) { NoWrap = true });
        }

        return table;
    }

    private static void Write(Table table)
    {
        if (Console.IsOutputRedirected)
        {
            AnsiConsole.Profile.Width = PlainWidth;
        }

        AnsiConsole.Write(table);
    }
}

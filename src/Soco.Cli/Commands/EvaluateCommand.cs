using System.CommandLine;
using System.Globalization;
using Soco.Cli.Terminal;
using Soco.Jobs;
using Soco.Reports;
using Soco.Vision;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Evaluation;

namespace Soco.Cli.Commands;

/// <summary><c>soco evaluate --annotations GT --detections DT</c>: how good detections are, as COCO or PASCAL VOC measure it.</summary>
internal static class EvaluateCommand
{
    /// <summary>The IoU thresholds that a plot shows.</summary>
    private static readonly double[] s_plotted = [0.5, 0.75, 0.9];

    public static Command Create()
    {
        var annotations = new Option<string>("--annotations")
        {
            Description =
                "The ground truth: a COCO JSON, a PASCAL VOC folder, the data.yaml of a YOLO data set, a folder of LabelMe's JSON, or an XML of CVAT.",
            HelpName = "FILE|DIR",
            Required = true,
        };
        var split = new Option<string?>("--split")
        {
            Description =
                "The split of a VOC folder or a YOLO data set, such as test. Default: all of a VOC folder, val of a YOLO data set.",
            HelpName = "NAME",
        };
        var detections = new Option<string>("--detections")
        {
            Description = "What was found: COCO results JSON.",
            HelpName = "FILE.json",
            Required = true,
        };
        var type = new Option<string>("--type") { Description = "bbox (boxes) or segm (masks).", DefaultValueFactory = _ => "bbox" };
        type.AcceptOnlyFromAmong("bbox", "segm");
        var metric = new Option<string>("--metric")
        {
            Description = "coco, voc07 (11 points), voc12 (area under the curve) or lvis.",
            DefaultValueFactory = _ => "coco",
        };
        metric.AcceptOnlyFromAmong("coco", "voc07", "voc12", "lvis");
        var output = new Option<string?>("--out")
        {
            Description = "A file for the numbers, with those of each category.",
            HelpName = "FILE.json",
        };
        var perCategory = new Option<bool>("--per-category") { Description = "Show each category; VOC always does." };
        var confusion = new Option<string?>("--confusion")
        {
            Description = "A file for the confusion matrix of boxes at IoU 0.5, a row for each class of the truth; --out has it too then.",
            HelpName = "FILE.csv",
        };
        var plot = new Option<string?>("--plot")
        {
            Description = "A folder for a picture of precision over recall of each category.",
            HelpName = "DIR",
        };
        var threads = new Option<int>("--threads") { Description = "Threads of computation; 0 is one for each core.", HelpName = "N" };
        var command = new Command("evaluate", "Measure detections as COCO or PASCAL VOC do.")
        {
            annotations,
            split,
            detections,
            type,
            metric,
            output,
            perCategory,
            confusion,
            plot,
            threads,
        };
        command.SetAction(request =>
        {
            var asked = new EvaluateRequest
            {
                Annotations = request.GetValue(annotations)!,
                Split = request.GetValue(split),
                Detections = request.GetValue(detections)!,
                Type = request.GetValue(type) == "segm" ? IouType.Mask : IouType.Box,
                Metric = Enum.Parse<DetectionMetric>(request.GetValue(metric)!, ignoreCase: true),
                Output = request.GetValue(output),
                Confusion = request.GetValue(confusion),
                Threads = request.GetValue(threads),
            };
            Print(asked, new EvaluateJob(asked).Run(), request.GetValue(perCategory), request.GetValue(plot));
            return 0;
        });
        return command;
    }

    private static void Print(EvaluateRequest asked, EvaluateResult result, bool perCategory, string? plot)
    {
        foreach ((string path, string note) in result.Notes)
        {
            Console.WriteLine($"{path}: {note}.");
        }

        Console.WriteLine(
            $"{asked.Metric.ToString().ToLowerInvariant()}, {(asked.Type == IouType.Mask ? "masks" : "boxes")}: {Plural.Of(result.GroundTruth.Images.Count, "image")}, "
                + $"{result.GroundTruth.Annotations.Count} objects of {result.GroundTruth.Categories.Count} categories, {result.Detections} detections"
        );
        if (result.Voc is { } voc)
        {
            EvaluationTables.Print(voc);
            Plot(plot, [.. voc.Categories.Select(category => (category.Category, CurvesOf(category)))]);
        }
        else if (result.Lvis is { } lvis)
        {
            EvaluationTables.Print(lvis, perCategory);
            Plot(plot, CurvesOf(lvis.All));
        }
        else if (result.Coco is { } coco)
        {
            EvaluationTables.Print(coco, perCategory);
            Plot(plot, CurvesOf(coco));
        }

        if (result.Confusion is { } matrix)
        {
            string score = double.IsFinite(matrix.Score)
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"detections of a score of {matrix.Score:0.###} and above, where precision and recall balance best"
                )
                : "no detection counts, since none is right at any score";
            Console.WriteLine($"Confusion matrix: {asked.Confusion}, {score}");
        }

        if (asked.Output is { } numbers)
        {
            Console.WriteLine($"Numbers: {numbers}");
        }
    }

    private static void Plot(string? folder, (CocoCategory Category, PrecisionRecallCurve[] Curves)[] categories)
    {
        if (folder is null)
        {
            return;
        }

        foreach ((CocoCategory category, PrecisionRecallCurve[] curves) in categories.Where(category => category.Curves.Length > 0))
        {
            string name = string.Concat(category.Name.Select(letter => char.IsLetterOrDigit(letter) ? letter : '-'));
            PrecisionRecallPlot.Save(category.Name, curves, Path.Combine(folder, $"{category.Id:D3}-{name}.png"));
        }

        Console.WriteLine($"Curves of precision over recall: {folder}");
    }

    private static (CocoCategory Category, PrecisionRecallCurve[] Curves)[] CurvesOf(CocoMetrics metrics) =>
        [.. metrics.Categories.Select((category, i) => (category.Category!, CurvesOf(metrics, i)))];

    private static PrecisionRecallCurve[] CurvesOf(CocoMetrics metrics, int category) =>
        metrics.Categories[category].Objects == 0
            ? []
            :
            [
                .. from threshold in Enumerable.Range(0, metrics.IouThresholds.Count)
                where s_plotted.Any(plotted => Math.Abs(plotted - metrics.IouThresholds[threshold]) < 1e-9)
                let precisions = metrics.Precision(category, threshold)
                select new PrecisionRecallCurve(
                    $"IoU {metrics.IouThresholds[threshold]:0.00}, AP {precisions.Average():0.000}",
                    CocoMetrics.Recalls,
                    precisions
                ),
            ];

    private static PrecisionRecallCurve[] CurvesOf(VocCategoryMetrics category) =>
        category.Objects == 0
            ? []
            :
            [
                new PrecisionRecallCurve(
                    $"IoU 0.50, AP {category.Ap:0.000}",
                    [0, .. category.Recalls],
                    [.. category.Precisions.Take(1), .. category.Precisions]
                ),
            ];
}

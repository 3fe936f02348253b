using System.CommandLine;
using Soco.Cli.Terminal;
using Soco.Detection.Data;
using Soco.Reports;
using Soco.Vision;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Evaluation;
using Soco.Vision.IO;

namespace Soco.Cli.Commands;

/// <summary><c>soco evaluate --annotations GT --detections DT</c>: how good detections are, as COCO or PASCAL VOC measure it.</summary>
internal static class EvaluateCommand
{
    /// <summary>The IoU thresholds that a plot shows.</summary>
    private static readonly double[] s_plotted = [0.5, 0.75, 0.9];

    public static Command Create()
    {
        var annotations = new Option<string>("--annotations") { Description = "The ground truth: a COCO JSON, a PASCAL VOC folder, or the data.yaml of a YOLO data set.", HelpName = "FILE|DIR", Required = true };
        var split = new Option<string?>("--split") { Description = "The split of a VOC folder or a YOLO data set, such as test. Default: all of a VOC folder, val of a YOLO data set.", HelpName = "NAME" };
        var detections = new Option<string>("--detections") { Description = "What was found: COCO results JSON.", HelpName = "FILE.json", Required = true };
        var type = new Option<string>("--type") { Description = "bbox (boxes) or segm (masks).", DefaultValueFactory = _ => "bbox" };
        type.AcceptOnlyFromAmong("bbox", "segm");
        var metric = new Option<string>("--metric") { Description = "coco, voc07 (11 points), voc12 (area under the curve) or lvis.", DefaultValueFactory = _ => "coco" };
        metric.AcceptOnlyFromAmong("coco", "voc07", "voc12", "lvis");
        var output = new Option<string?>("--out") { Description = "A file for the numbers, with those of each category.", HelpName = "FILE.json" };
        var perCategory = new Option<bool>("--per-category") { Description = "Show each category; VOC always does." };
        var plot = new Option<string?>("--plot") { Description = "A folder for a picture of precision over recall of each category.", HelpName = "DIR" };
        var threads = new Option<int>("--threads") { Description = "Threads of computation; 0 is one for each core.", HelpName = "N" };
        var command = new Command("evaluate", "Measure detections as COCO or PASCAL VOC do.") { annotations, split, detections, type, metric, output, perCategory, plot, threads };
        command.SetAction(request => Evaluate(new Request(
            request.GetValue(annotations)!,
            request.GetValue(split),
            request.GetValue(detections)!,
            request.GetValue(type) == "segm" ? IouType.Mask : IouType.Box,
            request.GetValue(metric)!,
            request.GetValue(output),
            request.GetValue(perCategory),
            request.GetValue(plot),
            request.GetValue(threads))));
        return command;
    }

    private sealed record Request(
        string Annotations, string? Split, string Detections, IouType Type, string Metric, string? Out, bool PerCategory, string? Plot, int Threads);

    private static int Evaluate(Request request)
    {
        OutputFolder.MakeFor(request.Out);

        bool voc = request.Metric is "voc07" or "voc12";
        if (voc && request.Type == IouType.Mask)
        {
            throw new SocoRequestException($"--metric {request.Metric} measures boxes alone; leave --type segm out or take --metric coco.");
        }

        (CocoDataset truth, IReadOnlyList<CocoDetection> found) = Read(request);
        Console.WriteLine(
            $"{request.Metric}, {(request.Type == IouType.Mask ? "masks" : "boxes")}: {Plural.Of(truth.Images.Count, "image")}, "
            + $"{truth.Annotations.Count} objects of {truth.Categories.Count} categories, {found.Count} detections");
        if (voc)
        {
            VocAveraging averaging = request.Metric == "voc07" ? VocAveraging.ElevenPoints : VocAveraging.AllPoints;
            VocMetrics metrics = VocEvaluator.Evaluate(truth, found, averaging);
            EvaluationTables.Print(metrics);
            SaveNumbers(request.Out, path => MetricsWriter.Save(metrics, averaging, path));
            Plot(request.Plot, [.. metrics.Categories.Select(category => (category.Category, CurvesOf(category)))]);
        }
        else if (request.Metric == "lvis")
        {
            LvisMetrics metrics = LvisEvaluator.Evaluate(truth, found, request.Type, request.Threads);
            EvaluationTables.Print(metrics, request.PerCategory);
            SaveNumbers(request.Out, path => MetricsWriter.Save(metrics, path));
            Plot(request.Plot, CurvesOf(metrics.All));
        }
        else
        {
            CocoMetrics metrics = CocoEvaluator.Evaluate(truth, found, request.Type, new CocoEvaluationOptions { Threads = request.Threads });
            EvaluationTables.Print(metrics, request.PerCategory);
            SaveNumbers(request.Out, path => MetricsWriter.Save(metrics, path));
            Plot(request.Plot, CurvesOf(metrics));
        }

        return 0;
    }

    private static (CocoDataset Truth, IReadOnlyList<CocoDetection> Found) Read(Request request)
    {
        (string annotations, string? split, string detections) = (request.Annotations, request.Split, request.Detections);
        if (split is not null && !LabelFiles.HaveSplits(annotations))
        {
            throw new SocoRequestException($"--split {split} is for a PASCAL VOC folder or a YOLO data set, and {annotations} is neither; leave it out.");
        }

        CocoDataset truth = LabelFiles.Read(annotations, split, usual: "val");
        CocoResults results = CocoResults.Read(detections, truth);
        Note(annotations, truth.Mended.ToString());
        Note(detections, results.UnknownCategories > 0 ? $"{results.UnknownCategories} detections of categories that the annotations have not left out" : "");
        Note(detections, results.NotFinite > 0 ? $"{results.NotFinite} detections left out whose box or score is not finite" : "");
        return (truth, results.Detections);
    }

    private static void Note(string path, string what)
    {
        if (what.Length > 0)
        {
            Console.WriteLine($"{path}: {what}.");
        }
    }

    private static void SaveNumbers(string? path, Action<string> save)
    {
        if (path is not null)
        {
            save(path);
            Console.WriteLine($"Numbers: {path}");
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

    private static PrecisionRecallCurve[] CurvesOf(CocoMetrics metrics, int category) => metrics.Categories[category].Objects == 0 ? [] :
    [
        .. from threshold in Enumerable.Range(0, metrics.IouThresholds.Count)
           where s_plotted.Any(plotted => Math.Abs(plotted - metrics.IouThresholds[threshold]) < 1e-9)
           let precisions = metrics.Precision(category, threshold)
           select new PrecisionRecallCurve($"IoU {metrics.IouThresholds[threshold]:0.00}, AP {precisions.Average():0.000}", CocoMetrics.Recalls, precisions),
    ];

    private static PrecisionRecallCurve[] CurvesOf(VocCategoryMetrics category) => category.Objects == 0 ? [] :
        [new PrecisionRecallCurve($"IoU 0.50, AP {category.Ap:0.000}", [0, .. category.Recalls], [.. category.Precisions.Take(1), .. category.Precisions])];
}

using Soco.Detection.Data;
using Soco.Vision;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Evaluation;
using Soco.Vision.IO;

namespace Soco.Jobs;

/// <summary>How detections are measured.</summary>
public enum DetectionMetric
{
    /// <summary>COCO's twelve numbers.</summary>
    Coco,

    /// <summary>PASCAL VOC 2007: precision at 11 points of recall.</summary>
    Voc07,

    /// <summary>PASCAL VOC from 2010 on: the area under the curve.</summary>
    Voc12,

    /// <summary>LVIS.</summary>
    Lvis,
}

/// <summary>What an evaluation is asked for.</summary>
public sealed record EvaluateRequest
{
    /// <summary>The ground truth: a COCO JSON, a PASCAL VOC folder, or a YOLO data set.</summary>
    public required string Annotations { get; init; }

    /// <summary>The split of a VOC folder or a YOLO data set; null: all of a VOC folder, val of a YOLO data set.</summary>
    public string? Split { get; init; }

    /// <summary>The detections: COCO results.</summary>
    public required string Detections { get; init; }

    /// <summary>Whether boxes or masks are compared; VOC compares boxes.</summary>
    public IouType Type { get; init; } = IouType.Box;

    /// <summary>The metric.</summary>
    public DetectionMetric Metric { get; init; } = DetectionMetric.Coco;

    /// <summary>A file for the numbers; null: none.</summary>
    public string? Output { get; init; }

    /// <summary>A CSV file for the confusion matrix of boxes; null: none. With it, <see cref="Output"/> has the matrix too.</summary>
    public string? Confusion { get; init; }

    /// <summary>Threads of computation; 0 is one for each core.</summary>
    public int Threads { get; init; }
}

/// <summary>What an evaluation measured: one of the three metrics.</summary>
/// <param name="GroundTruth">The annotations.</param>
/// <param name="Detections">Number of detections.</param>
/// <param name="Notes">What annotations and detections have that cannot be used: a path and a phrase each.</param>
public sealed record EvaluateResult(CocoDataset GroundTruth, int Detections, IReadOnlyList<(string Path, string Note)> Notes)
{
    /// <summary>COCO's metrics; null where another metric was asked for.</summary>
    public CocoMetrics? Coco { get; init; }

    /// <summary>VOC's metrics; null where another metric was asked for.</summary>
    public VocMetrics? Voc { get; init; }

    /// <summary>LVIS' metrics; null where another metric was asked for.</summary>
    public LvisMetrics? Lvis { get; init; }

    /// <summary>
    /// Which class objects are detected as, at the score where precision and recall balance best; null where no file for it was named.
    /// </summary>
    public ConfusionMatrix? Confusion { get; init; }
}

/// <summary>How good detections are, as COCO, PASCAL VOC or LVIS measure it.</summary>
/// <param name="request">What is asked for.</param>
public sealed class EvaluateJob(EvaluateRequest request)
{
    /// <summary>Measures.</summary>
    /// <exception cref="SocoRequestException">The request contradicts itself, or the output cannot be written.</exception>
    /// <exception cref="SocoDataException">Annotations or detections are missing or damaged, or do not belong together.</exception>
    /// <exception cref="SocoRunException">The disk is full.</exception>
    public EvaluateResult Run()
    {
        (string annotations, string? split, string detections) = (request.Annotations, request.Split, request.Detections);
        OutputFolder.MakeFor(request.Output);
        OutputFolder.MakeFor(request.Confusion);
        bool voc = request.Metric is DetectionMetric.Voc07 or DetectionMetric.Voc12;
        if (voc && request.Type == IouType.Mask)
        {
            throw new SocoRequestException(
                $"The metric {request.Metric.ToString().ToLowerInvariant()} measures boxes alone: ask for boxes, or take the metric coco."
            );
        }

        CocoDataset truth = LabelFiles.Read(annotations, split, usual: "val");
        CocoResults found = CocoResults.Read(detections, truth);
        (string, string Note)[] notes =
        [
            (annotations, truth.Mended.ToString()),
            (
                detections,
                found.UnknownCategories > 0
                    ? $"{Plural.Of(found.UnknownCategories, "detection")} of categories that the annotations have not left out"
                    : ""
            ),
            (detections, found.NotFinite > 0 ? $"{Plural.Of(found.NotFinite, "detection")} left out whose box or score is not finite" : ""),
        ];
        var result = new EvaluateResult(truth, found.Detections.Count, [.. notes.Where(note => note.Note.Length > 0)])
        {
            Confusion = ConfusionOf(truth, found.Detections),
        };
        if (voc)
        {
            VocAveraging averaging = request.Metric == DetectionMetric.Voc07 ? VocAveraging.ElevenPoints : VocAveraging.AllPoints;
            VocMetrics metrics = VocEvaluator.Evaluate(truth, found.Detections, averaging);
            Save(result, path => MetricsWriter.Save(metrics, averaging, result.Confusion, path));
            return result with { Voc = metrics };
        }

        if (request.Metric == DetectionMetric.Lvis)
        {
            LvisMetrics metrics = LvisEvaluator.Evaluate(truth, found.Detections, request.Type, request.Threads);
            Save(result, path => MetricsWriter.Save(metrics, result.Confusion, path));
            return result with { Lvis = metrics };
        }

        CocoMetrics coco = CocoEvaluator.Evaluate(
            truth,
            found.Detections,
            request.Type,
            new CocoEvaluationOptions { Threads = request.Threads }
        );
        Save(result, path => MetricsWriter.Save(coco, result.Confusion, path));
        return result with { Coco = coco };
    }

    private ConfusionMatrix? ConfusionOf(CocoDataset truth, IReadOnlyList<CocoDetection> found) =>
        request.Confusion is null ? null : ConfusionMatrix.Of(truth, found, DetectionErrors.Of(truth, found, request.Threads).Score);

    private void Save(EvaluateResult result, Action<string> saveNumbers)
    {
        if (request.Output is { } path)
        {
            saveNumbers(path);
        }

        if (request.Confusion is { } table)
        {
            result.Confusion!.SaveCsv(table);
        }
    }
}

using System.Text.Json;
using Soco.Annotations;
using Soco.Evaluation;

namespace Soco.Training;

/// <summary>What an evaluation of a detector found and measured.</summary>
/// <param name="truth">The objects.</param>
/// <param name="found">The detections.</param>
/// <param name="withMasks">Whether masks are measured too.</param>
/// <param name="threads">Threads of the measuring.</param>
internal sealed class DetectorMeasures(CocoDataset truth, IReadOnlyList<CocoDetection> found, bool withMasks, int threads)
{
    private readonly CocoMetrics _boxes = CocoEvaluator.Evaluate(truth, found, IouType.Box, new CocoEvaluationOptions { Threads = threads });
    private readonly CocoMetrics? _masks =
        withMasks ? CocoEvaluator.Evaluate(truth, found, IouType.Mask, new CocoEvaluationOptions { Threads = threads }) : null;

    /// <summary>The figures of the log: <c>ap</c>, <c>ap50</c> ... for boxes, <c>mask_ap</c> ... for masks where they are measured.</summary>
    public IReadOnlyDictionary<string, double> Figures => _boxes.Numbers.Select(number => (Name: number.Name.ToLowerInvariant(), number.Value))
        .Concat((_masks?.Numbers ?? []).Select(number => (Name: "mask_" + number.Name.ToLowerInvariant(), number.Value)))
        .ToDictionary(number => number.Name, number => number.Value);

    /// <summary>
    /// Writes the detections (<see cref="RunFolder.DetectionsPath"/>) and what they are worth (<see cref="RunFolder.EvaluationPath"/>): COCO's
    /// numbers under <c>bbox</c> and <c>segm</c> with those of each class, and under <c>errors</c> what is right and wrong at the score
    /// at which precision and recall balance best.
    /// </summary>
    /// <exception cref="SocoRunException">The disk is full.</exception>
    public void Save(RunFolder folder, long step)
    {
        CocoResults.Save(found, folder.DetectionsPath);
        DetectionErrors errors = DetectionErrors.Of(truth, found, threads);
        AtomicFile.Write(folder.EvaluationPath, stream =>
        {
            using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
            json.WriteStartObject();
            json.WriteNumber("step", step);
            json.WriteNumber("images", truth.Images.Count);
            json.WriteStartObject("errors");
            json.WriteNumber("score", double.IsFinite(errors.Score) ? errors.Score : 1);
            json.WriteNumber("found", errors.Found);
            json.WriteNumber("missed", errors.Missed);
            json.WriteNumber("false_alarms", errors.FalseAlarms);
            json.WriteNumber("precision", errors.Precision);
            json.WriteNumber("recall", errors.Recall);
            json.WriteEndObject();
            foreach ((string type, CocoMetrics? metrics) in new[] { ("bbox", _boxes), ("segm", _masks) })
            {
                if (metrics is not null)
                {
                    json.WriteStartObject(type);
                    MetricsWriter.Write(json, metrics);
                    json.WriteEndObject();
                }
            }

            json.WriteEndObject();
        });
    }
}

using System.Text.Json;
using Soco.Runs;
using Soco.Vision;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Evaluation;
using Soco.Vision.IO;

namespace Soco.Training;

/// <summary>What an evaluation of a detector found and measured.</summary>
/// <param name="truth">The objects.</param>
/// <param name="found">The detections.</param>
/// <param name="metrics">COCO's numbers of boxes, then of masks where they are measured.</param>
internal sealed class DetectorMeasures(CocoDataset truth, IReadOnlyList<CocoDetection> found, IReadOnlyList<CocoMetrics> metrics)
{
    /// <summary>
    /// The figures of the log: <c>ap</c>, <c>ap50</c> ... for boxes, <c>mask_ap</c> ... for masks where they are measured.
    /// </summary>
    public IReadOnlyDictionary<string, double> Figures { get; } =
        metrics
            .SelectMany(type =>
                type.Numbers.Select(number =>
                    (Name: (type.Type == IouType.Mask ? "mask_" : "") + number.Name.ToLowerInvariant(), number.Value)
                )
            )
            .ToDictionary(number => number.Name, number => number.Value);

    /// <summary>
    /// Writes the detections (<see cref="RunFolder.DetectionsPath"/>) and what they are worth (<see cref="RunFolder.EvaluationPath"/>):
    /// COCO's numbers under <c>bbox</c> and <c>segm</c> with those of each class, and under <c>errors</c> what is right and wrong at the
    /// score at which precision and recall balance best, with that score of each class, and under <c>confusion</c> the
    /// <see cref="ConfusionMatrix"/> at the score of all.
    /// </summary>
    /// <exception cref="SocoRunException">The disk is full.</exception>
    public void Save(RunFolder folder, long step)
    {
        CocoResults.Save(found, folder.DetectionsPath);
        DetectionErrors errors = DetectionErrors.Of(truth, found);
        AtomicFile.Write(
            folder.EvaluationPath,
            stream =>
            {
                using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
                json.WriteStartObject();
                json.WriteNumber("step", step);
                json.WriteNumber("images", truth.Images.Count);
                json.WriteStartObject("errors");
                Write(json, errors);
                json.WriteEndObject();
                json.WriteStartObject("confusion");
                ConfusionMatrix.Of(truth, found, errors.Score).Write(json);
                json.WriteEndObject();
                foreach (CocoMetrics type in metrics)
                {
                    json.WriteStartObject(type.Type == IouType.Mask ? "segm" : "bbox");
                    MetricsWriter.Write(json, type);
                    json.WriteEndObject();
                }

                json.WriteEndObject();
            }
        );
    }

    private void Write(Utf8JsonWriter json, DetectionErrors errors)
    {
        json.WriteNumber("score", double.IsFinite(errors.Score) ? errors.Score : 1);
        json.WriteNumber("found", errors.Found);
        json.WriteNumber("missed", errors.Missed);
        json.WriteNumber("false_alarms", errors.FalseAlarms);
        json.WriteNumber("precision", errors.Precision);
        json.WriteNumber("recall", errors.Recall);
        json.WriteStartArray("classes");
        foreach (CocoCategory category in truth.Categories.Where(category => double.IsFinite(errors.ClassScores[category.Id])))
        {
            json.WriteStartObject();
            json.WriteNumber("id", category.Id);
            json.WriteString("name", category.Name);
            json.WriteNumber("score", errors.ClassScores[category.Id]);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}

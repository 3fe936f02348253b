using System.Text.Json;
using System.Text.Json.Serialization;
using Soco.Vision;
using Soco.Vision.Evaluation;
using Soco.Vision.IO;

namespace Soco.Comparison;

/// <summary>What a finished cell measured.</summary>
/// <param name="Arm">The arm's name.</param>
/// <param name="Budget">Labelled images.</param>
/// <param name="Seed">Seed.</param>
/// <param name="Bbox">Boxes.</param>
/// <param name="Segm">Masks; null where they are not learned.</param>
/// <param name="Classes">Boxes of each class.</param>
/// <param name="PretrainSeconds">Time of the pretraining's steps; 0 without one.</param>
/// <param name="FinetuneSeconds">Time of the fine-tuning's steps.</param>
/// <param name="Iterations">Steps of the fine-tuning.</param>
/// <param name="Run">Its run folder, relative to the comparison's.</param>
public sealed record CellResult(
    string Arm,
    int Budget,
    long Seed,
    CellFigures Bbox,
    CellFigures? Segm,
    IReadOnlyList<ClassFigures> Classes,
    double PretrainSeconds,
    double FinetuneSeconds,
    long Iterations,
    string Run
)
{
    /// <summary>How all files of a comparison are written.</summary>
    internal static JsonSerializerOptions Json { get; } =
        new()
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            WriteIndented = true,
            Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };

    /// <summary>Reads a finished cell; null where it is not finished.</summary>
    /// <exception cref="SocoDataException">The file is damaged.</exception>
    public static CellResult? Find(string path)
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<CellResult>(File.ReadAllBytes(path), Json) : null;
        }
        catch (JsonException error)
        {
            throw new SocoDataException(
                $"{path} is damaged ({error.Message.TrimEnd('.')}); delete it, and the cell is measured again.",
                error
            );
        }
    }

    /// <summary>Writes it; with the file the cell is finished.</summary>
    /// <exception cref="SocoRunException">The disk is full.</exception>
    public void Save(string path) => AtomicFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(this, Json));
}

/// <summary>COCO's averages, shares of 1; null where there is no such object.</summary>
/// <param name="Ap">Over the IoU thresholds 0.50 to 0.95.</param>
/// <param name="Ap50">At IoU 0.50.</param>
/// <param name="Ap75">At IoU 0.75.</param>
/// <param name="ApSmall">Objects up to 32 x 32 pixels.</param>
/// <param name="ApMedium">Objects from 32 x 32 to 96 x 96 pixels.</param>
/// <param name="ApLarge">Objects from 96 x 96 pixels on.</param>
/// <param name="Ar">Recall with 100 detections of an image and class.</param>
public sealed record CellFigures(
    [property: JsonPropertyName("AP")] double? Ap,
    [property: JsonPropertyName("AP50")] double? Ap50,
    [property: JsonPropertyName("AP75")] double? Ap75,
    [property: JsonPropertyName("AP_small")] double? ApSmall,
    [property: JsonPropertyName("AP_medium")] double? ApMedium,
    [property: JsonPropertyName("AP_large")] double? ApLarge,
    [property: JsonPropertyName("AR")] double? Ar
)
{
    /// <summary>The figures of an evaluation.</summary>
    public static CellFigures Of(CategoryMetrics metrics) =>
        new(
            Known(metrics.Ap),
            Known(metrics.Ap50),
            Known(metrics.Ap75),
            Known(metrics.ApSmall),
            Known(metrics.ApMedium),
            Known(metrics.ApLarge),
            Known(metrics.Ar)
        );

    /// <summary>COCO's -1 stands for nothing to find; six digits are more than the figures are good for.</summary>
    internal static double? Known(double value) => value < 0 ? null : Math.Round(value, 6);
}

/// <summary>Boxes of one class; null where the test images show none.</summary>
/// <param name="Name">The class.</param>
/// <param name="Objects">Objects to find.</param>
/// <param name="Ap">Over the IoU thresholds 0.50 to 0.95.</param>
/// <param name="Ap50">At IoU 0.50.</param>
public sealed record ClassFigures(
    string Name,
    int Objects,
    [property: JsonPropertyName("AP")] double? Ap,
    [property: JsonPropertyName("AP50")] double? Ap50
);

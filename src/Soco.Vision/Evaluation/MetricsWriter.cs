using System.Text.Json;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.IO;

namespace Soco.Vision.Evaluation;

/// <summary>
/// Writes measurements as JSON: the numbers by name, and those of each category. -1 stands where there is no object to find.
/// </summary>
internal static class MetricsWriter
{
    private static readonly JsonWriterOptions s_options = CocoWriter.Options with { Indented = true };

    /// <summary>Writes COCO's numbers, whole or not at all.</summary>
    /// <param name="metrics">The numbers.</param>
    /// <param name="confusion">What is written beside them as <c>confusion</c>; null: nothing.</param>
    /// <param name="path">The file; its folder is made if it is missing.</param>
    /// <exception cref="SocoRunException">The folder cannot be written or the disk is full.</exception>
    public static void Save(CocoMetrics metrics, ConfusionMatrix? confusion, string path) =>
        Save("coco", metrics, metrics.Numbers, confusion, path);

    /// <summary>
    /// Writes COCO's numbers into an object that is open, as <see cref="Save(CocoMetrics, ConfusionMatrix?, string)"/> does.
    /// </summary>
    /// <param name="json">Where to.</param>
    /// <param name="metrics">The numbers.</param>
    public static void Write(Utf8JsonWriter json, CocoMetrics metrics) => Write(json, "coco", metrics, metrics.Numbers);

    /// <summary>Writes LVIS' numbers, whole or not at all.</summary>
    /// <inheritdoc cref="Save(CocoMetrics, ConfusionMatrix?, string)"/>
    public static void Save(LvisMetrics metrics, ConfusionMatrix? confusion, string path) =>
        Save("lvis", metrics.All, metrics.Numbers, confusion, path);

    /// <summary>Writes VOC's numbers, whole or not at all.</summary>
    /// <param name="metrics">The numbers.</param>
    /// <param name="averaging">Which average they are.</param>
    /// <param name="confusion">What is written beside them as <c>confusion</c>; null: nothing.</param>
    /// <param name="path">The file; its folder is made if it is missing.</param>
    /// <exception cref="SocoRunException">The folder cannot be written or the disk is full.</exception>
    public static void Save(VocMetrics metrics, VocAveraging averaging, ConfusionMatrix? confusion, string path) =>
        Save(
            confusion,
            path,
            json =>
            {
                json.WriteString("metric", averaging == VocAveraging.ElevenPoints ? "voc07" : "voc12");
                json.WriteString("type", "bbox");
                json.WriteStartObject("numbers");
                json.WriteNumber("mAP", metrics.MeanAp);
                json.WriteEndObject();
                json.WriteStartArray("categories");
                foreach (VocCategoryMetrics category in metrics.Categories)
                {
                    Start(json, category.Category, category.Objects);
                    json.WriteNumber("AP", category.Ap);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            }
        );

    private static void Save(
        string metric,
        CocoMetrics metrics,
        IReadOnlyList<(string Name, double Value)> numbers,
        ConfusionMatrix? confusion,
        string path
    ) => Save(confusion, path, json => Write(json, metric, metrics, numbers));

    private static void Write(Utf8JsonWriter json, string metric, CocoMetrics metrics, IReadOnlyList<(string Name, double Value)> numbers)
    {
        json.WriteString("metric", metric);
        json.WriteString("type", metrics.Type == IouType.Box ? "bbox" : "segm");
        WriteList(json, "iou_thresholds", metrics.IouThresholds);
        WriteList(json, "max_detections", [.. metrics.MaxDetections.Select(most => (double)most)]);
        json.WriteStartObject("numbers");
        foreach ((string name, double value) in numbers)
        {
            json.WriteNumber(name, value);
        }

        json.WriteEndObject();
        json.WriteStartArray("categories");
        foreach (CategoryMetrics category in metrics.Categories)
        {
            Start(json, category.Category!, category.Objects);
            foreach ((string name, double value) in category.Numbers)
            {
                json.WriteNumber(name, value);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Save(ConfusionMatrix? confusion, string path, Action<Utf8JsonWriter> write) =>
        AtomicFile.Write(
            path,
            stream =>
            {
                using var json = new Utf8JsonWriter(stream, s_options);
                json.WriteStartObject();
                write(json);
                if (confusion is not null)
                {
                    json.WriteStartObject("confusion");
                    confusion.Write(json);
                    json.WriteEndObject();
                }

                json.WriteEndObject();
            }
        );

    private static void Start(Utf8JsonWriter json, CocoCategory category, int objects)
    {
        json.WriteStartObject();
        json.WriteNumber("id", category.Id);
        json.WriteString("name", category.Name);
        json.WriteNumber("objects", objects);
    }

    private static void WriteList(Utf8JsonWriter json, string name, IReadOnlyList<double> values)
    {
        json.WriteStartArray(name);
        foreach (double value in values)
        {
            json.WriteNumberValue(value);
        }

        json.WriteEndArray();
    }
}

using System.Text.Encodings.Web;
using System.Text.Json;

namespace Soco.Annotations;

/// <summary>Writes COCO annotation files: boxes as [x, y, width, height] in pixels, masks as compressed run lengths.</summary>
public static class CocoWriter
{
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a data set to a file, whole or not at all.</summary>
    /// <param name="dataset">What to write.</param>
    /// <param name="path">The file; its folder is made if it is missing.</param>
    /// <exception cref="SocoRunException">The folder cannot be written or the disk is full.</exception>
    public static void Save(CocoDataset dataset, string path) => AtomicFile.Write(path, stream => Write(dataset, stream));

    /// <summary>Writes a data set as JSON in UTF-8.</summary>
    /// <param name="dataset">What to write.</param>
    /// <param name="stream">Where to; it stays open.</param>
    public static void Write(CocoDataset dataset, Stream stream)
    {
        using var json = new Utf8JsonWriter(stream, s_options);
        json.WriteStartObject();
        WriteList(json, "images", dataset.Images, WriteImage);
        WriteList(json, "categories", dataset.Categories, WriteCategory);
        WriteList(json, "annotations", dataset.Annotations, WriteAnnotation);
        json.WriteEndObject();
    }

    private static void WriteList<T>(Utf8JsonWriter json, string name, IReadOnlyList<T> items, Action<Utf8JsonWriter, T> write)
    {
        json.WriteStartArray(name);
        foreach (T item in items)
        {
            json.WriteStartObject();
            write(json, item);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteImage(Utf8JsonWriter json, CocoImage image)
    {
        json.WriteNumber("id", image.Id);
        json.WriteString("file_name", image.FileName);
        json.WriteNumber("width", image.Width);
        json.WriteNumber("height", image.Height);
    }

    private static void WriteCategory(Utf8JsonWriter json, CocoCategory category)
    {
        json.WriteNumber("id", category.Id);
        json.WriteString("name", category.Name);
        json.WriteString("supercategory", category.Supercategory);
    }

    private static void WriteAnnotation(Utf8JsonWriter json, CocoAnnotation annotation)
    {
        RunLengthMask mask = annotation.Mask;
        json.WriteNumber("id", annotation.Id);
        json.WriteNumber("image_id", annotation.ImageId);
        json.WriteNumber("category_id", annotation.CategoryId);
        WriteNumbers(json, "bbox", mask.Box.X, mask.Box.Y, mask.Box.Width, mask.Box.Height);
        json.WriteNumber("area", mask.Area);
        json.WriteNumber("iscrowd", 0);
        json.WriteStartObject("segmentation");
        WriteNumbers(json, "size", mask.Height, mask.Width);
        json.WriteString("counts", mask.ToText());
        json.WriteEndObject();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, params ReadOnlySpan<int> numbers)
    {
        json.WriteStartArray(name);
        foreach (int number in numbers)
        {
            json.WriteNumberValue(number);
        }

        json.WriteEndArray();
    }
}

using System.Text.Encodings.Web;
using System.Text.Json;
using Soco.Vision.Annotations.Masks;
using Soco.Vision.IO;

namespace Soco.Vision.Annotations.Coco;

/// <summary>
/// Writes COCO annotation files: boxes as [x, y, width, height] in pixels, masks as polygons or as compressed run lengths.
/// </summary>
public static class CocoWriter
{
    private const int FlushedBytes = 1 << 20;

    /// <summary>Names of files stay readable.</summary>
    internal static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

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
        using var json = new Utf8JsonWriter(stream, Options);
        json.WriteStartObject();
        WriteList(json, "images", dataset.Images, WriteImage);
        WriteList(json, "categories", dataset.Categories, WriteCategory);
        WriteList(json, "annotations", dataset.Annotations, WriteAnnotation);
        json.WriteEndObject();
    }

    /// <summary>Writes a box as a property.</summary>
    internal static void WriteBox(Utf8JsonWriter json, CocoBox box) => WriteNumbers(json, "bbox", box.X, box.Y, box.Width, box.Height);

    /// <summary>Writes a mask as a property.</summary>
    internal static void WriteMask(Utf8JsonWriter json, ObjectMask mask)
    {
        if (mask is PolygonMask polygons)
        {
            json.WriteStartArray("segmentation");
            foreach (double[] polygon in polygons.Polygons)
            {
                json.WriteStartArray();
                foreach (double coordinate in polygon)
                {
                    json.WriteNumberValue(coordinate);
                }

                json.WriteEndArray();
            }

            json.WriteEndArray();
        }
        else
        {
            json.WriteStartObject("segmentation");
            WriteNumbers(json, "size", mask.Height, mask.Width);
            json.WriteString("counts", mask.ToRunLengths().ToText());
            json.WriteEndObject();
        }
    }

    /// <summary>Keeps what waits to be written small.</summary>
    internal static void FlushSometimes(Utf8JsonWriter json)
    {
        if (json.BytesPending > FlushedBytes)
        {
            json.Flush();
        }
    }

    private static void WriteList<T>(Utf8JsonWriter json, string name, IReadOnlyList<T> items, Action<Utf8JsonWriter, T> write)
    {
        json.WriteStartArray(name);
        foreach (T item in items)
        {
            json.WriteStartObject();
            write(json, item);
            json.WriteEndObject();
            FlushSometimes(json);
        }

        json.WriteEndArray();
    }

    private static void WriteImage(Utf8JsonWriter json, CocoImage image)
    {
        json.WriteNumber("id", image.Id);
        json.WriteString("file_name", image.FileName);
        json.WriteNumber("width", image.Width);
        json.WriteNumber("height", image.Height);
        if (image.NegativeCategoryIds.Count + image.NotExhaustiveCategoryIds.Count > 0)
        {
            WriteNumbers(json, "neg_category_ids", [.. image.NegativeCategoryIds]);
            WriteNumbers(json, "not_exhaustive_category_ids", [.. image.NotExhaustiveCategoryIds]);
        }
    }

    private static void WriteCategory(Utf8JsonWriter json, CocoCategory category)
    {
        json.WriteNumber("id", category.Id);
        json.WriteString("name", category.Name);
        json.WriteString("supercategory", category.Supercategory);
        if (category.Frequency is { } frequency)
        {
            json.WriteString(
                "frequency",
                frequency switch
                {
                    CategoryFrequency.Rare => "r",
                    CategoryFrequency.Common => "c",
                    _ => "f",
                }
            );
        }
    }

    private static void WriteAnnotation(Utf8JsonWriter json, CocoAnnotation annotation)
    {
        json.WriteNumber("id", annotation.Id);
        json.WriteNumber("image_id", annotation.ImageId);
        json.WriteNumber("category_id", annotation.CategoryId);
        WriteBox(json, annotation.Box);
        json.WriteNumber("area", annotation.Area);
        json.WriteNumber("iscrowd", annotation.IsCrowd ? 1 : 0);
        if (annotation.IsDifficult)
        {
            json.WriteNumber("difficult", 1);
        }

        if (annotation.Mask is { } mask)
        {
            WriteMask(json, mask);
        }
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, params ReadOnlySpan<double> numbers)
    {
        json.WriteStartArray(name);
        foreach (double number in numbers)
        {
            json.WriteNumberValue(number);
        }

        json.WriteEndArray();
    }
}

using System.Text.Json;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Annotations.Masks;
using Soco.Vision.IO;

namespace Soco.Vision.Annotations.Labelme;

/// <summary>Writes labels as <see cref="LabelmeReader"/> reads them: a JSON beside each image in <c>images/</c>.</summary>
internal static class LabelmeWriter
{
    /// <summary>Writes a data set whose images all have a size.</summary>
    /// <param name="dataset">The labels.</param>
    /// <param name="folder">Where to.</param>
    /// <param name="losses">Receives what the format cannot hold.</param>
    /// <exception cref="SocoRunException">The folder cannot be written or the disk is full.</exception>
    public static void Save(CocoDataset dataset, string folder, LabelLosses losses)
    {
        foreach (ExportedImage exported in ExportedImage.Of(dataset, losses))
        {
            AtomicFile.Write(
                Path.Combine(folder, "images", Path.ChangeExtension(exported.Image.FileName, ".json")),
                Json(exported, losses)
            );
        }
    }

    private static byte[] Json(ExportedImage exported, LabelLosses losses)
    {
        CocoImage image = exported.Image;
        using var memory = new MemoryStream();
        using (var json = new Utf8JsonWriter(memory, CocoWriter.Options with { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("version", "5.0.1");
            json.WriteStartObject("flags");
            json.WriteEndObject();
            json.WriteStartArray("shapes");
            foreach ((string name, CocoAnnotation found) in exported.Objects)
            {
                Write(json, name, found, losses);
            }

            json.WriteEndArray();
            json.WriteString("imagePath", Path.GetFileName(image.FileName));
            json.WriteNull("imageData");
            json.WriteNumber("imageHeight", image.Height);
            json.WriteNumber("imageWidth", image.Width);
            json.WriteEndObject();
        }

        return memory.ToArray();
    }

    /// <summary>An object: a rectangle, or its polygons, which are a group where they are several.</summary>
    private static void Write(Utf8JsonWriter json, string name, CocoAnnotation found, LabelLosses losses)
    {
        IReadOnlyList<double[]> polygons = found.Mask is { } mask ? MaskOutline.Of(mask) : [];
        losses.Masks += found.Mask is not null && polygons.Count == 0 ? 1 : 0;
        losses.Difficult += found.IsDifficult ? 1 : 0;
        BoxXyxy box = found.Box.Corners;
        foreach (
            double[] corners in polygons.Count > 0
                ? polygons
                :
                [
                    [box.X1, box.Y1, box.X2, box.Y2],
                ]
        )
        {
            json.WriteStartObject();
            json.WriteString("label", name);
            json.WriteStartArray("points");
            for (int i = 0; i < corners.Length; i += 2)
            {
                json.WriteStartArray();
                json.WriteNumberValue(corners[i]);
                json.WriteNumberValue(corners[i + 1]);
                json.WriteEndArray();
            }

            json.WriteEndArray();

            // The polygons of one object are a group.
            if (polygons.Count > 1)
            {
                json.WriteNumber("group_id", found.Id);
            }
            else
            {
                json.WriteNull("group_id");
            }

            json.WriteString("shape_type", polygons.Count > 0 ? "polygon" : "rectangle");
            json.WriteStartObject("flags");
            json.WriteEndObject();
            json.WriteEndObject();
        }
    }
}

using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Xml;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Annotations.Masks;
using Soco.Vision.Annotations.Yolo;
using Soco.Vision.IO;

namespace Soco.Vision.Annotations;

/// <summary>How labels are written.</summary>
public enum LabelFormat
{
    /// <summary>One COCO JSON, <c>annotations.json</c>, beside <c>images/</c>.</summary>
    Coco,

    /// <summary>PASCAL VOC: <c>Annotations/*.xml</c>, <c>ImageSets/Main/all.txt</c> and <c>JPEGImages/</c>.</summary>
    Voc,

    /// <summary>YOLO: <c>data.yaml</c>, <c>labels/*.txt</c> and <c>images/</c>.</summary>
    Yolo,

    /// <summary>LabelMe: a JSON beside each image in <c>images/</c>.</summary>
    Labelme,
}

/// <summary>Writes labels in the formats of labelling tools. The images themselves the caller brings to <see cref="ImagesIn"/>.</summary>
public static class LabelWriter
{
    /// <summary>The folder in which a format expects the images.</summary>
    /// <param name="format">The format.</param>
    /// <param name="folder">The folder of the labels.</param>
    public static string ImagesIn(LabelFormat format, string folder) => Path.Combine(folder, format == LabelFormat.Voc ? "JPEGImages" : "images");

    /// <summary>Writes a data set.</summary>
    /// <param name="dataset">The labels; images without a size are left out.</param>
    /// <param name="format">How.</param>
    /// <param name="folder">Where to.</param>
    /// <returns>What the format could not hold.</returns>
    /// <exception cref="SocoRunException">The folder cannot be written or the disk is full.</exception>
    public static LabelLosses Save(CocoDataset dataset, LabelFormat format, string folder)
    {
        var losses = new LabelLosses { UnsizedImages = dataset.Images.Count(image => !image.HasSize) };
        HashSet<long> sized = [.. dataset.Images.Where(image => image.HasSize).Select(image => image.Id)];
        dataset = dataset with
        {
            Images = [.. dataset.Images.Where(image => image.HasSize)],
            Annotations = [.. dataset.Annotations.Where(annotation => sized.Contains(annotation.ImageId))],
        };
        switch (format)
        {
            case LabelFormat.Coco:
                losses.Difficult = dataset.Annotations.Count(annotation => annotation.IsDifficult);
                CocoWriter.Save(dataset, Path.Combine(folder, "annotations.json"));
                break;
            case LabelFormat.Yolo:
                YoloWriter.Save(dataset, folder, losses);
                break;
            case LabelFormat.Voc:
                SaveEach(dataset, losses, (image, objects) => (Path.Combine("Annotations", Path.ChangeExtension(image.FileName, ".xml")), Xml(image, objects, losses)), folder);
                AtomicFile.Write(
                    Path.Combine(folder, "ImageSets", "Main", "all.txt"),
                    Encoding.UTF8.GetBytes(string.Concat(dataset.Images.Select(image => Path.ChangeExtension(image.FileName, null) + "\n"))));
                break;
            case LabelFormat.Labelme:
                SaveEach(dataset, losses, (image, objects) => (Path.Combine("images", Path.ChangeExtension(image.FileName, ".json")), Labelme(image, objects, losses)), folder);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(format));
        }

        return losses;
    }

    private static void SaveEach(
        CocoDataset dataset, LabelLosses losses, Func<CocoImage, (string Class, CocoAnnotation Object)[], (string Path, byte[] Bytes)> write, string folder)
    {
        Dictionary<int, string> names = dataset.Categories.ToDictionary(category => category.Id, category => category.Name);
        IReadOnlyList<CocoAnnotation>[] objects = dataset.AnnotationsByImage();
        for (int place = 0; place < dataset.Images.Count; place++)
        {
            losses.Crowds += objects[place].Count(annotation => annotation.IsCrowd);
            CocoImage image = dataset.Images[place] with { FileName = ImageNameResolver.Clean(dataset.Images[place].FileName) };
            (string path, byte[] bytes) = write(image, [.. objects[place].Where(annotation => !annotation.IsCrowd).Select(annotation => (names[annotation.CategoryId], annotation))]);
            AtomicFile.Write(Path.Combine(folder, path), bytes);
        }
    }

    /// <summary>First and last pixel, counted from 1, as VOC does; with fractions where the box has them.</summary>
    private static byte[] Xml(CocoImage image, (string Class, CocoAnnotation Object)[] objects, LabelLosses losses)
    {
        using var memory = new MemoryStream();
        using (var xml = XmlWriter.Create(memory, new XmlWriterSettings { Indent = true, Encoding = new UTF8Encoding(false), OmitXmlDeclaration = true, CheckCharacters = false }))
        {
            xml.WriteStartElement("annotation");
            xml.WriteElementString("folder", "JPEGImages");
            xml.WriteElementString("filename", Path.GetFileName(image.FileName));
            xml.WriteStartElement("size");
            xml.WriteElementString("width", Number(image.Width));
            xml.WriteElementString("height", Number(image.Height));
            xml.WriteElementString("depth", "3");
            xml.WriteEndElement();
            xml.WriteElementString("segmented", "0");
            foreach ((string name, CocoAnnotation found) in objects)
            {
                losses.Masks += found.Mask is null ? 0 : 1;
                xml.WriteStartElement("object");
                xml.WriteElementString("name", name);
                xml.WriteElementString("pose", "Unspecified");
                xml.WriteElementString("truncated", "0");
                xml.WriteElementString("difficult", found.IsDifficult ? "1" : "0");
                xml.WriteStartElement("bndbox");
                xml.WriteElementString("xmin", Number(found.Box.X + 1));
                xml.WriteElementString("ymin", Number(found.Box.Y + 1));
                xml.WriteElementString("xmax", Number(found.Box.X + found.Box.Width));
                xml.WriteElementString("ymax", Number(found.Box.Y + found.Box.Height));
                xml.WriteEndElement();
                xml.WriteEndElement();
            }

            xml.WriteEndElement();
        }

        return memory.ToArray();
    }

    private static byte[] Labelme(CocoImage image, (string Class, CocoAnnotation Object)[] objects, LabelLosses losses)
    {
        using var memory = new MemoryStream();
        using (var json = new Utf8JsonWriter(memory, CocoWriter.Options with { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("version", "5.0.1");
            json.WriteStartObject("flags");
            json.WriteEndObject();
            json.WriteStartArray("shapes");
            foreach ((string name, CocoAnnotation found) in objects)
            {
                IReadOnlyList<double[]> polygons = found.Mask is { } mask ? MaskOutline.Of(mask) : [];
                losses.Masks += found.Mask is not null && polygons.Count == 0 ? 1 : 0;
                losses.Difficult += found.IsDifficult ? 1 : 0;
                BoxXyxy box = found.Box.Corners;
                foreach (double[] corners in polygons.Count > 0 ? polygons : [[box.X1, box.Y1, box.X2, box.Y2]])
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

            json.WriteEndArray();
            json.WriteString("imagePath", Path.GetFileName(image.FileName));
            json.WriteNull("imageData");
            json.WriteNumber("imageHeight", image.Height);
            json.WriteNumber("imageWidth", image.Width);
            json.WriteEndObject();
        }

        return memory.ToArray();
    }

    private static string Number(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);
}

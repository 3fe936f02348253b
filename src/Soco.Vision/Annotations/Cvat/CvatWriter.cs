using System.Globalization;
using System.Text;
using System.Xml;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Annotations.Masks;
using Soco.Vision.IO;

namespace Soco.Vision.Annotations.Cvat;

/// <summary>
/// Writes labels as <see cref="CvatReader"/> reads them: "CVAT for images 1.1", one <c>annotations.xml</c> for all images.
/// </summary>
internal static class CvatWriter
{
    private static readonly XmlWriterSettings s_settings = new() { Indent = true, Encoding = new UTF8Encoding(false) };

    /// <summary>Writes a data set whose images all have a size.</summary>
    /// <param name="dataset">The labels.</param>
    /// <param name="folder">Where to.</param>
    /// <param name="losses">Receives what the format cannot hold.</param>
    /// <exception cref="SocoRunException">The folder cannot be written or the disk is full.</exception>
    public static void Save(CocoDataset dataset, string folder, LabelLosses losses) =>
        AtomicFile.Write(
            Path.Combine(folder, "annotations.xml"),
            stream =>
            {
                using var xml = XmlWriter.Create(stream, s_settings);
                xml.WriteStartElement("annotations");
                xml.WriteElementString("version", "1.1");
                WriteLabels(xml, dataset.Categories, losses);
                foreach ((int place, ExportedImage exported) in ExportedImage.Of(dataset, losses).Index())
                {
                    xml.WriteStartElement("image");
                    Write(
                        xml,
                        [
                            ("id", Text(place)),
                            ("name", XmlText.Of(exported.Image.FileName, losses)),
                            ("width", Text(exported.Image.Width)),
                            ("height", Text(exported.Image.Height)),
                        ]
                    );
                    foreach ((string name, CocoAnnotation found) in exported.Objects)
                    {
                        losses.Difficult += found.IsDifficult ? 1 : 0;
                        WriteObject(xml, XmlText.Of(name, losses), found, losses);
                    }

                    xml.WriteEndElement();
                }

                xml.WriteEndElement();
            }
        );

    private static void WriteLabels(XmlWriter xml, IReadOnlyList<CocoCategory> categories, LabelLosses losses)
    {
        xml.WriteStartElement("meta");
        xml.WriteStartElement("task");
        xml.WriteStartElement("labels");
        foreach (CocoCategory category in categories)
        {
            xml.WriteStartElement("label");
            xml.WriteElementString("name", XmlText.Of(category.Name, losses));
            xml.WriteStartElement("attributes");
            xml.WriteEndElement();
            xml.WriteEndElement();
        }

        xml.WriteEndElement();
        xml.WriteEndElement();
        xml.WriteEndElement();
    }

    /// <summary>A box, polygons, which are a group where they are several, or the pixels of a mask.</summary>
    private static void WriteObject(XmlWriter xml, string name, CocoAnnotation found, LabelLosses losses)
    {
        if (found.Mask is PolygonMask mask)
        {
            (string, string)[] group = mask.Polygons.Count > 1 ? [("group_id", Text(found.Id))] : [];
            foreach (double[] polygon in mask.Polygons)
            {
                WriteShape(
                    xml,
                    "polygon",
                    name,
                    [("points", string.Join(';', polygon.Chunk(2).Select(corner => $"{Text(corner[0])},{Text(corner[1])}"))), .. group]
                );
            }
        }
        else if (found.Mask?.ToRunLengths() is { Area: > 0 } pixels)
        {
            BoxXywh place = pixels.Box;
            WriteShape(
                xml,
                "mask",
                name,
                [
                    ("rle", Runs(pixels, place)),
                    ("left", Text(place.X)),
                    ("top", Text(place.Y)),
                    ("width", Text(place.Width)),
                    ("height", Text(place.Height)),
                ]
            );
        }
        else
        {
            losses.Masks += found.Mask is null ? 0 : 1;
            BoxXyxy box = found.Box.Corners;
            WriteShape(xml, "box", name, [("xtl", Text(box.X1)), ("ytl", Text(box.Y1)), ("xbr", Text(box.X2)), ("ybr", Text(box.Y2))]);
        }
    }

    private static void WriteShape(XmlWriter xml, string kind, string name, ReadOnlySpan<(string Name, string Value)> place)
    {
        xml.WriteStartElement(kind);
        Write(xml, [("label", name), ("source", "manual"), ("occluded", "0")]);
        Write(xml, place);
        Write(xml, [("z_order", "0")]);
        xml.WriteEndElement();
    }

    private static void Write(XmlWriter xml, ReadOnlySpan<(string Name, string Value)> attributes)
    {
        foreach ((string name, string value) in attributes)
        {
            xml.WriteAttributeString(name, value);
        }
    }

    /// <summary>Lengths of runs of 0 and 1 in turn, row by row, in a part of the image.</summary>
    private static string Runs(RunLengthMask mask, BoxXywh place)
    {
        byte[] pixels = mask.DecodeRuns();
        var runs = new List<int>();
        (byte value, int length) = (0, 0);
        for (int i = 0; i < place.Width * place.Height; i++)
        {
            byte pixel = pixels[(place.Y + i / place.Width) * mask.Width + place.X + i % place.Width];
            if (pixel != value)
            {
                runs.Add(length);
                (value, length) = (pixel, 0);
            }

            length++;
        }

        return string.Join(", ", runs.Append(length));
    }

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}

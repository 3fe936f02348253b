using System.Globalization;
using System.Text;
using System.Xml;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.IO;

namespace Soco.Vision.Annotations.Voc;

/// <summary>Writes labels as <see cref="VocReader"/> reads them: <c>Annotations/*.xml</c> and <c>ImageSets/Main/all.txt</c>.</summary>
internal static class VocWriter
{
    /// <summary>Writes a data set whose images all have a size.</summary>
    /// <param name="dataset">The labels.</param>
    /// <param name="folder">Where to.</param>
    /// <param name="losses">Receives what the format cannot hold.</param>
    /// <exception cref="SocoRunException">The folder cannot be written or the disk is full.</exception>
    public static void Save(CocoDataset dataset, string folder, LabelLosses losses)
    {
        var list = new StringBuilder();
        foreach (ExportedImage exported in ExportedImage.Of(dataset, losses))
        {
            string name = exported.Image.FileName;
            AtomicFile.Write(Path.Combine(folder, "Annotations", Path.ChangeExtension(name, ".xml")), Xml(exported, losses));
            list.Append(Path.ChangeExtension(name, null)).Append('\n');
        }

        AtomicFile.Write(Path.Combine(folder, "ImageSets", "Main", "all.txt"), Encoding.UTF8.GetBytes(list.ToString()));
    }

    /// <summary>First and last pixel, counted from 1, as VOC does; with fractions where the box has them.</summary>
    private static byte[] Xml(ExportedImage exported, LabelLosses losses)
    {
        CocoImage image = exported.Image;
        using var memory = new MemoryStream();
        using (
            var xml = XmlWriter.Create(
                memory,
                new XmlWriterSettings
                {
                    Indent = true,
                    Encoding = new UTF8Encoding(false),
                    OmitXmlDeclaration = true,
                }
            )
        )
        {
            xml.WriteStartElement("annotation");
            xml.WriteElementString("folder", "JPEGImages");
            xml.WriteElementString("filename", XmlText.Of(Path.GetFileName(image.FileName), losses));
            xml.WriteStartElement("size");
            xml.WriteElementString("width", Number(image.Width));
            xml.WriteElementString("height", Number(image.Height));
            xml.WriteElementString("depth", "3");
            xml.WriteEndElement();
            xml.WriteElementString("segmented", "0");
            foreach ((string name, CocoAnnotation found) in exported.Objects)
            {
                losses.Masks += found.Mask is null ? 0 : 1;
                xml.WriteStartElement("object");
                xml.WriteElementString("name", XmlText.Of(name, losses));
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

    private static string Number(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);
}

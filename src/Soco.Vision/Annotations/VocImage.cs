using System.Globalization;
using System.Xml;

namespace Soco.Annotations;

/// <summary>An object of a VOC file.</summary>
internal readonly record struct VocObject(string Class, CocoBox Box, bool IsDifficult);

/// <summary>What one XML file of a VOC folder says.</summary>
internal sealed class VocImage
{
    private readonly List<VocObject> _objects = [];

    private VocImage()
    {
    }

    /// <summary>Columns.</summary>
    public int Width { get; private set; }

    /// <summary>Rows.</summary>
    public int Height { get; private set; }

    /// <summary>Of the image file, with the dot; <c>.jpg</c> where the file does not say.</summary>
    public string Extension { get; private set; } = ".jpg";

    /// <summary>In the order of the file. Parts of objects (a person's head) are not among them.</summary>
    public IReadOnlyList<VocObject> Objects => _objects;

    /// <summary>Reads a file as a stream.</summary>
    /// <exception cref="SocoDataException">Not there, no XML, or not of VOC's form.</exception>
    public static VocImage Read(string path)
    {
        var image = new VocImage();
        var settings = new XmlReaderSettings { IgnoreWhitespace = true, IgnoreComments = true, IgnoreProcessingInstructions = true, DtdProcessing = DtdProcessing.Ignore };
        try
        {
            using FileStream stream = File.OpenRead(path);
            using var xml = XmlReader.Create(stream, settings);
            xml.MoveToContent();
            ForEachChild(xml, name =>
            {
                switch (name)
                {
                    case "filename":
                        image.Extension = Path.GetExtension(xml.ReadElementContentAsString().Trim()) is { Length: > 1 } extension ? extension : ".jpg";
                        return true;
                    case "size":
                        ReadSize(xml, image);
                        return true;
                    case "object":
                        image._objects.Add(ReadObject(xml, path));
                        return true;
                    default:
                        return false;
                }
            });
        }
        catch (XmlException error)
        {
            throw new SocoDataException($"{path} is no whole XML file: it breaks at line {error.LineNumber}, column {error.LinePosition}; mend it or fetch it again.", error);
        }
        catch (FormatException error)
        {
            throw new SocoDataException($"{path}: {error.Message.TrimEnd('.')}; mend the file.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new SocoDataException($"{path} cannot be read ({error.Message.TrimEnd('.')}).", error);
        }

        return image.Width > 0 && image.Height > 0
            ? image
            : throw new SocoDataException($"{path} says that its image is {image.Width} x {image.Height} pixels; write the right width and height into <size>.");
    }

    private static void ReadSize(XmlReader xml, VocImage image) => ForEachChild(xml, name =>
    {
        switch (name)
        {
            case "width":
                image.Width = (int)Number(xml, name);
                return true;
            case "height":
                image.Height = (int)Number(xml, name);
                return true;
            default:
                return false;
        }
    });

    private static VocObject ReadObject(XmlReader xml, string path)
    {
        string? kind = null;
        CocoBox? box = null;
        bool difficult = false;
        ForEachChild(xml, name =>
        {
            switch (name)
            {
                case "name":
                    kind = xml.ReadElementContentAsString().Trim();
                    return true;
                case "difficult":
                    difficult = Number(xml, name) != 0;
                    return true;
                case "bndbox":
                    box = ReadBox(xml);
                    return true;
                default:
                    return false;
            }
        });
        return new VocObject(
            kind is { Length: > 0 } ? kind : throw new SocoDataException($"{path} has an object without a name; add <name>."),
            box ?? throw new SocoDataException($"{path} has an object \"{kind}\" without a box; add <bndbox>."),
            difficult);
    }

    private static CocoBox ReadBox(XmlReader xml)
    {
        string[] edges = ["xmin", "ymin", "xmax", "ymax"];
        double?[] values = new double?[4];
        ForEachChild(xml, name =>
        {
            int edge = Array.IndexOf(edges, name);
            if (edge < 0)
            {
                return false;
            }

            values[edge] = Number(xml, name);
            return true;
        });
        double Edge(int edge) => values[edge] ?? throw new FormatException($"a <bndbox> has no {edges[edge]}");
        (double left, double top) = (Edge(0) - 1, Edge(1) - 1);
        return new CocoBox(left, top, Edge(2) - left, Edge(3) - top);
    }

    private static double Number(XmlReader xml, string name)
    {
        string text = xml.ReadElementContentAsString().Trim();
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            ? number
            : throw new FormatException($"<{name}> is \"{text}\", not a number");
    }

    /// <summary>Visits the children of the element at the reader, and leaves it behind.</summary>
    /// <param name="xml">At the start of an element.</param>
    /// <param name="take">Reads a child to behind its end and says true, or leaves it and says false.</param>
    private static void ForEachChild(XmlReader xml, Func<string, bool> take)
    {
        if (xml.IsEmptyElement)
        {
            xml.Read();
            return;
        }

        xml.Read();
        while (xml.NodeType is not XmlNodeType.EndElement)
        {
            if (xml.NodeType != XmlNodeType.Element || !take(xml.LocalName))
            {
                xml.Skip();
            }
        }

        xml.Read();
    }
}

using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.IO;

namespace Soco.Vision.Annotations.Voc;

/// <summary>An object of a VOC file.</summary>
internal readonly record struct VocObject(string Class, CocoBox Box, bool IsDifficult);

/// <summary>What one XML file of a VOC folder says.</summary>
internal sealed partial class VocImage
{
    private const int DeclarationBytes = 200;

    private readonly List<VocObject> _objects = [];

    static VocImage() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    private VocImage() { }

    /// <summary>Columns; 0 where the file does not say.</summary>
    public int Width { get; private set; }

    /// <summary>Rows; 0 where the file does not say.</summary>
    public int Height { get; private set; }

    /// <summary>The name of the image file as written; empty where the file does not say.</summary>
    public string FileName { get; private set; } = "";

    /// <summary>Of the image file, with the dot; <c>.jpg</c> where the file does not say.</summary>
    public string Extension => ImageNameResolver.HasExtension(FileName) ? Path.GetExtension(FileName) : ".jpg";

    /// <summary>In the order of the file. Parts of objects (a person's head) are not among them.</summary>
    public IReadOnlyList<VocObject> Objects => _objects;

    /// <summary>Reads a file as a stream.</summary>
    /// <exception cref="SocoDataException">Not there, no XML, or not of VOC's form.</exception>
    public static VocImage Read(string path)
    {
        var image = new VocImage();
        var settings = new XmlReaderSettings
        {
            IgnoreWhitespace = true,
            IgnoreComments = true,
            IgnoreProcessingInstructions = true,
            DtdProcessing = DtdProcessing.Ignore,
        };
        try
        {
            using FileStream stream = File.OpenRead(path);
            using var xml = XmlReader.Create(stream, settings);
            xml.MoveToContent();
            ForEachChild(
                xml,
                name =>
                {
                    switch (name)
                    {
                        case "filename":
                            image.FileName = xml.ReadElementContentAsString().Trim();
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
                }
            );
        }
        catch (XmlException error)
        {
            throw new SocoDataException(
                EncodingError(path)
                    ?? $"{path} is no whole XML file: it breaks at line {error.LineNumber}, column {error.LinePosition}; mend it or fetch it again.",
                error
            );
        }
        catch (FormatException error)
        {
            throw new SocoDataException($"{path}: {error.Message.TrimEnd('.')}; mend the file.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new SocoDataException($"{path} cannot be read ({error.Message.TrimEnd('.')}).", error);
        }

        return image;
    }

    private static void ReadSize(XmlReader xml, VocImage image) =>
        ForEachChild(
            xml,
            name =>
            {
                switch (name)
                {
                    case "width":
                        image.Width = Side(xml);
                        return true;
                    case "height":
                        image.Height = Side(xml);
                        return true;
                    default:
                        return false;
                }
            }
        );

    private static VocObject ReadObject(XmlReader xml, string path)
    {
        string? kind = null;
        CocoBox? box = null;
        bool difficult = false;
        ForEachChild(
            xml,
            name =>
            {
                switch (name)
                {
                    case "name":
                        kind = xml.ReadElementContentAsString().Trim();
                        return true;
                    case "difficult":
                        // Some tools write "Unspecified" here, or nothing.
                        difficult = TryNumber(xml.ReadElementContentAsString(), out double number) && number != 0;
                        return true;
                    case "bndbox":
                        box = ReadBox(xml);
                        return true;
                    default:
                        return false;
                }
            }
        );
        return new VocObject(
            kind is { Length: > 0 } ? kind : throw new SocoDataException($"{path} has an object without a name; add <name>."),
            box ?? throw new SocoDataException($"{path} has an object \"{kind}\" without a box; add <bndbox>."),
            difficult
        );
    }

    private static CocoBox ReadBox(XmlReader xml)
    {
        string[] edges = ["xmin", "ymin", "xmax", "ymax"];
        double?[] values = new double?[4];
        ForEachChild(
            xml,
            name =>
            {
                int edge = Array.IndexOf(edges, name);
                if (edge < 0)
                {
                    return false;
                }

                values[edge] = Number(xml, name);
                return true;
            }
        );
        double Edge(int edge) => values[edge] ?? throw new FormatException($"a <bndbox> has no {edges[edge]}");
        (double left, double top) = (Edge(0) - 1, Edge(1) - 1);
        return new CocoBox(left, top, Edge(2) - left, Edge(3) - top);
    }

    private static double Number(XmlReader xml, string name)
    {
        string text = xml.ReadElementContentAsString();
        return TryNumber(text, out double number) ? number : throw new FormatException($"<{name}> is \"{text.Trim()}\", not a number");
    }

    /// <summary>A side of the image; 0 where what stands there is no size.</summary>
    private static int Side(XmlReader xml) =>
        TryNumber(xml.ReadElementContentAsString(), out double side) && side is >= 1 and <= int.MaxValue ? (int)side : 0;

    private static bool TryNumber(string text, out double number) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number);

    /// <summary>What is wrong with the encoding of a file; null where that is right.</summary>
    private static string? EncodingError(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        if (bytes is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..])
        {
            return null;
        }

        string? declared = Declaration().Match(Encoding.Latin1.GetString(bytes.AsSpan(0, Math.Min(bytes.Length, DeclarationBytes))))
            is { Success: true } match
            ? match.Groups[1].Value
            : null;
        try
        {
            Encoding
                .GetEncoding(declared ?? "utf-8", EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback)
                .GetCharCount(bytes);
            return null;
        }
        catch (ArgumentException error) when (error is not DecoderFallbackException)
        {
            return $"{path} says that it is written in {declared}, an encoding that is not known; save it as UTF-8.";
        }
        catch (DecoderFallbackException error)
        {
            return $"{path} is not written in {(declared is null ? "UTF-8" : $"{declared}, as it says")}: byte {error.Index + 1} does not fit; save it as UTF-8 or name the right encoding in its first line.";
        }
    }

    [GeneratedRegex("""^[^<]{0,3}<\?xml[^>]*?encoding\s*=\s*["']([^"']+)["']""")]
    private static partial Regex Declaration();

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

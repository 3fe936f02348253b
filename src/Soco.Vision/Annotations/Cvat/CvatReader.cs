using System.Globalization;
using System.Xml;
using System.Xml.Linq;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.IO;

namespace Soco.Vision.Annotations.Cvat;

/// <summary>
/// Reads "CVAT for images 1.1": one XML with the shapes of all images. Boxes and ellipses become boxes, rotated ones the boxes around them;
/// polygons and masks become masks; polygons of one group and class become one object. Points, polylines, cuboids and skeletons are left
/// out and counted.
/// </summary>
public static class CvatReader
{
    private const string Usual = "annotations.xml";
    private const int NameLength = 64;

    private static readonly XmlReaderSettings s_settings = new()
    {
        IgnoreWhitespace = true,
        IgnoreComments = true,
        DtdProcessing = DtdProcessing.Ignore,
    };

    /// <summary>Whether a path is an XML of CVAT, or a folder with one that is called annotations.xml.</summary>
    /// <param name="path">Any path.</param>
    public static bool IsCvat(string path) => Find(path) is not null;

    /// <summary>The folder of the images: <c>images</c> beside the XML, else its own.</summary>
    /// <param name="path">The XML, or its folder.</param>
    /// <exception cref="SocoDataException">There is none.</exception>
    public static string ImagesOf(string path)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(FileOf(path)))!,
            images = Path.Combine(folder, "images");
        return Directory.Exists(images) ? images : folder;
    }

    /// <summary>Reads the labels. The classes are in the order of the file; the id of an image is its place, from 1.</summary>
    /// <param name="path">The XML, or its folder.</param>
    /// <exception cref="SocoDataException">It is missing, damaged, of a video, or a shape is not of this form.</exception>
    public static CocoDataset Read(string path)
    {
        string file = FileOf(path);
        string[]? classes = null;
        var images = new List<CocoImage>();
        var shapes = new LabelledShapes();
        try
        {
            using FileStream stream = File.OpenRead(file);
            using var xml = XmlReader.Create(stream, s_settings);
            xml.MoveToContent();
            xml.Read();
            while (!xml.EOF)
            {
                switch (xml.NodeType == XmlNodeType.Element ? xml.LocalName : "")
                {
                    case "meta":
                        string[] named =
                        [
                            .. ((XElement)XNode.ReadFrom(xml))
                                .Descendants("label")
                                .Elements("name")
                                .Select(name => name.Value.Trim())
                                .Distinct(),
                        ];
                        classes = named.Length > 0 ? named : null;
                        break;
                    case "image":
                        Add((XElement)XNode.ReadFrom(xml), images, shapes, classes, file);
                        break;
                    case "track":
                        throw new SocoDataException($"{file} is of a video: export the task as \"CVAT for images 1.1\".");
                    default:
                        xml.Read();
                        break;
                }
            }
        }
        catch (XmlException error)
        {
            throw new SocoDataException(
                $"{file} is no whole XML file: it breaks at line {error.LineNumber}, column {error.LinePosition}; export it again.",
                error
            );
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new SocoDataException($"{file} cannot be read ({error.Message.TrimEnd('.')}); check that it is there.", error);
        }

        return shapes.ToDataset(images, classes);
    }

    private static string FileOf(string path) =>
        Find(path)
        ?? throw new SocoDataException($"{path} is no XML of \"CVAT for images 1.1\", and no folder with one that is called {Usual}.");

    private static string? Find(string path)
    {
        string file = Directory.Exists(path) ? Path.Combine(path, Usual) : path;
        if (!file.EndsWith(".xml", StringComparison.OrdinalIgnoreCase) || !File.Exists(file))
        {
            return null;
        }

        try
        {
            using FileStream stream = File.OpenRead(file);
            using var xml = XmlReader.Create(stream, s_settings);
            return xml.MoveToContent() == XmlNodeType.Element && xml.LocalName == "annotations" ? file : null;
        }
        catch (Exception error) when (error is XmlException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static void Add(XElement element, List<CocoImage> images, LabelledShapes shapes, string[]? classes, string file)
    {
        var image = new CocoImage(
            images.Count + 1,
            element.Attribute("name") is { Value: var name } && ImageNameResolver.Clean(name) is { Length: > 0 } clean
                ? clean
                : throw new SocoDataException($"{file} has an image without a name."),
            Side(element, "width"),
            Side(element, "height")
        );
        images.Add(image);
        var groups = new Dictionary<(string Label, string Group), List<double[]>>();
        foreach (XElement shape in element.Elements().Where(shape => shape.Name.LocalName != "tag"))
        {
            string label = (string?)shape.Attribute("label") ?? "";
            if (label.Length == 0 || (classes is not null && !classes.Contains(label)))
            {
                throw new SocoDataException(
                    $"{file}: {image.FileName} has a {Short(shape.Name.LocalName)} of the class \"{Short(label)}\", which is none of its labels."
                );
            }

            var numbers = new ShapeNumbers(shape, $"{file}: {image.FileName}, {Short(shape.Name.LocalName)} of {Short(label)}");
            switch (shape.Name.LocalName)
            {
                case "box":
                    shapes.AddBox(image, label, numbers.Box());
                    break;
                case "ellipse":
                    shapes.AddBox(image, label, numbers.Ellipse());
                    break;
                case "polygon" when (string?)shape.Attribute("group_id") is { } group and not ("" or "0"):
                    if (!groups.TryGetValue((label, group), out List<double[]>? polygons))
                    {
                        groups[(label, group)] = polygons = [];
                    }

                    polygons.Add(numbers.Points());
                    break;
                case "polygon":
                    shapes.AddPolygons(image, label, [numbers.Points()]);
                    break;
                case "mask" when image.HasSize:
                    shapes.AddMask(image, label, numbers.Mask(image.Width, image.Height));
                    break;
                default:
                    shapes.LeaveOut();
                    break;
            }
        }

        foreach (((string label, _), List<double[]> polygons) in groups)
        {
            shapes.AddPolygons(image, label, polygons);
        }
    }

    private static int Side(XElement image, string name) =>
        int.TryParse((string?)image.Attribute(name), NumberStyles.None, CultureInfo.InvariantCulture, out int side) ? side : 0;

    private static string Short(string text) => text.Length <= NameLength ? text : text[..NameLength] + "...";
}

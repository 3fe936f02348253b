using Soco.Vision.Annotations.Coco;
using Soco.Vision.IO;

namespace Soco.Vision.Annotations.Labelme;

/// <summary>
/// Reads a folder of LabelMe's files: a JSON for each image, beside it or elsewhere in the folder. Rectangles and circles become boxes,
/// polygons masks; the polygons of one group and class are one object. Points and lines are left out and counted, and so are the pixels of
/// masks, of which the box stays.
/// </summary>
public static class LabelmeReader
{
    private const string Ignored = "__ignore__";

    private static readonly EnumerationOptions s_everywhere = new() { RecurseSubdirectories = true };

    /// <summary>Whether a folder holds files of LabelMe: its first JSON is one.</summary>
    /// <param name="path">Any path.</param>
    public static bool IsLabelme(string path) => Directory.Exists(path) && FilesOf(path) is [var first, ..] && LabelmeFile.Is(first);

    /// <summary>
    /// Reads a folder. The id of an image is the place of its JSON among all in ordinal order, from 1; classes are in ordinal order.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="SocoDataException">A file cannot be read, or is none of LabelMe's.</exception>
    public static CocoDataset Read(string folder)
    {
        string root = Path.GetFullPath(folder);
        var images = new List<CocoImage>();
        var shapes = new LabelledShapes();
        foreach (string path in FilesOf(folder))
        {
            LabelmeFile file = LabelmeFile.Read(path);
            string image = ImageOf(root, path, file.ImagePath);
            (int width, int height) = file is { Width: > 0, Height: > 0 }
                ? (file.Width, file.Height)
                : ImageFileSize.Of(Path.Combine(root, image));
            var listed = new CocoImage(images.Count + 1, image, width, height);
            images.Add(listed);
            Add(shapes, listed, file.Shapes);
        }

        return shapes.ToDataset(images);
    }

    private static void Add(LabelledShapes shapes, CocoImage image, IReadOnlyList<LabelmeShape> found)
    {
        foreach (LabelmeShape shape in found.Where(shape => shape.Label != Ignored && !shape.IsInGroup))
        {
            switch (shape.Type)
            {
                case "polygon":
                    shapes.AddPolygons(image, shape.Label, [shape.Points]);
                    break;
                case "circle" when shape.Points is [var x, var y, var edgeX, var edgeY]:
                    double radius = double.Hypot(edgeX - x, edgeY - y);
                    shapes.AddBox(image, shape.Label, [x - radius, y - radius, x + radius, y + radius]);
                    break;
                case "rectangle" or "mask" or "oriented_rectangle" when shape.Points.Length >= 4:
                    shapes.AddBox(image, shape.Label, shape.Points);
                    break;
                default:
                    shapes.LeaveOut();
                    break;
            }
        }

        foreach (
            IGrouping<(string, long?), LabelmeShape> group in found
                .Where(shape => shape.Label != Ignored && shape.IsInGroup)
                .GroupBy(shape => (shape.Label, shape.Group))
        )
        {
            shapes.AddPolygons(image, group.Key.Item1, [.. group.Select(shape => shape.Points)]);
        }
    }

    private static string[] FilesOf(string folder) =>
        [
            .. Directory
                .EnumerateFiles(folder, "*.json", s_everywhere)
                .Where(path => !Path.GetFileName(path).StartsWith('.'))
                .Order(StringComparer.Ordinal),
        ];

    /// <summary>
    /// The image of a file, relative to the folder: where the file says, if that is there and in the folder; else of the file's own name
    /// beside it.
    /// </summary>
    private static string ImageOf(string root, string path, string stated)
    {
        string own = Path.GetDirectoryName(Path.GetFullPath(path))!;
        string meant = Path.GetFullPath(Path.Combine(own, stated.Replace('\\', '/')));
        if (!meant.StartsWith(root + Path.DirectorySeparatorChar, StringComparison.Ordinal) || !File.Exists(meant))
        {
            string named = Path.Combine(own, ImageNameResolver.Clean(stated).Split('/')[^1]);
            string stem = Path.GetFileNameWithoutExtension(path);
            meant = File.Exists(named)
                ? named
                : Directory
                    .EnumerateFiles(own, stem + ".*")
                    .Where(ImageNameResolver.HasExtension)
                    .Order(StringComparer.Ordinal)
                    .FirstOrDefault(file => Path.GetFileNameWithoutExtension(file) == stem)
                    ?? named;
        }

        return Path.GetRelativePath(root, meant).Replace('\\', '/');
    }
}

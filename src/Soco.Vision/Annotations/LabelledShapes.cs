using Soco.Vision.Annotations.Coco;
using Soco.Vision.Annotations.Masks;

namespace Soco.Vision.Annotations;

/// <summary>Collects the objects of tools that mark images with shapes, and counts what cannot be used.</summary>
internal sealed class LabelledShapes
{
    private const int Corners = 3;

    private readonly List<(long Image, string Class, CocoBox Box, ObjectMask? Mask)> _objects = [];
    private int _short,
        _dropped,
        _unboxed;

    /// <summary>Adds a box.</summary>
    /// <param name="image">The image.</param>
    /// <param name="name">The class.</param>
    /// <param name="points">Points whose enclosing box it is: x and y in turn, pixels of the image.</param>
    public void AddBox(CocoImage image, string name, IReadOnlyList<double> points) => Add(image, name, points, null);

    /// <summary>Adds one object of polygons.</summary>
    /// <param name="image">The image.</param>
    /// <param name="name">The class.</param>
    /// <param name="polygons">x and y of each corner, pixels of the image; those of fewer than three corners are left out.</param>
    public void AddPolygons(CocoImage image, string name, IReadOnlyList<double[]> polygons)
    {
        double[][] whole = [.. polygons.Where(polygon => polygon.Length >= 2 * Corners)];
        _short += polygons.Count - whole.Length;
        if (whole.Length > 0)
        {
            bool isUsable = image.HasSize && whole.All(polygon => polygon.All(double.IsFinite));
            Add(
                image,
                name,
                [.. whole.SelectMany(polygon => polygon)],
                isUsable ? new PolygonMask(whole, image.Width, image.Height) : null
            );
        }
    }

    /// <summary>Adds an object that is known by its pixels.</summary>
    public void AddMask(CocoImage image, string name, RunLengthMask mask)
    {
        if (mask.Area == 0)
        {
            _dropped++;
            return;
        }

        _objects.Add((image.Id, name, CocoBox.From(mask.Box), mask));
    }

    /// <summary>Counts a shape that has no box: a point, a line.</summary>
    public void LeaveOut() => _unboxed++;

    /// <summary>The data set.</summary>
    /// <param name="images">The images.</param>
    /// <param name="classes">The classes in the order of their ids; null for those of the objects, in ordinal order.</param>
    public CocoDataset ToDataset(IReadOnlyList<CocoImage> images, IReadOnlyList<string>? classes = null)
    {
        classes ??= [.. _objects.Select(found => found.Class).Distinct().Order(StringComparer.Ordinal)];
        Dictionary<string, int> ids = classes.Index().ToDictionary(named => named.Item, named => named.Index + 1, StringComparer.Ordinal);
        CocoAnnotation[] annotations =
        [
            .. _objects.Select(
                (found, i) =>
                    new CocoAnnotation(i + 1, found.Image, ids[found.Class], found.Box, found.Mask?.ToRunLengths().Area ?? found.Box.Area)
                    {
                        Mask = found.Mask,
                    }
            ),
        ];
        return new CocoDataset(images, [.. classes.Select(name => new CocoCategory(ids[name], name, ""))], annotations)
        {
            Mended = new MendedAnnotations(_short, _dropped, 0) { Unboxed = _unboxed },
        };
    }

    private void Add(CocoImage image, string name, IReadOnlyList<double> points, ObjectMask? mask)
    {
        double[] across = [.. points.Where((_, i) => i % 2 == 0)],
            down = [.. points.Where((_, i) => i % 2 == 1)];
        var box = CocoBox.From(new BoxXyxy(across.Min(), down.Min(), across.Max(), down.Max()));
        if (!points.All(double.IsFinite) || !(box.Width > 0 && box.Height > 0))
        {
            _dropped++;
            return;
        }

        _objects.Add((image.Id, name, box, mask));
    }
}

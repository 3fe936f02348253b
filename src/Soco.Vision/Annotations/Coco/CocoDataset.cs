using Soco.Vision.Annotations.Masks;

namespace Soco.Vision.Annotations.Coco;

/// <summary>
/// Images, classes and labelled objects: what a COCO annotation file or a PASCAL VOC folder says. Ids are unique within each list, and
/// every annotation names an image and a category of the set.
/// </summary>
/// <param name="Images">In the order of the file.</param>
/// <param name="Categories">In rising order of their ids: the place in this list is the class index of a detector, from 0.</param>
/// <param name="Annotations">In the order of the file.</param>
public sealed record CocoDataset(
    IReadOnlyList<CocoImage> Images,
    IReadOnlyList<CocoCategory> Categories,
    IReadOnlyList<CocoAnnotation> Annotations
)
{
    /// <summary>What the reader or <see cref="Mend"/> left out or changed.</summary>
    public MendedAnnotations Mended { get; init; }

    /// <summary>The class index of each category: id to place in <see cref="Categories"/>.</summary>
    public Dictionary<int, int> CategoryIndices() => IndexOf(Categories, category => category.Id);

    /// <summary>The place of each image: id to place in <see cref="Images"/>.</summary>
    public Dictionary<long, int> ImageIndices() => IndexOf(Images, image => image.Id);

    /// <summary>The annotations of each image, in the order of <see cref="Images"/>; within an image in the order of the file.</summary>
    public IReadOnlyList<CocoAnnotation>[] AnnotationsByImage()
    {
        Dictionary<long, int> places = ImageIndices();
        var lists = new List<CocoAnnotation>[Images.Count];
        foreach (CocoAnnotation annotation in Annotations)
        {
            (lists[places[annotation.ImageId]] ??= []).Add(annotation);
        }

        return [.. lists.Select(list => (IReadOnlyList<CocoAnnotation>?)list ?? [])];
    }

    /// <summary>The set with the sizes of images whose size the file does not say; masks that waited for one become usable.</summary>
    /// <param name="sizeOf">The size of such an image; null where it is not known either.</param>
    public CocoDataset WithSizes(Func<CocoImage, (int Width, int Height)?> sizeOf)
    {
        CocoImage[] images =
        [
            .. Images.Select(image =>
                !image.HasSize && sizeOf(image) is { } size ? image with { Width = size.Width, Height = size.Height } : image
            ),
        ];
        Dictionary<long, CocoImage> byId = images.ToDictionary(image => image.Id);
        return this with
        {
            Images = images,
            Annotations =
            [
                .. Annotations.Select(annotation =>
                    annotation.UnsizedPolygons is { } polygons && byId[annotation.ImageId] is { HasSize: true } image
                        ? annotation with
                        {
                            Mask = new PolygonMask(polygons, image.Width, image.Height),
                            MaskError = null,
                            UnsizedPolygons = null,
                        }
                        : annotation
                ),
            ],
        };
    }

    /// <summary>
    /// The set as training wants it: boxes clipped to their images, and annotations left out whose box then has less than a pixel's
    /// millionth of width or height. Evaluation takes the set as it was read, as the COCO API does.
    /// </summary>
    public CocoDataset Mend()
    {
        const double leastSide = 1e-6;
        Dictionary<long, int> places = ImageIndices();
        var kept = new List<CocoAnnotation>(Annotations.Count);
        int clipped = 0;
        foreach (CocoAnnotation annotation in Annotations)
        {
            CocoImage image = Images[places[annotation.ImageId]];
            BoxXyxy box = annotation.Box.Corners;
            (double width, double height) = image.HasSize ? (image.Width, image.Height) : (JsonBoxes.Beyond, JsonBoxes.Beyond);
            (double x1, double x2) = (Math.Clamp(box.X1, 0, width), Math.Clamp(box.X2, 0, width));
            (double y1, double y2) = (Math.Clamp(box.Y1, 0, height), Math.Clamp(box.Y2, 0, height));
            if (x2 - x1 < leastSide || y2 - y1 < leastSide)
            {
                continue;
            }

            bool inside = (x1, y1, x2, y2) == (box.X1, box.Y1, box.X2, box.Y2);
            clipped += inside ? 0 : 1;
            kept.Add(inside ? annotation : annotation with { Box = CocoBox.From(new BoxXyxy(x1, y1, x2, y2)) });
        }

        return this with
        {
            Annotations = kept,
            Mended = Mended with
            {
                ClippedBoxes = Mended.ClippedBoxes + clipped,
                DroppedBoxes = Mended.DroppedBoxes + Annotations.Count - kept.Count,
            },
        };
    }

    private static Dictionary<TId, int> IndexOf<T, TId>(IReadOnlyList<T> items, Func<T, TId> idOf)
        where TId : notnull
    {
        var places = new Dictionary<TId, int>(items.Count);
        for (int i = 0; i < items.Count; i++)
        {
            places.Add(idOf(items[i]), i);
        }

        return places;
    }
}

/// <summary>An image.</summary>
/// <param name="Id">Its number.</param>
/// <param name="FileName">Its path under the folder of the images, with forward slashes.</param>
/// <param name="Width">Columns; 0 where the file does not say.</param>
/// <param name="Height">Rows; 0 where the file does not say.</param>
public sealed record CocoImage(long Id, string FileName, int Width, int Height)
{
    /// <summary>Whether its size is known. Boxes are compared without one; masks and training need it.</summary>
    public bool HasSize => Width > 0 && Height > 0;

    /// <summary>The id of the file where that is a text; <see cref="Id"/> is then a number that the file does not use.</summary>
    public string? TextId { get; init; }

    /// <summary>LVIS: categories that were looked for and are not there.</summary>
    public IReadOnlyList<int> NegativeCategoryIds { get; init; } = [];

    /// <summary>LVIS: categories of which not every object is marked.</summary>
    public IReadOnlyList<int> NotExhaustiveCategoryIds { get; init; } = [];
}

/// <summary>A class of objects.</summary>
/// <param name="Id">Its number, from 1 by custom.</param>
/// <param name="Name">Its name.</param>
/// <param name="Supercategory">The group that it belongs to; empty for none.</param>
public sealed record CocoCategory(int Id, string Name, string Supercategory)
{
    /// <summary>The id of the file where that is a text; <see cref="Id"/> is then a number that the file does not use.</summary>
    public string? TextId { get; init; }

    /// <summary>LVIS: in how many images of the training set the class is seen.</summary>
    public CategoryFrequency? Frequency { get; init; }
}

/// <summary>LVIS: how many images of the training set show a class.</summary>
public enum CategoryFrequency
{
    /// <summary>1 to 10 images.</summary>
    Rare,

    /// <summary>11 to 100 images.</summary>
    Common,

    /// <summary>More than 100 images.</summary>
    Frequent,
}

/// <summary>One object of an image.</summary>
/// <param name="Id">Its number.</param>
/// <param name="ImageId">The image that it is in.</param>
/// <param name="CategoryId">The class that it belongs to.</param>
/// <param name="Box">Pixels of the image, as the file states it: it may reach outside.</param>
/// <param name="Area">
/// Square pixels: of the mask where the file says so, of the box otherwise. It decides which of COCO's size ranges the object is in.
/// </param>
public sealed record CocoAnnotation(long Id, long ImageId, int CategoryId, CocoBox Box, double Area)
{
    /// <summary>Its pixels; null where only a box is known.</summary>
    public ObjectMask? Mask { get; init; }

    /// <summary>Why its mask cannot be used, as the rest of a sentence; null where it can, and where it has none.</summary>
    public string? MaskError { get; init; }

    /// <summary>Polygons of an image whose size is not known.</summary>
    internal IReadOnlyList<double[]>? UnsizedPolygons { get; init; }

    /// <summary>
    /// COCO's <c>iscrowd</c>: a region of many objects. No training target; detections in it are neither right nor wrong.
    /// </summary>
    public bool IsCrowd { get; init; }

    /// <summary>PASCAL VOC's <c>difficult</c>: may be found or not, and counts as neither.</summary>
    public bool IsDifficult { get; init; }

    /// <summary>An object that is known by its pixels: box and area are those of the mask.</summary>
    public static CocoAnnotation Of(long id, long imageId, int categoryId, RunLengthMask mask) =>
        new(id, imageId, categoryId, CocoBox.From(mask.Box), mask.Area) { Mask = mask };
}

/// <summary>How many parts of a set were left out or changed because they cannot be used.</summary>
/// <param name="ShortPolygons">Polygons of fewer than three points, left out.</param>
/// <param name="DroppedBoxes">Objects left out: their box is not finite, or nothing of it is inside the image.</param>
/// <param name="ClippedBoxes">Objects whose box was cut to the image.</param>
public readonly record struct MendedAnnotations(int ShortPolygons, int DroppedBoxes, int ClippedBoxes)
{
    /// <summary>Annotations left out: their image is not in the list of images.</summary>
    public int UnlistedImages { get; init; }

    /// <summary>Shapes left out: points and lines, which have no box.</summary>
    public int Unboxed { get; init; }

    /// <summary>Masks left out: they are damaged or of another size than their image. Their boxes stay.</summary>
    public int DamagedMasks { get; init; }

    /// <summary>The annotation of the first of <see cref="DamagedMasks"/> and what is wrong with it; null where there is none.</summary>
    public string? FirstDamagedMask { get; init; }

    /// <summary>One line for a person; empty where nothing was changed.</summary>
    public override string ToString() =>
        string.Join(
            ", ",
            Parts()
                .Where(part => part.Count > 0)
                .Select(part => $"{Plural.Of(part.Count, part.Kind, part.Kind == "box" ? "boxes" : null)} {part.Fate}")
        );

    private (int Count, string Kind, string Fate)[] Parts() =>
        [
            (ShortPolygons, "polygon", "of fewer than 3 points left out"),
            (DroppedBoxes, "box", "not finite or outside of its image: left out"),
            (ClippedBoxes, "box", "clipped to its image"),
            (UnlistedImages, "annotation", "of images that are not listed left out"),
            (Unboxed, "shape", "without a box, such as a point or a line, left out"),
            (DamagedMasks, "mask", $"that cannot be used left out ({FirstDamagedMask})"),
        ];
}

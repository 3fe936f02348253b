using Soco.Vision.Annotations.Masks;
using Soco.Vision.IO;

namespace Soco.Vision.Annotations.Coco;

/// <summary>
/// Makes a set of the lists of a COCO annotation file: what belongs together is joined, and what does not is refused or counted.
/// </summary>
/// <param name="path">The file's name in messages.</param>
/// <param name="entries">The lists; they are emptied.</param>
internal sealed class CocoJoin(string path, CocoEntries entries)
{
    private readonly List<CocoImage> _images = new(entries.Images.Count);
    private readonly Dictionary<long, int> _places = new(entries.Images.Count);
    private readonly IdNumbers _imageIds = new(entries.Images.Select(image => image.Id).OfType<JsonId>(), long.MaxValue);
    private readonly IdNumbers _categoryIds = new(entries.Categories.Select(category => category.Id).OfType<JsonId>(), int.MaxValue);
    private readonly IdNumbers _annotationIds = new(
        entries.Annotations.Select(annotation => annotation.Id).OfType<JsonId>(),
        long.MaxValue
    );
    private MendedAnnotations _mended;

    public CocoDataset ToDataset()
    {
        JoinImages();
        List<CocoCategory> categories = JoinCategories();
        var annotations = new List<CocoAnnotation>(entries.Annotations.Count);
        var ids = new HashSet<long>(entries.Annotations.Count);
        for (int i = 0; i < entries.Annotations.Count; i++)
        {
            if (Join(entries.Annotations[i], i, ids) is { } annotation)
            {
                annotations.Add(annotation);
            }
        }

        entries.Annotations.Clear();
        return new CocoDataset(_images, categories, annotations) { Mended = _mended };
    }

    private void JoinImages()
    {
        foreach ((int i, CocoEntries.Image image) in entries.Images.Index())
        {
            JsonId id = image.Id ?? throw Lacks($"image {i + 1} of the list", "id");
            string name = image.FileName is { Length: > 0 } given ? given : throw Lacks($"image {id}", "file_name");
            long number = _imageIds.Of(id)!.Value;
            RefuseTwice(_places.TryAdd(number, i), "images", id);
            bool sized = image is { Width: > 0, Height: > 0 };
            _images.Add(
                new CocoImage(number, name.Replace('\\', '/'), sized ? image.Width : 0, sized ? image.Height : 0)
                {
                    TextId = image.TextId,
                    NegativeCategoryIds = NumbersOf(image.Negative),
                    NotExhaustiveCategoryIds = NumbersOf(image.NotExhaustive),
                }
            );
        }

        // Run lengths know the size of their image.
        foreach (CocoEntries.Annotation annotation in entries.Annotations)
        {
            if (annotation is { ImageId: { } id, Mask.Runs: { } runs } && PlaceOf(id) is { } place && !_images[place].HasSize)
            {
                _images[place] = _images[place] with { Width = runs.Width, Height = runs.Height };
            }
        }
    }

    /// <summary>What LVIS says of categories that are not listed says nothing.</summary>
    private int[] NumbersOf(JsonId[] ids) =>
        [.. ids.Select(id => _categoryIds.Of(id) ?? (id.Text is null ? id.Number : -1)).Select(number => (int)number)];

    private int? PlaceOf(JsonId imageId) => _imageIds.Of(imageId) is { } number ? _places[number] : null;

    private List<CocoCategory> JoinCategories()
    {
        var categories = new List<CocoCategory>(entries.Categories.Count);
        var ids = new HashSet<long>(entries.Categories.Count);
        foreach ((int i, CocoEntries.Category category) in entries.Categories.Index())
        {
            JsonId id =
                category.Id is { } given && category.Name is { Length: > 0 }
                    ? given
                    : throw new SocoDataException($"{path}: category {i + 1} of the list lacks its id or name; add it.");
            long number = _categoryIds.Of(id)!.Value;
            RefuseTwice(ids.Add(number), "categories", id);
            categories.Add(
                new CocoCategory((int)number, category.Name, category.Group ?? "")
                {
                    TextId = category.TextId,
                    Frequency = category.Frequency switch
                    {
                        "r" => CategoryFrequency.Rare,
                        "c" => CategoryFrequency.Common,
                        "f" => CategoryFrequency.Frequent,
                        _ => null,
                    },
                }
            );
        }

        categories.Sort((a, b) => a.Id.CompareTo(b.Id));
        return categories;
    }

    private CocoAnnotation? Join(CocoEntries.Annotation entry, int index, HashSet<long> ids)
    {
        JsonId id = entry.Id ?? throw Lacks($"annotation {index + 1} of the list", "id");
        long number = _annotationIds.Of(id)!.Value;
        RefuseTwice(ids.Add(number), "annotations", id);
        JsonId imageId = entry.ImageId ?? throw Lacks($"annotation {id}", "image_id");
        JsonId categoryId = entry.CategoryId ?? throw Lacks($"annotation {id}", "category_id");
        if (PlaceOf(imageId) is not { } place)
        {
            _mended = _mended with { UnlistedImages = _mended.UnlistedImages + 1 };
            return null;
        }

        long category =
            _categoryIds.Of(categoryId)
            ?? throw new SocoDataException(
                $"{path}: annotation {id} is of category {categoryId}, which is not in the list of categories; add that category or leave the annotation out."
            );
        CocoImage image = _images[place];
        string? error = ErrorOf(entry.Mask, image);
        ObjectMask? mask =
            error is not null ? null
            : entry.Mask.Polygons is { Count: > 0 } polygons ? new PolygonMask(polygons, image.Width, image.Height)
            : entry.Mask.Runs;
        CocoBox box =
            entry.Box
            ?? BoxOf(entry.Mask, error)
            ?? throw (
                error is null
                    ? Lacks($"annotation {id}", "bbox and segmentation")
                    : new SocoDataException(
                        $"{path}: annotation {id} has no bbox, and the mask of annotation {id} is damaged: {error}; add a bbox or mend the mask."
                    )
            );
        _mended = _mended with { ShortPolygons = _mended.ShortPolygons + entry.Mask.ShortPolygons };
        if (!JsonBoxes.IsFinite(box))
        {
            _mended = _mended with { DroppedBoxes = _mended.DroppedBoxes + 1 };
            return null;
        }

        bool waits = error is not null && entry.Mask.Polygons is { Count: > 0 };
        if (error is not null && !waits)
        {
            _mended = _mended with
            {
                DamagedMasks = _mended.DamagedMasks + 1,
                FirstDamagedMask = _mended.FirstDamagedMask ?? $"annotation {id}: {error}",
            };
        }

        return new CocoAnnotation(number, image.Id, (int)category, box, entry.Area ?? (mask is null ? box.Area : mask.ToRunLengths().Area))
        {
            Mask = mask,
            MaskError = error,
            UnsizedPolygons = waits ? entry.Mask.Polygons : null,
            IsCrowd = entry.IsCrowd,
            IsDifficult = entry.IsDifficult,
        };
    }

    private static string? ErrorOf(MaskEntry mask, CocoImage image) =>
        mask.Error is { } error ? error
        : mask.Polygons is { Count: > 0 } && !image.HasSize ? "the size of its image is not known"
        : mask.Runs is { } runs && (runs.Width, runs.Height) != (image.Width, image.Height)
            ? $"it is {runs.Width} x {runs.Height} pixels, its image {image.TextId ?? $"{image.Id}"} is {image.Width} x {image.Height}"
        : null;

    private static CocoBox? BoxOf(MaskEntry mask, string? error) =>
        mask switch
        {
            { Polygons: { Count: > 0 } polygons } => PolygonMask.BoundsOf(polygons),
            { Runs: { } runs } when error is null => CocoBox.From(runs.Box),
            _ => null,
        };

    private void RefuseTwice(bool isNew, string list, JsonId id)
    {
        if (!isNew)
        {
            throw new SocoDataException($"{path}: two {list} have the id {id}; give each its own.");
        }
    }

    private SocoDataException Lacks(string entry, string field) => new($"{path}: {entry} has no {field}; add it.");
}

using System.Text.Json;
using Soco.Vision.Annotations.Masks;
using Soco.Vision.IO;

namespace Soco.Vision.Annotations.Coco;

/// <summary>One reading of a COCO results file.</summary>
/// <param name="path">The file's name in messages.</param>
/// <param name="truth">The images and categories that detections may name.</param>
internal sealed class ResultsReader(string path, CocoDataset truth)
{
    private readonly Dictionary<JsonId, CocoImage> _images = truth.Images.ToDictionary(image =>
        image.TextId is { } id ? JsonId.Parse(id) : new JsonId(image.Id)
    );
    private readonly Dictionary<JsonId, int> _categories = CategoriesOf(truth);
    private readonly List<CocoDetection> _detections = [];
    private readonly MaskReader _masks = new();
    private readonly Dictionary<string, CocoImage> _found = [];
    private ImageNameResolver? _names;
    private bool? _hasBoxes;
    private int _count;
    private int _unknown;
    private int _notFinite;

    public CocoResults Read(ref JsonTokens json)
    {
        json.Expect(JsonTokenType.StartArray, "the start of a list of detections");
        while (json.NextItem())
        {
            _count++;
            json.Item = $"detection {_count} of the list";
            json.Need(JsonTokenType.StartObject, "the start of a detection, {\"image_id\": ...");
            ReadDetection(ref json);
            json.Item = "";
        }

        json.Read();
        return new CocoResults(_detections, _unknown, _notFinite);
    }

    private void ReadDetection(ref JsonTokens json)
    {
        JsonId? image = null;
        bool isText = false;
        string? fileName = null;
        JsonId? category = null;
        double? score = null;
        CocoBox? box = null;
        MaskEntry mask = default;
        while (json.NextName())
        {
            if (json.Is("image_id"u8))
            {
                json.Read();
                image = json.Id("a detection's image_id, a number, a text or a file's name");
                isText = json.Type == JsonTokenType.String;
            }
            else if (json.Is("file_name"u8))
            {
                json.Read();
                fileName = json.Type == JsonTokenType.Null ? null : json.Text("the name of an image's file");
            }
            else if (json.Is("category_id"u8))
            {
                json.Read();
                category = json.Id("a detection's category_id, a number or a text");
            }
            else if (json.Is("score"u8))
            {
                json.Read();
                score = json.Double("a detection's score, a number");
            }
            else if (json.Is("bbox"u8))
            {
                box = JsonBoxes.Read(ref json);
            }
            else if (json.Is("segmentation"u8))
            {
                mask = _masks.Read(ref json);
            }
            else
            {
                json.SkipValue();
            }
        }

        Add(
            fileName is null ? ImageOf(image ?? throw Lacks("image_id"), isText) : Named(fileName),
            category ?? throw Lacks("category_id"),
            score ?? throw Lacks("score"),
            box,
            mask
        );
    }

    private void Add(CocoImage image, JsonId category, double score, CocoBox? box, MaskEntry entry)
    {
        string? error = ErrorOf(entry, image);
        RunLengthMask? mask =
            error is not null ? null
            : entry.Polygons is { Count: > 0 } polygons ? new PolygonMask(polygons, image.Width, image.Height).ToRunLengths()
            : entry.Runs;
        _hasBoxes ??= box is not null;
        bool hasBoxes = _hasBoxes.Value && box is not null;
        if (!hasBoxes && mask is null)
        {
            throw error is null
                ? Lacks(_hasBoxes.Value ? "bbox" : "bbox and segmentation")
                : new SocoDataException($"{error}; mend the mask or give a bbox.");
        }

        if (!_categories.TryGetValue(category, out int categoryId))
        {
            _unknown++;
            return;
        }

        CocoBox place = box ?? CocoBox.From(mask!.Box);
        if (!JsonBoxes.IsFinite(place) || !(Math.Abs(score) < JsonBoxes.Beyond))
        {
            _notFinite++;
            return;
        }

        _detections.Add(
            new CocoDetection(image.Id, categoryId, place, score, mask)
            {
                MaskError = error,
                Area = _hasBoxes.Value ? place.Area : mask!.Area,
            }
        );
    }

    private string? ErrorOf(MaskEntry mask, CocoImage image) =>
        mask.Error is { } error ? $"{path}: the mask of detection {_count} is damaged: {error}"
        : mask.Polygons is { Count: > 0 } && !image.HasSize
            ? $"{path}: the mask of detection {_count} is made of polygons, and the size of its image is not known"
        : mask.Runs is { } runs && image.HasSize && (runs.Width, runs.Height) != (image.Width, image.Height)
            ? $"{path}: the mask of detection {_count} is {runs.Width} x {runs.Height} pixels, its image {image.Id} is {image.Width} x {image.Height}"
        : null;

    /// <summary>
    /// The image of an id. A text is the id of the ground truth, else the name of a file, else a number that is written as a text.
    /// </summary>
    private CocoImage ImageOf(JsonId id, bool isText)
    {
        bool byName = isText && truth.Images is [{ TextId: null }, ..];
        if (!byName && _images.TryGetValue(id, out CocoImage? image))
        {
            return image;
        }

        return isText ? Named(id.Text ?? $"{id.Number}", id) : throw Unlisted($"{id}");
    }

    /// <summary>The image of a file's name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="id">What the name may also be: an id.</param>
    private CocoImage Named(string name, JsonId? id = null)
    {
        if (_found.TryGetValue(name, out CocoImage? image))
        {
            return image;
        }

        _names ??= new ImageNameResolver(truth.Images.Select(image => image.FileName));
        ImageNameMatch match = _names.Find(name);
        return _found[name] = match.Candidates switch
        {
            1 => truth.Images[match.Index],
            0 => id is { } known && _images.TryGetValue(known, out CocoImage? numbered) ? numbered : throw Unlisted($"\"{name}\""),
            _ => throw new SocoDataException(
                $"{path}: detection {_count} is of image \"{name}\", and the ground truth has several of that name; name their folders too."
            ),
        };
    }

    private static Dictionary<JsonId, int> CategoriesOf(CocoDataset truth)
    {
        var ids = new Dictionary<JsonId, int>();
        foreach (CocoCategory category in truth.Categories)
        {
            ids.TryAdd(new JsonId(category.Id), category.Id);
            if (category.TextId is { } text)
            {
                ids[JsonId.Parse(text)] = category.Id;
            }
        }

        return ids;
    }

    private SocoDataException Unlisted(string image) =>
        new(
            $"{path}: detection {_count} is of image {image}, which the ground truth does not list; give the annotations that these detections were made for."
        );

    private SocoDataException Lacks(string field) => new($"{path}: detection {_count} of the list has no {field}; add it.");
}

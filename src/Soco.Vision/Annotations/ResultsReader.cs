using System.Text.Json;

namespace Soco.Annotations;

/// <summary>One reading of a COCO results file.</summary>
/// <param name="path">The file's name in messages.</param>
/// <param name="truth">The images and categories that detections may name.</param>
internal sealed class ResultsReader(string path, CocoDataset truth)
{
    private static readonly Func<string, string>[] s_forms =
        [name => name, name => Path.GetFileName(name.Replace('\\', '/')), name => Path.GetFileNameWithoutExtension(name.Replace('\\', '/'))];

    private readonly Dictionary<long, CocoImage> _images = truth.Images.ToDictionary(image => image.Id);
    private readonly HashSet<int> _categories = [.. truth.Categories.Select(category => category.Id)];
    private readonly List<CocoDetection> _detections = [];
    private readonly MaskReader _masks = new();
    private readonly Dictionary<string, long> _found = [];
    private Dictionary<string, long?>? _ids;
    private bool? _hasBoxes;
    private int _count;
    private int _unknown;
    private int _notFinite;

    public CocoResults Read(ref JsonTokens json)
    {
        json.Expect(JsonTokenType.StartArray, "the start of a list of detections");
        while (json.NextItem())
        {
            json.Need(JsonTokenType.StartObject, "the start of a detection, {\"image_id\": ...");
            _count++;
            ReadDetection(ref json);
        }

        json.Read();
        return new CocoResults(_detections, _unknown, _notFinite);
    }

    private void ReadDetection(ref JsonTokens json)
    {
        long? image = null;
        string? fileName = null;
        int? category = null;
        double? score = null;
        CocoBox? box = null;
        MaskEntry mask = default;
        while (json.NextName())
        {
            if (json.Is("image_id"u8))
            {
                json.Read();
                image = json.Type == JsonTokenType.String ? IdOf(json.Text("an image")) : json.Int64("a detection's image_id, a whole number or a file's name");
            }
            else if (json.Is("file_name"u8))
            {
                json.Read();
                fileName = json.Text("the name of an image's file");
            }
            else if (json.Is("category_id"u8))
            {
                json.Read();
                category = json.Int32("a detection's category_id, a whole number");
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
            fileName is null ? image ?? throw Lacks("image_id") : IdOf(fileName),
            category ?? throw Lacks("category_id"),
            score ?? throw Lacks("score"),
            box,
            mask);
    }

    private void Add(long imageId, int category, double score, CocoBox? box, MaskEntry entry)
    {
        if (!_images.TryGetValue(imageId, out CocoImage? image))
        {
            throw new SocoDataException(
                $"{path}: detection {_count} is of image {imageId}, which the ground truth does not list; give the annotations that these detections were made for.");
        }

        RunLengthMask? mask = MaskOf(entry, image);
        _hasBoxes ??= box is not null;
        bool hasBoxes = _hasBoxes.Value && box is not null;
        if (!hasBoxes && mask is null)
        {
            throw Lacks(_hasBoxes.Value ? "bbox" : "bbox and segmentation");
        }

        if (!_categories.Contains(category))
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

        _detections.Add(new CocoDetection(imageId, category, place, score, mask) { Area = _hasBoxes.Value ? place.Area : mask!.Area });
    }

    private RunLengthMask? MaskOf(MaskEntry entry, CocoImage image)
    {
        if (entry.Error is { } error)
        {
            throw new SocoDataException($"{path}: the mask of detection {_count} is damaged: {error}");
        }

        RunLengthMask? mask = entry.Polygons is { Count: > 0 } polygons
            ? new PolygonMask(polygons, image.Width, image.Height).ToRunLengths()
            : entry.Runs;
        return mask is null || (mask.Width, mask.Height) == (image.Width, image.Height) ? mask : throw new SocoDataException(
            $"{path}: the mask of detection {_count} is {mask.Width} x {mask.Height} pixels, its image {image.Id} is {image.Width} x {image.Height}; make masks of the image's size.");
    }

    /// <summary>The image of a name: whole, without its folders, or without its extension too, where that is of one image alone.</summary>
    private long IdOf(string name)
    {
        if (!_found.TryGetValue(name, out long id))
        {
            _found[name] = id = Find(name);
        }

        return id;
    }

    private long Find(string name)
    {
        if (_ids is null)
        {
            _ids = new Dictionary<string, long?>(StringComparer.Ordinal);
            foreach (Func<string, string> form in s_forms)
            {
                foreach (IGrouping<string, CocoImage> images in truth.Images.GroupBy(image => form(image.FileName)))
                {
                    _ids.TryAdd(images.Key, images.Count() == 1 ? images.First().Id : null);
                }
            }
        }

        string known = s_forms.Select(form => form(name)).FirstOrDefault(_ids.ContainsKey) ?? throw Unlisted(name);
        long id = _ids[known] ?? throw new SocoDataException(
            $"{path}: detection {_count} is of image \"{name}\", and the ground truth has several of that name; name their folders too.");
        return IsEnd(name, _images[id].FileName) ? id : throw Unlisted(name);
    }

    /// <summary>Whether one of two names is the end of the other, extensions aside: images of other folders are other images.</summary>
    private static bool IsEnd(string name, string other)
    {
        return Parts(name).Zip(Parts(other)).All(pair => pair.First == pair.Second);

        static IEnumerable<string> Parts(string path) =>
            path.Replace('\\', '/').Split('/', StringSplitOptions.RemoveEmptyEntries)[..^1].Append(s_forms[2](path)).Reverse();
    }

    private SocoDataException Unlisted(string name) => new(
        $"{path}: detection {_count} is of image \"{name}\", which the ground truth does not list; give the annotations that these detections were made for.");

    private SocoDataException Lacks(string field) => new($"{path}: detection {_count} of the list has no {field}; add it.");
}

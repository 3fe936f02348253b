using System.Text.Json;

namespace Soco.Annotations;

/// <summary>One reading of a COCO annotation file. The lists may come in any order, so what belongs together is joined at the end.</summary>
/// <param name="path">The file's name in messages.</param>
internal sealed class CocoFileReader(string path)
{
    private readonly List<CocoImage> _images = [];
    private readonly List<CocoCategory> _categories = [];
    private readonly List<Entry> _entries = [];
    private readonly MaskReader _masks = new();

    public CocoDataset Read(ref JsonTokens json)
    {
        bool images = false, categories = false, annotations = false;
        json.Expect(JsonTokenType.StartObject, "the start of an object with \"images\", \"categories\" and \"annotations\"");
        while (json.NextName())
        {
            if (json.Is("images"u8))
            {
                images = true;
                ReadList(ref json, "the list of images", ReadImage);
            }
            else if (json.Is("categories"u8))
            {
                categories = true;
                ReadList(ref json, "the list of categories", ReadCategory);
            }
            else if (json.Is("annotations"u8))
            {
                annotations = true;
                ReadList(ref json, "the list of annotations", ReadAnnotation);
            }
            else
            {
                json.SkipValue();
            }
        }

        json.Read();
        string? missing = !images ? "images" : !categories ? "categories" : !annotations ? "annotations" : null;
        return missing is null ? Join() : throw new SocoDataException(
            $"{path} has no \"{missing}\" list; give a COCO annotation file such as instances_val2017.json.");
    }

    private delegate void ReadItem(ref JsonTokens json);

    private static void ReadList(ref JsonTokens json, string what, ReadItem read)
    {
        json.Expect(JsonTokenType.StartArray, what);
        while (json.NextItem())
        {
            json.Need(JsonTokenType.StartObject, $"the start of an object in {what}");
            read(ref json);
        }
    }

    private void ReadImage(ref JsonTokens json)
    {
        long? id = null;
        string? name = null, address = null;
        int width = 0, height = 0;
        int[] negative = [], notExhaustive = [];
        while (json.NextName())
        {
            if (json.Is("id"u8))
            {
                json.Read();
                id = json.Int64("an image's id, a whole number");
            }
            else if (json.Is("file_name"u8))
            {
                json.Read();
                name = json.Text("an image's file_name, a text");
            }
            else if (json.Is("coco_url"u8))
            {
                json.Read();
                address = json.Type == JsonTokenType.Null ? null : json.Text("an image's coco_url, a text");
            }
            else if (json.Is("width"u8))
            {
                json.Read();
                width = json.Int32("an image's width, a whole number");
            }
            else if (json.Is("height"u8))
            {
                json.Read();
                height = json.Int32("an image's height, a whole number");
            }
            else if (json.Is("neg_category_ids"u8))
            {
                negative = Ids(ref json);
            }
            else if (json.Is("not_exhaustive_category_ids"u8))
            {
                notExhaustive = Ids(ref json);
            }
            else
            {
                json.SkipValue();
            }
        }

        if (id is not { } known)
        {
            throw new SocoDataException($"{path}: image {_images.Count + 1} of the list has no id; add it.");
        }

        // LVIS names no file, but the last two parts of the address are COCO's folder and file.
        name ??= address is null ? null : string.Join('/', address.Split('/')[^2..]);
        if (string.IsNullOrEmpty(name))
        {
            throw new SocoDataException($"{path}: image {known} has no file_name; add it.");
        }

        if (width < 1 || height < 1)
        {
            throw new SocoDataException($"{path}: image {known} is {width} x {height} pixels; give it the width and height of {name}.");
        }

        _images.Add(new CocoImage(known, name.Replace('\\', '/'), width, height) { NegativeCategoryIds = negative, NotExhaustiveCategoryIds = notExhaustive });
    }

    private static int[] Ids(ref JsonTokens json)
    {
        var ids = new List<int>();
        json.Expect(JsonTokenType.StartArray, "a list of category ids");
        while (json.NextItem())
        {
            ids.Add(json.Int32("a category's id, a whole number"));
        }

        return [.. ids];
    }

    private void ReadCategory(ref JsonTokens json)
    {
        int? id = null;
        string? name = null, group = null, frequency = null;
        while (json.NextName())
        {
            if (json.Is("id"u8))
            {
                json.Read();
                id = json.Int32("a category's id, a whole number");
            }
            else if (json.Is("name"u8))
            {
                json.Read();
                name = json.Text("a category's name, a text");
            }
            else if (json.Is("supercategory"u8))
            {
                json.Read();
                group = json.Type == JsonTokenType.Null ? null : json.Text("a category's supercategory, a text");
            }
            else if (json.Is("frequency"u8))
            {
                json.Read();
                frequency = json.Text("a category's frequency, r, c or f");
            }
            else
            {
                json.SkipValue();
            }
        }

        if (id is not { } known || string.IsNullOrEmpty(name))
        {
            throw new SocoDataException($"{path}: category {_categories.Count + 1} of the list lacks its id or name; add it.");
        }

        _categories.Add(new CocoCategory(known, name, group ?? "")
        {
            Frequency = frequency switch
            {
                "r" => CategoryFrequency.Rare,
                "c" => CategoryFrequency.Common,
                "f" => CategoryFrequency.Frequent,
                _ => null,
            },
        });
    }

    private void ReadAnnotation(ref JsonTokens json)
    {
        Entry entry = default;
        while (json.NextName())
        {
            if (json.Is("id"u8))
            {
                json.Read();
                entry.Id = json.Int64("an annotation's id, a whole number");
            }
            else if (json.Is("image_id"u8))
            {
                json.Read();
                entry.ImageId = json.Int64("an annotation's image_id, a whole number");
            }
            else if (json.Is("category_id"u8))
            {
                json.Read();
                entry.CategoryId = json.Int32("an annotation's category_id, a whole number");
            }
            else if (json.Is("bbox"u8))
            {
                entry.Box = JsonBoxes.Read(ref json);
            }
            else if (json.Is("area"u8))
            {
                json.Read();
                entry.Area = json.Double("an annotation's area, a number");
            }
            else if (json.Is("iscrowd"u8))
            {
                entry.IsCrowd = Flag(ref json);
            }
            else if (json.Is("difficult"u8))
            {
                entry.IsDifficult = Flag(ref json);
            }
            else if (json.Is("segmentation"u8))
            {
                entry.Mask = _masks.Read(ref json);
            }
            else
            {
                json.SkipValue();
            }
        }

        _entries.Add(entry);
    }

    private static bool Flag(ref JsonTokens json)
    {
        json.Read();
        return json.Type switch
        {
            JsonTokenType.True => true,
            JsonTokenType.False => false,
            _ => json.Int64("0 or 1") != 0,
        };
    }

    private CocoDataset Join()
    {
        _categories.Sort((a, b) => a.Id.CompareTo(b.Id));
        var images = new Dictionary<long, CocoImage>(_images.Count);
        foreach (CocoImage image in _images)
        {
            RefuseTwice(images.TryAdd(image.Id, image), "images", image.Id);
        }

        var categories = new HashSet<int>(_categories.Count);
        foreach (CocoCategory category in _categories)
        {
            RefuseTwice(categories.Add(category.Id), "categories", category.Id);
        }

        var ids = new HashSet<long>(_entries.Count);
        var annotations = new List<CocoAnnotation>(_entries.Count);
        int shortPolygons = 0, dropped = 0;
        for (int i = 0; i < _entries.Count; i++)
        {
            Entry entry = _entries[i];
            long id = entry.Id ?? throw Lacks($"annotation {i + 1} of the list", "id");
            RefuseTwice(ids.Add(id), "annotations", id);
            long imageId = entry.ImageId ?? throw Lacks($"annotation {id}", "image_id");
            int categoryId = entry.CategoryId ?? throw Lacks($"annotation {id}", "category_id");
            if (!images.TryGetValue(imageId, out CocoImage? image))
            {
                throw new SocoDataException($"{path}: annotation {id} is of image {imageId}, which is not in the list of images; add that image or leave the annotation out.");
            }

            if (!categories.Contains(categoryId))
            {
                throw new SocoDataException($"{path}: annotation {id} is of category {categoryId}, which is not in the list of categories; add that category or leave the annotation out.");
            }

            shortPolygons += entry.Mask.ShortPolygons;
            ObjectMask? mask = MaskOf(entry.Mask, id, image);
            CocoBox box = entry.Box ?? BoxOf(mask) ?? throw Lacks($"annotation {id}", "bbox and segmentation");
            if (!JsonBoxes.IsFinite(box))
            {
                dropped++;
                continue;
            }

            annotations.Add(new CocoAnnotation(id, imageId, categoryId, box, entry.Area ?? (mask is null ? box.Area : mask.ToRunLengths().Area))
            {
                Mask = mask,
                IsCrowd = entry.IsCrowd,
                IsDifficult = entry.IsDifficult,
            });
        }

        _entries.Clear();
        return new CocoDataset(_images, _categories, annotations) { Mended = new MendedAnnotations(shortPolygons, dropped, 0) };
    }

    private ObjectMask? MaskOf(MaskEntry entry, long id, CocoImage image)
    {
        if (entry.Error is { } error)
        {
            throw new SocoDataException($"{path}: the mask of annotation {id} is damaged: {error}");
        }

        if (entry.Runs is { } runs && (runs.Width, runs.Height) != (image.Width, image.Height))
        {
            throw new SocoDataException(
                $"{path}: the mask of annotation {id} is {runs.Width} x {runs.Height} pixels, its image {image.Id} is {image.Width} x {image.Height}; make both the same.");
        }

        return entry.Polygons is { Count: > 0 } polygons ? new PolygonMask(polygons, image.Width, image.Height) : entry.Runs;
    }

    private static CocoBox? BoxOf(ObjectMask? mask) => mask switch
    {
        PolygonMask polygons => polygons.Bounds(),
        RunLengthMask runs => CocoBox.From(runs.Box),
        _ => null,
    };

    private void RefuseTwice(bool isNew, string list, long id)
    {
        if (!isNew)
        {
            throw new SocoDataException($"{path}: two {list} have the id {id}; give each its own.");
        }
    }

    private SocoDataException Lacks(string entry, string field) => new($"{path}: {entry} has no {field}; add it.");

    private struct Entry
    {
        public long? Id;
        public long? ImageId;
        public int? CategoryId;
        public CocoBox? Box;
        public double? Area;
        public bool IsCrowd;
        public bool IsDifficult;
        public MaskEntry Mask;
    }
}

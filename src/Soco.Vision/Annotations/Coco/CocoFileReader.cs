using System.Text.Json;
using Soco.Vision.Annotations.Masks;
using Soco.Vision.IO;

namespace Soco.Vision.Annotations.Coco;

/// <summary>
/// One reading of a COCO annotation file. The lists may come in any order, so what belongs together is joined at the end.
/// </summary>
/// <param name="path">The file's name in messages.</param>
internal sealed class CocoFileReader(string path)
{
    private readonly CocoEntries _entries = new();
    private readonly MaskReader _masks = new();

    public CocoDataset Read(ref JsonTokens json)
    {
        bool images = false,
            categories = false,
            annotations = false;
        json.Expect(JsonTokenType.StartObject, "the start of an object with \"images\", \"categories\" and \"annotations\"");
        while (json.NextName())
        {
            if (json.Is("images"u8))
            {
                images = true;
                ReadList(ref json, "image", _entries.Images, ReadImage);
            }
            else if (json.Is("categories"u8))
            {
                categories = true;
                ReadList(ref json, "category", _entries.Categories, ReadCategory);
            }
            else if (json.Is("annotations"u8))
            {
                annotations = true;
                ReadList(ref json, "annotation", _entries.Annotations, ReadAnnotation);
            }
            else
            {
                json.SkipValue();
            }
        }

        json.Read();
        string? missing =
            !images ? "images"
            : !categories ? "categories"
            : !annotations ? "annotations"
            : null;
        return missing is null
            ? new CocoJoin(path, _entries).ToDataset()
            : throw new SocoDataException($"{path} has no \"{missing}\" list; give a COCO annotation file such as instances_val2017.json.");
    }

    private delegate T ReadItem<T>(ref JsonTokens json);

    private static void ReadList<T>(ref JsonTokens json, string what, List<T> items, ReadItem<T> read)
    {
        json.Expect(JsonTokenType.StartArray, $"the start of a list, of each {what} one");
        while (json.NextItem())
        {
            json.Item = $"{what} {items.Count + 1} of the list";
            json.Need(JsonTokenType.StartObject, "the start of an object");
            items.Add(read(ref json));
            json.Item = "";
        }
    }

    private static JsonId ReadId(ref JsonTokens json, string what)
    {
        json.Read();
        JsonId id = json.Id("an id, a number or a text");
        json.Item = $"{what} {id}";
        return id;
    }

    private static CocoEntries.Image ReadImage(ref JsonTokens json)
    {
        CocoEntries.Image image = new();
        string? address = null;
        while (json.NextName())
        {
            if (json.Is("id"u8))
            {
                image.Id = ReadId(ref json, "image");
                image.TextId = json.Type == JsonTokenType.String || image.Id.Value.Text is not null ? json.TextOrNull() : null;
            }
            else if (json.Is("file_name"u8))
            {
                json.Read();
                image.FileName = json.Type == JsonTokenType.Null ? null : json.Text("a file_name, a text");
            }
            else if (json.Is("coco_url"u8))
            {
                address = TextOrNothing(ref json);
            }
            else if (json.Is("width"u8))
            {
                image.Width = ReadSide(ref json, "a width, a whole number of pixels");
            }
            else if (json.Is("height"u8))
            {
                image.Height = ReadSide(ref json, "a height, a whole number of pixels");
            }
            else if (json.Is("neg_category_ids"u8))
            {
                image.Negative = ReadIds(ref json);
            }
            else if (json.Is("not_exhaustive_category_ids"u8))
            {
                image.NotExhaustive = ReadIds(ref json);
            }
            else
            {
                json.SkipValue();
            }
        }

        // LVIS names no file, but the last two parts of the address are COCO's folder and file.
        image.FileName ??= address is null ? null : string.Join('/', address.Split('/').TakeLast(2));
        return image;
    }

    /// <summary>The width or height of an image; 0, which is unknown, where it is null or no size.</summary>
    private static int ReadSide(ref JsonTokens json, string what)
    {
        json.Read();
        return json.Type == JsonTokenType.Null ? 0 : Math.Max(0, json.Int32(what));
    }

    private static JsonId[] ReadIds(ref JsonTokens json)
    {
        var ids = new List<JsonId>();
        json.Expect(JsonTokenType.StartArray, "a list of category ids");
        while (json.NextItem())
        {
            ids.Add(json.Id("the id of a category"));
        }

        return [.. ids];
    }

    private static string? TextOrNothing(ref JsonTokens json)
    {
        json.Read();
        string? text = json.TextOrNull();
        json.SkipToEndOfValue();
        return text;
    }

    private static CocoEntries.Category ReadCategory(ref JsonTokens json)
    {
        CocoEntries.Category category = new();
        while (json.NextName())
        {
            if (json.Is("id"u8))
            {
                category.Id = ReadId(ref json, "category");
                category.TextId = json.Type == JsonTokenType.String || category.Id.Value.Text is not null ? json.TextOrNull() : null;
            }
            else if (json.Is("name"u8))
            {
                json.Read();
                category.Name = json.Type == JsonTokenType.Null ? null : json.Text("a name, a text");
            }
            else if (json.Is("supercategory"u8))
            {
                category.Group = TextOrNothing(ref json);
            }
            else if (json.Is("frequency"u8))
            {
                category.Frequency = TextOrNothing(ref json);
            }
            else
            {
                json.SkipValue();
            }
        }

        return category;
    }

    private CocoEntries.Annotation ReadAnnotation(ref JsonTokens json)
    {
        CocoEntries.Annotation annotation = new();
        while (json.NextName())
        {
            if (json.Is("id"u8))
            {
                annotation.Id = ReadId(ref json, "annotation");
            }
            else if (json.Is("image_id"u8))
            {
                json.Read();
                annotation.ImageId = json.Id("an image_id, a number or a text");
            }
            else if (json.Is("category_id"u8))
            {
                json.Read();
                annotation.CategoryId = json.Id("a category_id, a number or a text");
            }
            else if (json.Is("bbox"u8))
            {
                annotation.Box = JsonBoxes.Read(ref json);
            }
            else if (json.Is("area"u8))
            {
                json.Read();
                annotation.Area = json.DoubleOrNull("an area, a number");
            }
            else if (json.Is("iscrowd"u8))
            {
                json.Read();
                annotation.IsCrowd = json.Flag() ?? throw json.Wrong("an iscrowd, 0 or 1");
            }
            else if (json.Is("difficult"u8))
            {
                // No field of COCO's: other tools keep texts of VOC there.
                json.Read();
                annotation.IsDifficult = json.Flag() ?? false;
                json.SkipToEndOfValue();
            }
            else if (json.Is("segmentation"u8))
            {
                annotation.Mask = _masks.Read(ref json);
            }
            else
            {
                json.SkipValue();
            }
        }

        return annotation;
    }
}

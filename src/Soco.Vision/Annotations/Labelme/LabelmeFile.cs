using System.Text.Json;

namespace Soco.Vision.Annotations.Labelme;

/// <summary>A shape of a LabelMe file.</summary>
/// <param name="Label">Its class.</param>
/// <param name="Type">rectangle, polygon, circle, point, line, linestrip, points or mask.</param>
/// <param name="Group">The number of its group; null where it is in none.</param>
/// <param name="Points">x and y in turn, pixels of the image.</param>
internal sealed record LabelmeShape(string Label, string Type, long? Group, double[] Points)
{
    /// <summary>Whether it is a part of an object of several polygons.</summary>
    public bool IsInGroup => Group is not null && Type == "polygon";
}

/// <summary>What one JSON of LabelMe says.</summary>
/// <param name="ImagePath">The image, as the file states it.</param>
/// <param name="Width">Columns of the image; 0 where the file does not say.</param>
/// <param name="Height">Rows.</param>
/// <param name="Shapes">In the order of the file.</param>
internal sealed record LabelmeFile(string ImagePath, int Width, int Height, IReadOnlyList<LabelmeShape> Shapes)
{
    private static readonly JsonDocumentOptions s_lenient = new()
    {
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
    };

    /// <summary>Whether a JSON has the shapes of one image.</summary>
    public static bool Is(string path)
    {
        try
        {
            using JsonDocument json = Parse(path);
            return json.RootElement.ValueKind == JsonValueKind.Object
                && json.RootElement.TryGetProperty("shapes", out JsonElement shapes)
                && shapes.ValueKind == JsonValueKind.Array;
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="SocoDataException">It cannot be read, is no JSON, or not of LabelMe's form.</exception>
    public static LabelmeFile Read(string path)
    {
        try
        {
            using JsonDocument json = Parse(path);
            JsonElement root = json.RootElement;
            return new LabelmeFile(
                root.TryGetProperty("imagePath", out JsonElement image) && image.ValueKind == JsonValueKind.String
                    ? image.GetString()!
                    : "",
                Side(root, "imageWidth"),
                Side(root, "imageHeight"),
                [.. root.GetProperty("shapes").EnumerateArray().Select(Shape)]
            );
        }
        catch (JsonException error)
        {
            throw new SocoDataException(
                $"{path} is no whole JSON: it breaks at line {error.LineNumber + 1}; save it again in LabelMe.",
                error
            );
        }
        catch (Exception error)
            when (error is InvalidOperationException or KeyNotFoundException or FormatException or IndexOutOfRangeException)
        {
            throw new SocoDataException(
                $"{path} is no file of LabelMe, which has \"shapes\", each with \"label\", \"points\" and \"shape_type\": take it out of the folder, or save it again.",
                error
            );
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new SocoDataException($"{path} cannot be read ({error.Message.TrimEnd('.')}); check that it is there.", error);
        }
    }

    private static JsonDocument Parse(string path)
    {
        using FileStream stream = File.OpenRead(path);
        return JsonDocument.Parse(stream, s_lenient);
    }

    private static LabelmeShape Shape(JsonElement shape) =>
        new(
            shape.GetProperty("label").GetString() is { Length: > 0 } label ? label : throw new FormatException("A shape has no label."),
            shape.TryGetProperty("shape_type", out JsonElement type) && type.ValueKind == JsonValueKind.String
                ? type.GetString()!
                : "polygon",
            shape.TryGetProperty("group_id", out JsonElement group)
            && group.ValueKind == JsonValueKind.Number
            && group.TryGetInt64(out long number)
                ? number
                : null,
            [.. shape.GetProperty("points").EnumerateArray().SelectMany(point => new[] { point[0].GetDouble(), point[1].GetDouble() })]
        );

    private static int Side(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement side) && side.ValueKind == JsonValueKind.Number && side.TryGetInt32(out int value)
            ? Math.Max(value, 0)
            : 0;
}

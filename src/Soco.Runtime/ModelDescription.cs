using System.Globalization;
using System.Text.Json;
using Soco.Vision;
using Soco.Vision.Annotations.Coco;

namespace Soco.Runtime;

/// <summary>What a detector's file says of itself in its metadata.</summary>
/// <param name="Classes">The classes, in the order of the labels.</param>
/// <param name="Input">What the graph is given: resized, image or normalized.</param>
/// <param name="ShortSide">The short side that images are resized to, pixels.</param>
/// <param name="LongSide">The most that the long side may have then, pixels.</param>
internal sealed record ModelDescription(IReadOnlyList<CocoCategory> Classes, string Input, int ShortSide, int LongSide)
{
    private static readonly JsonSerializerOptions s_json = new() { PropertyNameCaseInsensitive = true };

    /// <exception cref="SocoDataException">It is no detector that was exported by Soco.</exception>
    public static ModelDescription Read(IReadOnlyDictionary<string, string> metadata, string path)
    {
        string Value(string key) =>
            metadata.TryGetValue(key, out string? value)
                ? value
                : throw new SocoDataException(
                    $"{path} says nothing of {key}: it is no detector of `soco export --to onnx`; export it with that command."
                );

        int Side(string key) =>
            int.TryParse(Value(key), NumberStyles.None, CultureInfo.InvariantCulture, out int side) && side > 0
                ? side
                : throw new SocoDataException($"{path} says {Value(key)} of {key}, which is no size; export it again.");

        if (Value("soco.kind") is var kind && kind != "detector")
        {
            throw new SocoDataException($"{path} holds a {kind}, which finds no objects: export a fine-tuned detector.");
        }

        if (Value("soco.input") is var input && input is not ("resized" or "image" or "normalized"))
        {
            throw new SocoDataException($"{path} is given {input}, which this version of Soco does not know; export it again.");
        }

        try
        {
            return
                JsonSerializer.Deserialize<DetectorClass?[]>(Value("soco.classes"), s_json) is { Length: > 0 } known
                && known.All(item => item?.Name is not null)
                ? new ModelDescription(
                    [.. known.Select(item => new CocoCategory(item!.Id, item.Name, ""))],
                    input,
                    Side("soco.short_side"),
                    Side("soco.long_side")
                )
                : throw new JsonException("a class is missing");
        }
        catch (JsonException error)
        {
            throw new SocoDataException(
                $"{path} holds a list of classes that cannot be read ({error.Message.TrimEnd('.')}); export it again.",
                error
            );
        }
    }

    private sealed record DetectorClass(int Id, string Name);
}

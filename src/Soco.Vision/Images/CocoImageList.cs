using System.Text.Json;
using System.Text.Json.Serialization;

namespace Soco.Images;

/// <summary>The image files that a COCO JSON file lists. Reads <c>images</c> alone, as a stream: such files reach gigabytes.</summary>
internal static class CocoImageList
{
    private sealed record Listed(
        [property: JsonPropertyName("id")] long? Id,
        [property: JsonPropertyName("file_name")] string? FileName);

    private sealed record Document([property: JsonPropertyName("images")] Listed?[]? Images);

    internal static List<ImageFile> Read(string json)
    {
        var folders = new CocoImageFolders(json);
        var ids = new HashSet<long>();
        var names = new Dictionary<string, long>(StringComparer.Ordinal);
        var files = new List<ImageFile>();
        foreach (Listed? image in ReadDocument(json).Images
            ?? throw new SocoDataException($"{json} has no \"images\" list: give a COCO annotation file."))
        {
            if (image is not { Id: { } id, FileName: { Length: > 0 } fileName })
            {
                throw new SocoDataException($"{json}: image {files.Count + 1} of the list lacks its id or file_name: add it.");
            }

            if (!ids.Add(id))
            {
                throw new SocoDataException($"{json}: two images have the id {id}: give each its own.");
            }

            string name = ImageNames.OfEntry(fileName) is { } clean && !Path.IsPathRooted(fileName)
                ? clean
                : throw new SocoDataException(
                    $"{json}: \"{fileName}\" of image {id} is not a relative path "
                    + "of a jpg, jpeg, png, bmp, gif or webp file: mend it or leave it out.");
            if (!names.TryAdd(name, id))
            {
                throw new SocoDataException($"{json}: the images {names[name]} and {id} are both \"{fileName}\": leave one out.");
            }

            files.Add(new ImageFile(name, folders.FolderOf(name, id)));
        }

        return files;
    }

    private static Document ReadDocument(string json)
    {
        try
        {
            using FileStream stream = File.OpenRead(json);
            return JsonSerializer.Deserialize<Document>(stream)
                ?? throw new SocoDataException($"{json} holds nothing: give a COCO annotation file.");
        }
        catch (JsonException error)
        {
            throw new SocoDataException(
                $"{json} is not a COCO annotation file: it breaks at line {error.LineNumber + 1}, "
                + $"byte {error.BytePositionInLine + 1}: mend or fetch it again.",
                error);
        }
    }
}

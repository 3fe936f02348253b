using System.Text.Json;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.IO;

namespace Soco.Vision.Sources;

/// <summary>The image files that a COCO JSON file lists. Reads <c>images</c> alone, as a stream: such files reach gigabytes.</summary>
internal static class CocoImageList
{
    internal static List<ImageFile> Read(string json)
    {
        var folders = new CocoImageFolders(json);
        var ids = new HashSet<JsonId>();
        var names = new Dictionary<string, JsonId>(StringComparer.Ordinal);
        var files = new List<ImageFile>();
        foreach (
            (JsonId id, string fileName) in CocoReader.ReadFile(json, (ref JsonTokens tokens) => ReadDocument(json, ref tokens))
                ?? throw new SocoDataException($"{json} has no \"images\" list: give a COCO annotation file.")
        )
        {
            if (!ids.Add(id))
            {
                throw new SocoDataException($"{json}: two images have the id {id}: give each its own.");
            }

            ImageFile file = folders.Find(fileName, id);
            if (!names.TryAdd(file.Name, id))
            {
                throw new SocoDataException($"{json}: the images {names[file.Name]} and {id} are both \"{file.Name}\": leave one out.");
            }

            files.Add(file);
        }

        return files;
    }

    private static List<(JsonId Id, string FileName)>? ReadDocument(string path, ref JsonTokens json)
    {
        List<(JsonId Id, string FileName)>? images = null;
        json.Expect(JsonTokenType.StartObject, "the start of an object with \"images\"");
        while (json.NextName())
        {
            if (!json.Is("images"u8))
            {
                json.SkipValue();
                continue;
            }

            images = [];
            json.Expect(JsonTokenType.StartArray, "the list of images");
            while (json.NextItem())
            {
                json.Item = $"image {images.Count + 1} of the list";
                json.Need(JsonTokenType.StartObject, "the start of an object");
                (JsonId? id, string? name) = ReadImage(ref json);
                images.Add(
                    id is { } known && name is { Length: > 0 }
                        ? (known, name)
                        : throw new SocoDataException($"{path}: image {images.Count + 1} of the list lacks its id or file_name: add it.")
                );
                json.Item = "";
            }
        }

        json.Read();
        return images;
    }

    private static (JsonId? Id, string? Name) ReadImage(ref JsonTokens json)
    {
        JsonId? id = null;
        string? name = null;
        while (json.NextName())
        {
            if (json.Is("id"u8))
            {
                json.Read();
                id = json.Id("an id, a number or a text");
            }
            else if (json.Is("file_name"u8))
            {
                json.Read();
                name = json.Type == JsonTokenType.Null ? null : json.Text("a file_name, a text");
            }
            else
            {
                json.SkipValue();
            }
        }

        return (id, name);
    }
}

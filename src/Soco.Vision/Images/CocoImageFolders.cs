namespace Soco.Images;

/// <summary>
/// Where the images of a COCO file lie. COCO keeps <c>annotations/instances_train2017.json</c> beside <c>train2017/</c>; other tools write
/// the JSON next to the images or above <c>images/</c>. A folder that the JSON's own name mentions is searched first.
/// </summary>
internal sealed class CocoImageFolders
{
    private readonly string _json;
    private readonly List<string> _likely;
    private readonly List<string> _others;

    internal CocoImageFolders(string json)
    {
        _json = json;
        string here = Path.GetDirectoryName(Path.GetFullPath(json))!;
        string[] bases = Path.GetDirectoryName(here) is { } above ? [here, above] : [here];
        string[] roots = [.. bases.SelectMany(folder => new[] { folder, Path.Join(folder, "images") }).Where(Directory.Exists)];
        string[] inside = [.. roots.SelectMany(Directory.GetDirectories).Except(roots).Order(StringComparer.Ordinal)];
        string stem = Path.GetFileNameWithoutExtension(json);
        // instances_val2017 mentions both val2017 and val: the longer name first.
        IEnumerable<string> mentioned = inside
            .Where(folder => stem.Contains(Path.GetFileName(folder), StringComparison.OrdinalIgnoreCase))
            .OrderByDescending(folder => Path.GetFileName(folder).Length);
        _likely = [.. mentioned, .. roots];
        _others = [.. inside.Except(_likely)];
    }

    /// <summary>The folder of a listed image, in which its name is its path.</summary>
    /// <exception cref="SocoDataException">It is nowhere, or in two folders that are equally likely.</exception>
    internal string FolderOf(string name, long id)
    {
        bool HasIt(string folder) => File.Exists(Path.Join(folder, name));
        if (_likely.Find(HasIt) is { } likely)
        {
            return likely;
        }

        string[] found = [.. _others.Where(HasIt).Take(2)];
        return found switch
        {
            [string only] => only,
            [] => throw new SocoDataException(
                $"{_json}: \"{name}\" of image {id} is not there: "
                + "put it beside the JSON, in a folder next to it or in images/, or leave it out."),
            _ => throw new SocoDataException(
                $"{_json}: \"{name}\" of image {id} is both in {found[0]} and in {found[1]}: move the JSON into the folder that is meant."),
        };
    }
}

using Soco.Vision.IO;

namespace Soco.Vision.Sources;

/// <summary>
/// Where the images of a COCO file lie. COCO keeps <c>annotations/instances_train2017.json</c> beside <c>train2017/</c>; other tools write
/// the JSON next to the images or above <c>images/</c>. A folder that the JSON's own name mentions is searched first. A name of another
/// machine is looked for by its end (<see cref="ImageNameResolver"/>), in the same folders and no others.
/// </summary>
internal sealed class CocoImageFolders
{
    private const int DepthInside = 4;

    private readonly string _json;
    private readonly List<string> _likely;
    private readonly List<string> _others;
    private readonly Lazy<(string Folder, string[] Names, ImageNameResolver Resolver)[]> _listed;

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
        // The folder above may be anything, a home folder too: it is not searched to the bottom.
        _listed = new(() => [.. roots.Select(root => Listed(root, bases is [_, var last] && root == last ? 1 : DepthInside))]);
    }

    /// <summary>The file of a listed image.</summary>
    /// <param name="listed">Its name in the JSON.</param>
    /// <param name="id">Its id, for messages.</param>
    /// <exception cref="SocoDataException">It is nowhere, or in two places that are equally likely.</exception>
    internal ImageFile Find(string listed, JsonId id)
    {
        string name = ImageNameResolver.Clean(listed);
        bool HasIt(string folder) => name.Length > 0 && File.Exists(Path.Join(folder, name));
        if (_likely.Find(HasIt) is { } likely)
        {
            return new ImageFile(name, likely);
        }

        string[] found = [.. _others.Where(HasIt).Take(2)];
        return found switch
        {
            [string only] => new ImageFile(name, only),
            [] => FindByEnd(listed, id),
            _ => throw new SocoDataException(
                $"{_json}: \"{listed}\" of image {id} is both in {found[0]} and in {found[1]}: move the JSON into the folder that is meant."
            ),
        };
    }

    private ImageFile FindByEnd(string listed, JsonId id)
    {
        foreach ((string folder, string[] names, ImageNameResolver resolver) in _listed.Value)
        {
            ImageNameMatch match = resolver.Find(listed);
            if (match.Candidates == 1)
            {
                return new ImageFile(names[match.Index], folder);
            }

            if (match.Candidates > 1)
            {
                throw new SocoDataException(
                    $"{_json}: \"{listed}\" of image {id} fits {match.Candidates} files in {folder}: write the path under that folder, or name the folder of the images in place of the JSON."
                );
            }
        }

        bool leadsOut = Path.IsPathRooted(listed) || listed.Replace('\\', '/').Split('/').Contains("..");
        throw new SocoDataException(
            $"{_json}: \"{listed}\" of image {id} is not there{(leadsOut ? ", and a path that leads out of the JSON's folders is not followed" : "")}: "
                + "put it beside the JSON, in a folder next to it or in images/, or leave it out."
        );
    }

    private static (string Folder, string[] Names, ImageNameResolver Resolver) Listed(string folder, int depth)
    {
        var options = new EnumerationOptions
        {
            RecurseSubdirectories = true,
            MaxRecursionDepth = depth,
            IgnoreInaccessible = true,
        };
        string[] names =
        [
            .. Directory
                .EnumerateFiles(folder, "*", options)
                .Where(ImageNames.IsImage)
                .Select(path => Path.GetRelativePath(folder, path).Replace('\\', '/'))
                .Order(StringComparer.Ordinal),
        ];
        return (folder, names, new ImageNameResolver(names));
    }
}

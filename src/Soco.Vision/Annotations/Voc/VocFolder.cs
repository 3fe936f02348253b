using Soco.Vision.IO;

namespace Soco.Vision.Annotations.Voc;

/// <summary>Where the parts of a PASCAL VOC folder are, or of a plain folder of XML files beside the images.</summary>
internal sealed class VocFolder
{
    private static readonly EnumerationOptions s_everywhere = new() { RecurseSubdirectories = true };

    private readonly string _root;

    private VocFolder(string root, string annotations) => (_root, Annotations) = (root, annotations);

    /// <summary>The folder of the XML files.</summary>
    public string Annotations { get; }

    /// <summary>The folder of the lists of images.</summary>
    public string Lists => Path.Combine(_root, "ImageSets", "Main");

    /// <summary>Finds the parts; null where a folder has neither a folder Annotations, in any case, nor an XML file in it.</summary>
    /// <param name="folder">Any path.</param>
    public static VocFolder? Find(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return null;
        }

        string[] named =
        [
            .. Directory
                .GetDirectories(folder)
                .Where(path => Path.GetFileName(path).Equals("Annotations", StringComparison.OrdinalIgnoreCase))
                .Order(StringComparer.Ordinal),
        ];
        if (named.Length > 0)
        {
            return new VocFolder(folder, named[0]);
        }

        bool holdsXml = Directory.EnumerateFiles(folder).Any(IsXml);
        return holdsXml
            ? new VocFolder(
                Directory.Exists(Path.Combine(folder, "ImageSets")) ? folder : Path.GetDirectoryName(Path.GetFullPath(folder)) ?? folder,
                folder
            )
            : null;
    }

    /// <summary>
    /// The names of the XML files: paths under <see cref="Annotations"/> with forward slashes and without the extension, in ordinal order.
    /// </summary>
    public (string Name, string Path)[] Files() =>
        [
            .. Directory
                .EnumerateFiles(Annotations, "*", s_everywhere)
                .Where(IsXml)
                .Select(path => (Path.ChangeExtension(Path.GetRelativePath(Annotations, path), null).Replace('\\', '/'), path))
                .Where(file => !file.Item1.Split('/')[^1].StartsWith('.'))
                .DistinctBy(file => file.Item1)
                .OrderBy(file => file.Item1, StringComparer.Ordinal),
        ];

    /// <summary>
    /// The folder of the images: JPEGImages or images, else the XML files' own, else the only other folder beside it that holds images.
    /// </summary>
    /// <exception cref="SocoDataException">No folder, or more than one, can be meant.</exception>
    public string Images()
    {
        string[] candidates = Candidates();
        return candidates switch
        {
            [string only] => only,
            [] => throw new SocoDataException(
                $"{Annotations} has XML files, but there is no folder of images beside it; name the images with --images."
            ),
            _ => throw new SocoDataException(
                $"{Annotations} has XML files, and both {candidates[0]} and {candidates[1]} may be their images; name the right folder with --images."
            ),
        };
    }

    /// <summary>As <see cref="Images"/>, but null where it would fail.</summary>
    public string? FindImages() => Candidates() is [string only] ? only : null;

    private string[] Candidates()
    {
        string[] beside =
        [
            .. Directory
                .GetDirectories(_root)
                .Where(path => Path.GetFullPath(path) != Path.GetFullPath(Annotations))
                .Order(StringComparer.Ordinal),
        ];
        foreach (string usual in new[] { "JPEGImages", "images" })
        {
            if (Array.Find(beside, path => Path.GetFileName(path).Equals(usual, StringComparison.OrdinalIgnoreCase)) is { } found)
            {
                return [found];
            }
        }

        if (HoldsImages(Annotations))
        {
            return [Annotations];
        }

        string[] holding = [.. beside.Where(HoldsImages).Take(2)];
        return holding.Length == 0 && Directory.EnumerateFiles(_root).Any(IsImage) ? [_root] : holding;
    }

    private static bool IsXml(string path) => Path.GetExtension(path).Equals(".xml", StringComparison.OrdinalIgnoreCase);

    private static bool HoldsImages(string folder) => Directory.EnumerateFiles(folder, "*", s_everywhere).Any(IsImage);

    private static bool IsImage(string path) => !IsXml(path) && ImageNameResolver.HasExtension(path);
}

using System.IO.Enumeration;
using Soco.Vision.Imaging;

namespace Soco.Vision.Sources;

/// <summary>Finds the images in a folder and all folders in it. Links are followed; a folder that is reached twice is read once.</summary>
internal static class FolderWalk
{
    private static readonly EnumerationOptions OneLevel = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

    private readonly record struct Entry(string Name, bool IsFolder, bool IsLink);

    /// <summary>
    /// The images, and the folders that hold runs or proposals: those are not looked through, unless they are the root itself.
    /// </summary>
    internal static (List<ImageFile> Images, List<string> PassedOver) FindImages(string root)
    {
        var found = new List<ImageFile>();
        var passedOver = new List<string>();
        Visit(root, "", RealPath(Path.GetFullPath(root)), [], found, passedOver);
        return (found, passedOver);
    }

    private static void Visit(
        string root,
        string prefix,
        string realFolder,
        HashSet<string> visited,
        List<ImageFile> found,
        List<string> passedOver
    )
    {
        if (!visited.Add(realFolder))
        {
            return;
        }

        Entry[] entries =
        [
            .. new FileSystemEnumerable<Entry>(
                Path.Join(root, prefix),
                (ref FileSystemEntry entry) =>
                    new Entry(
                        entry.FileName.ToString(),
                        entry.IsDirectory,
                        entry.IsDirectory && entry.Attributes.HasFlag(FileAttributes.ReparsePoint)
                    ),
                OneLevel
            ),
        ];
        // Which of two links to one folder counts must not depend on the order that a disk lists them in.
        Array.Sort(entries, (a, b) => string.CompareOrdinal(a.Name, b.Name));
        if (prefix.Length > 0 && IsOfSoco(entries))
        {
            passedOver.Add(Path.Join(root, prefix.TrimEnd('/')));
            return;
        }

        foreach (Entry entry in entries)
        {
            if (ImageNames.IsHidden(entry.Name))
            {
                continue;
            }

            if (entry.IsFolder)
            {
                string joined = Path.Join(realFolder, entry.Name);
                Visit(root, $"{prefix}{entry.Name}/", entry.IsLink ? RealPath(joined) : joined, visited, found, passedOver);
            }
            else if (
                ImageNames.IsImage(entry.Name) || (!entry.Name.Contains('.') && ImageDecoder.Begins(Path.Join(root, prefix, entry.Name)))
            )
            {
                found.Add(new ImageFile(prefix + entry.Name, root));
            }
        }
    }

    /// <summary>
    /// A run has its recipe beside its checkpoints or its log, a comparison its configuration beside its cells, proposals their parts.
    /// </summary>
    private static bool IsOfSoco(Entry[] entries)
    {
        HashSet<string> names = [.. entries.Select(entry => entry.Name)];
        return (names.Contains("recipe.yaml") && (names.Contains("checkpoints") || names.Contains("log.jsonl")))
            || (names.Contains("config.yaml") && names.Contains("finetune"))
            || names.Contains("part-00000.parquet");
    }

    /// <summary>A full path with every link in it resolved.</summary>
    private static string RealPath(string path)
    {
        string? parent = Path.GetDirectoryName(path);
        if (parent is null)
        {
            return path;
        }

        string here = Path.Join(RealPath(parent), Path.GetFileName(path));
        FileSystemInfo? target = Directory.ResolveLinkTarget(here, returnFinalTarget: false);
        return target is null ? here : RealPath(Path.GetFullPath(target.FullName));
    }
}

using System.IO.Enumeration;

namespace Soco.Images;

/// <summary>Finds the images in a folder and all folders in it. Links are followed; a folder that is reached twice is read once.</summary>
internal static class FolderWalk
{
    private static readonly EnumerationOptions OneLevel = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

    private readonly record struct Entry(string Name, bool IsFolder, bool IsLink);

    internal static List<ImageFile> FindImages(string root)
    {
        var found = new List<ImageFile>();
        Visit(root, "", RealPath(Path.GetFullPath(root)), [], found);
        return found;
    }

    private static void Visit(string root, string prefix, string realFolder, HashSet<string> visited, List<ImageFile> found)
    {
        if (!visited.Add(realFolder))
        {
            return;
        }

        Entry[] entries = [.. new FileSystemEnumerable<Entry>(
            Path.Join(root, prefix),
            (ref FileSystemEntry entry) => new Entry(
                entry.FileName.ToString(), entry.IsDirectory, entry.IsDirectory && entry.Attributes.HasFlag(FileAttributes.ReparsePoint)),
            OneLevel)];
        // Which of two links to one folder counts must not depend on the order that a disk lists them in.
        Array.Sort(entries, (a, b) => string.CompareOrdinal(a.Name, b.Name));
        foreach (Entry entry in entries)
        {
            if (ImageNames.IsHidden(entry.Name))
            {
                continue;
            }

            if (entry.IsFolder)
            {
                string joined = Path.Join(realFolder, entry.Name);
                Visit(root, $"{prefix}{entry.Name}/", entry.IsLink ? RealPath(joined) : joined, visited, found);
            }
            else if (ImageNames.IsImage(entry.Name))
            {
                found.Add(new ImageFile(prefix + entry.Name, root));
            }
        }
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

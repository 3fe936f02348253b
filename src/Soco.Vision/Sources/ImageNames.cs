namespace Soco.Vision.Sources;

/// <summary>Which names inside a folder or an archive are images, and how they are written.</summary>
internal static class ImageNames
{
    private static readonly HashSet<string> Extensions = new(
        [".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm", .. UnreadableExtensions],
        StringComparer.OrdinalIgnoreCase
    );

    /// <summary>Of images that cannot be decoded: they are images all the same, and listed with the reason.</summary>
    private static string[] UnreadableExtensions => [".heic", ".heif", ".avif", ".jp2", ".j2k", ".pam"];

    /// <summary>By the extension, in any case.</summary>
    internal static bool IsImage(string path) => Extensions.Contains(Path.GetExtension(path));

    /// <summary>Dotfiles, and the folder of resource forks that macOS puts into zips.</summary>
    internal static bool IsHidden(string part) => part is "__MACOSX" || part.StartsWith('.');

    /// <summary>The clean name of an entry of an archive; null where it is no image, hidden, or climbs out by "..".</summary>
    internal static string? OfEntry(string path)
    {
        string[] parts = path.Replace('\\', '/').Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts is [".", ..])
        {
            parts = parts[1..];
        }

        return parts.Length > 0 && IsImage(parts[^1]) && !parts.Any(IsHidden) ? string.Join('/', parts) : null;
    }

    /// <summary>In ordinal order of the names; of equal names the last stays, as it does when an archive is unpacked.</summary>
    internal static T[] Ordered<T>(IEnumerable<T> entries, Func<T, string> nameOf)
    {
        var byName = new Dictionary<string, T>(StringComparer.Ordinal);
        foreach (T entry in entries)
        {
            byName[nameOf(entry)] = entry;
        }

        var names = new string[byName.Count];
        var ordered = new T[byName.Count];
        byName.Keys.CopyTo(names, 0);
        byName.Values.CopyTo(ordered, 0);
        Array.Sort(names, ordered, StringComparer.Ordinal);
        return ordered;
    }
}

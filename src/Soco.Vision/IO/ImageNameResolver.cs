using System.Runtime.InteropServices;

namespace Soco.Vision.IO;

/// <summary>What was found for a name.</summary>
/// <param name="Index">The place of the one name that is meant; -1 for none or several.</param>
/// <param name="Candidates">How many fit equally well.</param>
internal readonly record struct ImageNameMatch(int Index, int Candidates);

/// <summary>
/// Finds the image that a file of labels or results means. Such files keep the paths of the machine that wrote them, so a name is taken
/// without <c>.</c>, <c>..</c>, doubled slashes, drives and roots, and is looked for whole, then as the end of a longer name or a longer
/// name as its end; then without regard to case, and last without the extension of an image. The longest common end wins; of two that are
/// equally long neither is taken. What is found is always one of the given names, so that nothing outside of them is read.
/// </summary>
internal sealed class ImageNameResolver
{
    /// <summary>What Label Studio writes before the path of a file of its own machine, which is encoded as in an address.</summary>
    private const string LocalFiles = "/local-files/?d=";

    private static readonly HashSet<string> s_extensions = new(
        [
            ".jpg",
            ".jpeg",
            ".jpe",
            ".jfif",
            ".png",
            ".bmp",
            ".gif",
            ".webp",
            ".tif",
            ".tiff",
            ".heic",
            ".heif",
            ".avif",
            ".jp2",
            ".ppm",
            ".pgm",
            ".pbm",
            ".xml",
        ],
        StringComparer.OrdinalIgnoreCase
    );

    private static readonly Form[] s_forms =
    [
        new(part => part, StringComparison.Ordinal),
        new(part => part, StringComparison.OrdinalIgnoreCase),
        new(WithoutExtension, StringComparison.OrdinalIgnoreCase),
    ];

    private readonly string[] _names;
    private readonly Dictionary<string, ImageNameMatch> _whole;
    private readonly Dictionary<string, List<int>>?[] _byLastPart = new Dictionary<string, List<int>>?[s_forms.Length];

    /// <param name="names">The names of the images that there are, with forward or backward slashes.</param>
    public ImageNameResolver(IEnumerable<string> names)
    {
        _names = [.. names.Select(Clean)];
        _whole = new Dictionary<string, ImageNameMatch>(_names.Length, StringComparer.Ordinal);
        for (int i = 0; i < _names.Length; i++)
        {
            ref ImageNameMatch match = ref CollectionsMarshal.GetValueRefOrAddDefault(_whole, _names[i], out bool known);
            match = known ? new ImageNameMatch(-1, match.Candidates + 1) : new ImageNameMatch(i, 1);
        }
    }

    /// <summary>The name as a path inside a folder: forward slashes; no empty parts, <c>.</c>, <c>..</c>, drive or root.</summary>
    public static string Clean(string name) => string.Join('/', PartsOf(name));

    /// <summary>The name without the extension of an image, where it has one: <c>cam.2019.05</c> has none.</summary>
    public static string WithoutExtension(string name) => HasExtension(name) ? name[..^Path.GetExtension(name).Length] : name;

    /// <summary>Whether a name ends with the extension of an image, of whatever kind and case.</summary>
    public static bool HasExtension(string name) => s_extensions.Contains(Path.GetExtension(name));

    /// <summary>Finds the image that a name means.</summary>
    /// <param name="name">As a file of labels or results writes it.</param>
    public ImageNameMatch Find(string name)
    {
        string[] parts = PartsOf(name);
        if (parts.Length == 0)
        {
            return new ImageNameMatch(-1, 0);
        }

        if (_whole.TryGetValue(string.Join('/', parts), out ImageNameMatch whole))
        {
            return whole;
        }

        for (int form = 0; form < s_forms.Length; form++)
        {
            if (FindByEnd(parts, form) is { Candidates: > 0 } match)
            {
                return match;
            }
        }

        return new ImageNameMatch(-1, 0);
    }

    private ImageNameMatch FindByEnd(string[] parts, int form)
    {
        (int Length, bool Same) best = default;
        (int index, int count) = (-1, 0);
        foreach (int candidate in ByLastPart(form).GetValueOrDefault(s_forms[form].OfLastPart(parts[^1]), []))
        {
            string[] other = PartsOf(_names[candidate]);
            if (!IsEnd(parts, other, s_forms[form].Comparison))
            {
                continue;
            }

            (int Length, bool Same) fit = (Math.Min(parts.Length, other.Length), parts.Length == other.Length);
            int better = fit.CompareTo(best);
            (best, index, count) =
                better > 0 ? (fit, candidate, 1)
                : better == 0 ? (best, -1, count + 1)
                : (best, index, count);
        }

        return new ImageNameMatch(index, count);
    }

    private Dictionary<string, List<int>> ByLastPart(int form)
    {
        if (_byLastPart[form] is { } built)
        {
            return built;
        }

        var places = new Dictionary<string, List<int>>(_names.Length, StringComparer.FromComparison(s_forms[form].Comparison));
        for (int i = 0; i < _names.Length; i++)
        {
            string last = s_forms[form].OfLastPart(_names[i][(_names[i].LastIndexOf('/') + 1)..]);
            (CollectionsMarshal.GetValueRefOrAddDefault(places, last, out _) ??= []).Add(i);
        }

        return _byLastPart[form] = places;
    }

    /// <summary>Whether the folders of one name are the end of those of the other: an image of another folder is another image.</summary>
    private static bool IsEnd(string[] parts, string[] other, StringComparison comparison)
    {
        for (int i = 2; i <= Math.Min(parts.Length, other.Length); i++)
        {
            if (!parts[^i].Equals(other[^i], comparison))
            {
                return false;
            }
        }

        return true;
    }

    private static string[] PartsOf(string name)
    {
        if (name.IndexOf(LocalFiles, StringComparison.Ordinal) is >= 0 and var query)
        {
            name = Uri.UnescapeDataString(name[(query + LocalFiles.Length)..]);
        }

        var parts = new List<string>();
        foreach (string part in name.Replace('\\', '/').Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            switch (part)
            {
                case ".":
                case [_, ':'] when parts.Count == 0:
                    break;
                case "..":
                    parts.RemoveRange(Math.Max(0, parts.Count - 1), Math.Min(1, parts.Count));
                    break;
                default:
                    parts.Add(part);
                    break;
            }
        }

        return [.. parts];
    }

    private sealed record Form(Func<string, string> OfLastPart, StringComparison Comparison);
}

using System.Text;
using Soco.Vision.Imaging;
using Soco.Vision.IO;

namespace Soco.Vision.Sources;

/// <summary>
/// The images that could not be used, and the file that lists them: <c>skipped.csv</c>, name and reason, each once, in order. Thread-safe.
/// </summary>
/// <param name="path">The file.</param>
internal sealed class SkippedImages(string path)
{
    private const string Header = "path,reason";

    private readonly SortedSet<string> _lines = new(StringComparer.Ordinal);

    /// <summary>Images in the list.</summary>
    public int Count
    {
        get
        {
            lock (_lines)
            {
                return _lines.Count;
            }
        }
    }

    /// <summary>The image that was added first; null before.</summary>
    public UnreadableImageException? First { get; private set; }

    /// <summary>A list that keeps what the file already holds.</summary>
    public static SkippedImages GoOn(string path)
    {
        var images = new SkippedImages(path);
        images.AddFrom(path);
        return images;
    }

    /// <summary>Why an image is in a list; null where it is not, or there is no list.</summary>
    /// <param name="path">The list.</param>
    public static Func<string, string?> ReasonsIn(string path)
    {
        Dictionary<string, string> reasons = [];
        foreach (string line in File.Exists(path) ? File.ReadLines(path).Skip(1) : [])
        {
            // A quoted field ends with a quotation mark that is not doubled.
            int end = line.StartsWith('"') ? line.Replace("\"\"", "..").IndexOf('"', 1) + 1 : line.IndexOf(',');
            if (end > 0 && end < line.Length)
            {
                string reason = line[(end + 1)..];
                reasons[line[..end]] = reason.StartsWith('"') ? reason[1..^1].Replace("\"\"", "\"") : reason;
            }
        }

        return name => reasons.GetValueOrDefault(CsvText.Quote(name));
    }

    /// <summary>Adds an image.</summary>
    public void Add(UnreadableImageException image)
    {
        lock (_lines)
        {
            First ??= image;
            _lines.Add($"{CsvText.Quote(image.Name)},{CsvText.Quote(image.Reason)}");
        }
    }

    /// <summary>Adds what another list has, where there is one.</summary>
    /// <param name="other">The file.</param>
    public void AddFrom(string other)
    {
        lock (_lines)
        {
            _lines.UnionWith(File.Exists(other) ? File.ReadLines(other).Skip(1) : []);
        }
    }

    /// <summary>Writes the file, whole or not at all; with nothing to list there is none.</summary>
    /// <exception cref="SocoRunException">The folder cannot be written.</exception>
    public void Save()
    {
        lock (_lines)
        {
            if (_lines.Count > 0)
            {
                AtomicFile.Write(path, Encoding.UTF8.GetBytes(string.Concat(_lines.Prepend(Header).Select(line => line + "\n"))));
            }
            else
            {
                File.Delete(path);
            }
        }
    }
}

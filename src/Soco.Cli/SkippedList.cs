using Soco.Images;

namespace Soco.Cli;

/// <summary>The images of a run that could not be used: <c>skipped.csv</c>, each named once.</summary>
internal sealed class SkippedList : IDisposable
{
    private const string Header = "path,reason";

    private readonly string _path;
    private readonly HashSet<string> _lines;

    /// <param name="path">The file; lines that are there stay.</param>
    public SkippedList(string path)
    {
        _path = path;
        _lines = File.Exists(path) ? [.. File.ReadLines(path).Skip(1)] : [];
    }

    /// <summary>Adds an image.</summary>
    public void Add(UnreadableImageException exception)
    {
        lock (_lines)
        {
            if (_lines.Add($"{Quote(exception.Name)},{Quote(exception.Reason)}"))
            {
                File.WriteAllLines(_path, _lines.Order(StringComparer.Ordinal).Prepend(Header));
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_lines.Count > 0)
        {
            Console.WriteLine($"{_lines.Count} images could not be used; they are listed in {_path}");
        }
    }

    private static string Quote(string text) => text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"")}\"";
}

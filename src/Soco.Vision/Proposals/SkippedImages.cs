using System.Text;
using Soco.Images;

namespace Soco.Proposals;

/// <summary>The images that could not be read, and the file that lists them: <c>skipped.csv</c>, path and reason.</summary>
internal sealed class SkippedImages
{
    private readonly List<UnreadableImageException> _images = [];

    public int Count => _images.Count;

    public UnreadableImageException First => _images[0];

    public void Add(UnreadableImageException image) => _images.Add(image);

    /// <summary>Writes the list, or removes that of an earlier run where nothing is to be listed.</summary>
    public void Write(string path)
    {
        if (Count == 0)
        {
            File.Delete(path);
            return;
        }

        var text = new StringBuilder("path,reason\n");
        _images.ForEach(image => text.Append(Quote(image.Name)).Append(',').Append(Quote(image.Reason)).Append('\n'));
        AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text.ToString())));
    }

    private static string Quote(string field) =>
        field.AsSpan().ContainsAny(",\"\r\n") ? $"\"{field.Replace("\"", "\"\"")}\"" : field;
}

using Soco.Vision.Imaging;
using Soco.Vision.Sources;

namespace Soco.Cli.Terminal;

/// <summary>The images of a run that could not be used: listed as they turn up, and told of at the end.</summary>
/// <param name="path">The file; what it lists stays.</param>
internal sealed class SkippedList(string path) : IDisposable
{
    private readonly SkippedImages _images = SkippedImages.GoOn(path);

    /// <summary>Adds an image.</summary>
    public void Add(UnreadableImageException exception) => Add([exception]);

    /// <summary>Adds images, maybe none.</summary>
    public void Add(IReadOnlyList<UnreadableImageException> exceptions)
    {
        foreach (UnreadableImageException exception in exceptions)
        {
            _images.Add(exception);
        }

        if (exceptions.Count > 0)
        {
            _images.Save();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_images.Count > 0)
        {
            Console.WriteLine($"{Plural.Of(_images.Count, "image")} could not be used, listed in {path}");
        }
    }
}

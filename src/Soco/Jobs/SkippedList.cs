using Soco.Vision.Imaging;
using Soco.Vision.Sources;

namespace Soco.Jobs;

/// <summary>The images of a run that could not be used: listed as they turn up, and counted at the end.</summary>
/// <param name="path">The file; what it lists stays.</param>
/// <param name="reporter">Where the number is told.</param>
internal sealed class SkippedList(string path, JobReporter reporter) : IDisposable
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
            reporter.Tell(new JobMessage($"{Plural.Of(_images.Count, "image")} could not be used, listed in {path}"));
        }
    }
}

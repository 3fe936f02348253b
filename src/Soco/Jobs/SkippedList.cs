using System.Text.Json;
using Soco.Distributed;
using Soco.Vision;
using Soco.Vision.Imaging;
using Soco.Vision.Sources;

namespace Soco.Jobs;

/// <summary>
/// The images of a run that could not be used: listed as they turn up, and counted at the end. The first process has the list.
/// </summary>
/// <param name="path">The file; what it lists stays.</param>
/// <param name="reporter">Where the number is told.</param>
/// <param name="processes">The processes that may meet some; null: this one alone.</param>
internal sealed class SkippedList(string path, JobReporter reporter, ICollective? processes = null) : IDisposable
{
    private readonly ICollective _processes = processes ?? SingleProcess.Instance;
    private readonly SkippedImages _images = SkippedImages.GoOn(path);
    private readonly List<UnreadableImageException> _untold = [];

    /// <summary>Adds an image.</summary>
    public void Add(UnreadableImageException exception) => Add([exception]);

    /// <summary>Adds images, maybe none.</summary>
    public void Add(IReadOnlyList<UnreadableImageException> exceptions)
    {
        if (!_processes.IsFirst())
        {
            lock (_untold)
            {
                _untold.AddRange(exceptions);
            }

            return;
        }

        foreach (UnreadableImageException exception in exceptions)
        {
            _images.Add(exception);
        }

        if (exceptions.Count > 0)
        {
            _images.Save();
        }
    }

    /// <summary>Brings what all processes met to the list; all of them call it.</summary>
    public void Gather()
    {
        string[][] own = [.. _untold.Select(image => new[] { image.Name, image.Reason })];
        string[] all = _processes.AllGather(JsonSerializer.Serialize(own));
        _untold.Clear();
        if (_processes.IsFirst())
        {
            Add([
                .. all.SelectMany(text => JsonSerializer.Deserialize<string[][]>(text)!)
                    .Select(image => new UnreadableImageException(image[0], image[1])),
            ]);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_processes.IsFirst() && _images.Count > 0)
        {
            reporter.Tell(new JobMessage($"{Plural.Of(_images.Count, "image")} could not be used, listed in {path}"));
        }
    }
}

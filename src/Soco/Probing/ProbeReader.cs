using Soco.Data;
using Soco.Detection.Data;
using Soco.Vision.Imaging;
using static TorchSharp.torch;

namespace Soco.Probing;

/// <summary>
/// Reads images for a probe, a batch at a time and several at once. One that cannot be read is told of once, and takes no part.
/// </summary>
/// <param name="options">Batch and threads.</param>
/// <param name="all">Images that are read in all.</param>
/// <param name="progress">Told images done and in all.</param>
/// <param name="onUnreadable">Told of each image that cannot be read.</param>
/// <param name="cancellationToken">Ends it early with <see cref="OperationCanceledException"/>.</param>
/// <param name="sameSize">Whether all images are read in one size, and nothing is added at their edges.</param>
internal sealed class ProbeReader(
    ProbeOptions options,
    int all,
    Action<int, int>? progress,
    Action<UnreadableImageException> onUnreadable,
    CancellationToken cancellationToken,
    bool sameSize = false
)
{
    private readonly HashSet<string> _told = [];
    private int _done;

    /// <summary>The images of some items, in their order.</summary>
    /// <param name="items">An item for each image.</param>
    /// <param name="read">Reads an item's image; called from several threads.</param>
    /// <returns>[N, 3, H, W], normalized and the receiver's own, and the N items.</returns>
    public IEnumerable<(Tensor Images, T[] Items)> Batches<T>(IEnumerable<T> items, Func<T, RgbImage> read)
    {
        foreach (T[] chunk in items.Chunk(options.Batch))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var samples = new DetectionSample?[chunk.Length];
            Prefetch.ForEach(chunk.Length, options.Threads, cancellationToken, i => samples[i] = SampleOf(() => read(chunk[i])));
            progress?.Invoke(_done += chunk.Length, all);
            if (samples.OfType<DetectionSample>().ToArray() is { Length: > 0 } readable)
            {
                yield return (
                    DetectionBatches.Build(readable, withMasks: false, multiple: sameSize ? 1 : DetectionBatches.Multiple).Images,
                    [.. chunk.Where((_, i) => samples[i] is not null)]
                );
            }
        }
    }

    private DetectionSample? SampleOf(Func<RgbImage> read)
    {
        try
        {
            return new DetectionSample(read(), false, null);
        }
        catch (UnreadableImageException exception)
        {
            lock (_told)
            {
                if (_told.Add(exception.Message))
                {
                    onUnreadable(exception);
                }
            }

            return null;
        }
    }
}

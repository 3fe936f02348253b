namespace Soco.Vision.Imaging;

/// <summary>
/// Limits the memory of images in use: together they hold at most a number of pixels. An image with more pixels than that is decoded when
/// no other is in use.
/// </summary>
internal sealed class PixelBudget(long most)
{
    private readonly object _gate = new();
    private long _held;

    // 4 bytes of RGBA while it is decoded, 3 of RGB afterwards, and a quarter of the memory.
    private const int BytesOfPixel = 8,
        PartOfMemory = 4;

    private const long LeastPixels = 64_000_000;

    /// <summary>The budget of the process: what fits in a quarter of its memory, and at least 64 million pixels.</summary>
    internal static PixelBudget Shared { get; } =
        new(Math.Max(LeastPixels, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (PartOfMemory * BytesOfPixel)));

    /// <summary>Waits until there is room for an image. Disposing the result releases its share.</summary>
    /// <param name="pixels">Of the image.</param>
    internal Share Enter(long pixels)
    {
        pixels = Math.Min(pixels, most);
        lock (_gate)
        {
            while (_held + pixels > most)
            {
                Monitor.Wait(_gate);
            }

            _held += pixels;
        }

        return new Share(this, pixels);
    }

    private void Leave(long pixels)
    {
        lock (_gate)
        {
            _held -= pixels;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>The share of one image.</summary>
    internal readonly struct Share(PixelBudget budget, long pixels) : IDisposable
    {
        /// <inheritdoc/>
        public void Dispose() => budget.Leave(pixels);
    }
}

namespace Soco.Images;

/// <summary>
/// Bounds the memory of images under way: together they hold no more pixels than the budget, and one that is larger than all of it goes alone. Threads wait
/// their turn.
/// </summary>
internal sealed class PixelBudget(long most)
{
    private readonly object _gate = new();
    private long _held;

    /// <summary>Of the process: 64 million pixels, some 450 MB while they are decoded.</summary>
    internal static PixelBudget Shared { get; } = new(64_000_000);

    /// <summary>Waits until an image may be decoded. What is returned gives its pixels back.</summary>
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

    /// <summary>What an image takes of the budget.</summary>
    internal readonly struct Share(PixelBudget budget, long pixels) : IDisposable
    {
        /// <inheritdoc/>
        public void Dispose() => budget.Leave(pixels);
    }
}

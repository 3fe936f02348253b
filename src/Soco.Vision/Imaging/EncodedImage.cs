using SkiaSharp;

namespace Soco.Vision.Imaging;

/// <summary>An image in a file: its header is read, its pixels are not decoded yet.</summary>
internal abstract class EncodedImage : IDisposable
{
    /// <summary>Columns as stored; not checked.</summary>
    internal abstract int Width { get; }

    /// <summary>Rows as stored; not checked.</summary>
    internal abstract int Height { get; }

    /// <summary>How the stored image is turned upright.</summary>
    internal virtual SKEncodedOrigin Origin => SKEncodedOrigin.TopLeft;

    /// <summary>
    /// More pixels than a byte of the file can hold, so that a header that promises more is refused before memory is taken for them.
    /// </summary>
    internal abstract long MostPixelsOfByte { get; }

    /// <summary>Whether turning it upright makes rows of columns.</summary>
    internal bool SwapsSides => RgbPacking.SwapsSides(Origin);

    /// <summary>The pixels, upright.</summary>
    /// <exception cref="UnreadableImageException">They are damaged, truncated, or of a kind that is not read.</exception>
    internal abstract RgbImage Decode();

    /// <inheritdoc/>
    public virtual void Dispose() { }
}

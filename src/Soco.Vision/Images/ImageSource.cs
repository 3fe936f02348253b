namespace Soco.Images;

/// <summary>
/// An ordered set of encoded images: files, folders, an archive, or the images that a COCO file lists. The order is the ordinal order of
/// the names, so the index of an image is the same on every machine. Thread-safe for reading.
/// </summary>
public abstract class ImageSource : IDisposable
{
    /// <summary>The number of images.</summary>
    public abstract int Count { get; }

    /// <summary>The name of an image: its path inside the source, with forward slashes, unique in the source.</summary>
    /// <param name="index">0 .. Count-1.</param>
    public abstract string NameOf(int index);

    /// <summary>The encoded bytes of an image.</summary>
    /// <param name="index">0 .. Count-1.</param>
    /// <exception cref="UnreadableImageException">The bytes cannot be read.</exception>
    public abstract byte[] ReadBytes(int index);

    /// <inheritdoc/>
    public virtual void Dispose() => GC.SuppressFinalize(this);
}

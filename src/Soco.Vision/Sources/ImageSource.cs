using Soco.Vision.Imaging;

namespace Soco.Vision.Sources;

/// <summary>
/// An ordered set of encoded images: files, folders, an archive, or the images that a COCO file lists. The order is the ordinal order of
/// the names, so the index of an image is the same on every machine. Thread-safe for reading.
/// </summary>
public abstract class ImageSource : IDisposable
{
    /// <summary>The number of images.</summary>
    public abstract int Count { get; }

    /// <summary>
    /// Opens images by path. A path is an image (jpg, jpeg, png, bmp, gif, webp, tif, tiff), a folder (with all folders in it but those of
    /// runs and proposals; files without extension are told by their first bytes, and images of kinds that cannot be decoded are named as
    /// unreadable), a zip, tar, tar.gz or tgz of images, or a COCO JSON file whose images lie beside it, in a folder next to it or in
    /// <c>images/</c>. Dotfiles and <c>__MACOSX</c> are passed over. Where two paths hold the same name, every name gets the last part of
    /// its path in front.
    /// </summary>
    /// <param name="paths">At least one path; kinds may be mixed.</param>
    /// <exception cref="SocoRequestException">A path is missing, of another kind, cannot be opened, or holds no image.</exception>
    /// <exception cref="SocoDataException">An archive or a COCO file is damaged, or a COCO file lists an image that is missing.</exception>
    public static ImageSource Open(params IReadOnlyList<string> paths) => ImageSourceOpener.Open(paths);

    /// <summary>Folders inside of the named ones that were passed over, because they hold runs or proposals of Soco's.</summary>
    public virtual IReadOnlyList<string> PassedOver => [];

    /// <summary>The images of this source that have one of the names, in its order. The new source disposes this one.</summary>
    public ImageSource Only(IEnumerable<string> names) => new ChosenImages(this, new HashSet<string>(names, StringComparer.Ordinal));

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

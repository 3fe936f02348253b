using Soco.Annotations;
using Soco.Images;
using Soco.Training;

namespace Soco.Data;

/// <summary>An object to learn.</summary>
/// <param name="Box">Pixels of the image, inside it.</param>
/// <param name="Label">Class, 0..C-1.</param>
/// <param name="Mask">Its pixels; null where only a box is known.</param>
public sealed record LabelledObject(BoxXyxy Box, int Label, ObjectMask? Mask);

/// <summary>Images and what they show: annotations, and the source that has the pixels.</summary>
public sealed class LabelledImages : IDisposable
{
    private readonly int[] _indices;
    private readonly LabelledObject[][] _objects;

    /// <summary>Finds each annotated image in a source.</summary>
    /// <param name="source">The images, under the file names of the annotations; it is disposed with this.</param>
    /// <param name="dataset">The annotations, as read.</param>
    /// <param name="annotations">What error sentences call them.</param>
    /// <exception cref="SocoDataException">An annotated image is not in the source, or no image is annotated.</exception>
    public LabelledImages(ImageSource source, CocoDataset dataset, string annotations)
    {
        Source = source;
        Truth = dataset;
        CocoDataset mended = dataset.Mend();
        Mended = mended.Mended;
        Dictionary<string, int> names = Enumerable.Range(0, source.Count).ToDictionary(source.NameOf, index => index, StringComparer.Ordinal);
        CocoImage[] missing = [.. dataset.Images.Where(image => !names.ContainsKey(image.FileName))];
        if (missing.Length > 0)
        {
            throw new SocoDataException(
                $"{annotations}: image {missing[0].Id} is {missing[0].FileName}, which is not among the {source.Count} images"
                + (missing.Length > 1 ? $" ({missing.Length} of {dataset.Images.Count} are not)" : "") + "; name the folder that they are in with --images.");
        }

        if (dataset.Images.Count == 0)
        {
            throw new SocoDataException($"{annotations} lists no image; name another file.");
        }

        Dictionary<int, int> labels = dataset.CategoryIndices();
        _indices = [.. dataset.Images.Select(image => names[image.FileName])];
        _objects = [.. mended.AnnotationsByImage().Select(ofImage => ofImage
            .Where(annotation => !annotation.IsCrowd)
            .Select(annotation => new LabelledObject(annotation.Box.Corners, labels[annotation.CategoryId], annotation.Mask))
            .ToArray())];
    }

    /// <summary>Where the pixels come from.</summary>
    public ImageSource Source { get; }

    /// <summary>The annotations as they were read: what detections are measured against.</summary>
    public CocoDataset Truth { get; }

    /// <summary>What was left out or clipped for learning.</summary>
    public MendedAnnotations Mended { get; }

    /// <summary>Annotated images.</summary>
    public int Count => _indices.Length;

    /// <summary>The classes in the order of their labels.</summary>
    public IReadOnlyList<CocoCategory> Classes => Truth.Categories;

    /// <summary>Whether every object has a mask, and there is one.</summary>
    public bool HasMasks => _objects.Any(ofImage => ofImage.Length > 0) && _objects.All(ofImage => ofImage.All(item => item.Mask is not null));

    /// <summary>The size that the annotations of an image are for.</summary>
    public CocoImage ImageAt(int place) => Truth.Images[place];

    /// <summary>The index of an annotated image in the source.</summary>
    public int SourceIndexOf(int place) => _indices[place];

    /// <summary>The objects of an image, without crowds.</summary>
    public IReadOnlyList<LabelledObject> ObjectsOf(int place) => _objects[place];

    /// <summary>Tells these images, their classes and their objects from others.</summary>
    public DatasetFingerprint Fingerprint() => DatasetFingerprint.Of(Enumerable.Range(0, Count).Select(place => string.Join(
        '\n', _objects[place].Select(item => FormattableString.Invariant($"{Classes[item.Label].Name} {item.Box.X1:r} {item.Box.Y1:r} {item.Box.X2:r} {item.Box.Y2:r}"))
            .Prepend(ImageAt(place).FileName))));

    /// <summary>Checks that a decoded image is the one that was annotated.</summary>
    /// <exception cref="UnreadableImageException">It has another size.</exception>
    public void Check(int place, RgbImage image)
    {
        CocoImage annotated = ImageAt(place);
        if ((image.Width, image.Height) != (annotated.Width, annotated.Height))
        {
            throw new UnreadableImageException(
                annotated.FileName, $"it is {image.Width} x {image.Height} pixels, and its annotations are for {annotated.Width} x {annotated.Height}");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Source.Dispose();
}

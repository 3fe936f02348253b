using Soco.Runs;
using Soco.Vision;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Annotations.Masks;
using Soco.Vision.Imaging;
using Soco.Vision.IO;
using Soco.Vision.Sources;

namespace Soco.Detection.Data;

/// <summary>An object to learn.</summary>
/// <param name="Box">Pixels of the image, inside it.</param>
/// <param name="Label">Class, 0..C-1.</param>
/// <param name="Mask">Its pixels; null where only a box is known.</param>
public sealed record LabelledObject(BoxXyxy Box, int Label, ObjectMask? Mask);

/// <summary>Images and what they show: annotations, and the source that has the pixels.</summary>
public sealed class LabelledImages : IDisposable
{
    private readonly int[] _indices;
    private readonly string[] _listed;
    private readonly LabelledObject[][] _objects;

    /// <summary>Finds each annotated image in a source.</summary>
    /// <param name="source">The images, under the file names of the annotations; it is disposed with this.</param>
    /// <param name="dataset">The annotations, as read.</param>
    /// <param name="annotations">What error sentences call them.</param>
    /// <exception cref="SocoDataException">
    /// An annotated image is not in the source, or its name fits several; two are the same; or no image is annotated.
    /// </exception>
    public LabelledImages(ImageSource source, CocoDataset dataset, string annotations)
    {
        if (dataset.Images.Count == 0)
        {
            throw new SocoDataException($"{annotations} lists no image; name another file.");
        }

        Source = source;
        _indices = Find(source, dataset, annotations);
        _listed = [.. dataset.Images.Select(image => image.FileName)];
        Truth = WithNamesAndSizes(dataset);
        CocoDataset mended = Truth.Mend();
        Mended = mended.Mended;
        Dictionary<int, int> labels = dataset.CategoryIndices();
        _objects =
        [
            .. mended
                .AnnotationsByImage()
                .Select(ofImage =>
                    ofImage
                        .Where(annotation => !annotation.IsCrowd)
                        .Select(annotation => new LabelledObject(
                            annotation.Box.Corners,
                            labels[annotation.CategoryId],
                            annotation.Mask is { IsEmpty: false } mask ? mask : null
                        ))
                        .ToArray()
                ),
        ];
    }

    /// <summary>Where the pixels come from.</summary>
    public ImageSource Source { get; }

    /// <summary>
    /// The annotations as they were read, with the names that the images have in the source, and with the sizes of those whose size the
    /// annotations do not say: what detections are measured against.
    /// </summary>
    public CocoDataset Truth { get; }

    /// <summary>What was left out or clipped for learning.</summary>
    public MendedAnnotations Mended { get; }

    /// <summary>Annotated images.</summary>
    public int Count => _indices.Length;

    /// <summary>The classes in the order of their labels.</summary>
    public IReadOnlyList<CocoCategory> Classes => Truth.Categories;

    /// <summary>Images whose name in the source is not the one of the annotations.</summary>
    public int Renamed => _listed.Where((name, place) => ImageNameResolver.Clean(name) != ImageAt(place).FileName).Count();

    /// <summary>Objects to learn.</summary>
    public int Objects => _objects.Sum(ofImage => ofImage.Length);

    /// <summary>Objects to learn that have no mask that can be used: their boxes alone are learned.</summary>
    public int ObjectsWithoutMask => _objects.Sum(ofImage => ofImage.Count(item => item.Mask is null));

    /// <summary>Whether an object has a mask to learn.</summary>
    public bool HasMasks => ObjectsWithoutMask < Objects;

    /// <summary>What a person should know of these labels, each a line without its stop; empty where nothing is special.</summary>
    /// <param name="withMasks">Whether masks are learned.</param>
    public IEnumerable<string> Notes(bool withMasks)
    {
        if (Mended.ToString() is { Length: > 0 } mended)
        {
            yield return mended;
        }

        if (withMasks && ObjectsWithoutMask > 0)
        {
            yield return $"{ObjectsWithoutMask} of {Objects} objects have no mask that can be used; their boxes are learned, and the masks of the others";
        }

        if (Renamed > 0)
        {
            int place = Enumerable.Range(0, Count).First(place => ImageNameResolver.Clean(_listed[place]) != ImageAt(place).FileName);
            yield return $"{Renamed} of {Count} images were found under another name, such as {_listed[place]}, which is {ImageAt(place).FileName}";
        }
    }

    /// <summary>Whether masks of detections can be measured: every object, crowds too, has one.</summary>
    public bool MasksAreMeasurable => Truth.Annotations.Count > 0 && Truth.Annotations.All(annotation => annotation.Mask is not null);

    /// <summary>The size that the annotations of an image are for.</summary>
    public CocoImage ImageAt(int place) => Truth.Images[place];

    /// <summary>The index of an annotated image in the source.</summary>
    public int SourceIndexOf(int place) => _indices[place];

    /// <summary>The objects of an image, without crowds.</summary>
    public IReadOnlyList<LabelledObject> ObjectsOf(int place) => _objects[place];

    /// <summary>Tells these images, their classes and their objects from others.</summary>
    public DatasetFingerprint Fingerprint() =>
        DatasetFingerprint.Of(
            Enumerable
                .Range(0, Count)
                .Select(place =>
                    string.Join(
                        '\n',
                        _objects[place]
                            .Select(item =>
                                FormattableString.Invariant(
                                    $"{Classes[item.Label].Name} {item.Box.X1:r} {item.Box.Y1:r} {item.Box.X2:r} {item.Box.Y2:r}"
                                )
                            )
                            .Prepend(ImageAt(place).FileName)
                    )
                )
        );

    /// <summary>Checks that a decoded image is the one that was annotated.</summary>
    /// <exception cref="UnreadableImageException">It has another size.</exception>
    public void Check(int place, RgbImage image)
    {
        CocoImage annotated = ImageAt(place);
        if ((image.Width, image.Height) != (annotated.Width, annotated.Height))
        {
            bool turned =
                (image.Height, image.Width) == (annotated.Width, annotated.Height)
                && ImageDecoder.SwapsSides(Source.ReadBytes(_indices[place]));
            throw new UnreadableImageException(
                annotated.FileName,
                $"it is {image.Width} x {image.Height} pixels{(turned ? ", turned by its EXIF orientation" : "")}, and its annotations are for {annotated.Width} x {annotated.Height}"
                    + (turned ? ", the pixels as they are stored: label the upright image, or take the orientation out of the file" : "")
            );
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Source.Dispose();

    /// <summary>The images of a source that annotations list; it disposes the source.</summary>
    /// <inheritdoc cref="LabelledImages(ImageSource, CocoDataset, string)"/>
    internal static ImageSource Listed(ImageSource source, CocoDataset dataset, string annotations) =>
        source.Only(Find(source, dataset, annotations).Select(source.NameOf));

    private static int[] Find(ImageSource source, CocoDataset dataset, string annotations)
    {
        var names = new ImageNameResolver(Enumerable.Range(0, source.Count).Select(source.NameOf));
        ImageNameMatch[] matches = [.. dataset.Images.Select(image => names.Find(image.FileName))];
        int missing = matches.Count(match => match.Candidates == 0);
        if (missing > 0)
        {
            CocoImage first = dataset.Images[Array.FindIndex(matches, match => match.Candidates == 0)];
            throw new SocoDataException(
                $"{annotations}: image {first.TextId ?? $"{first.Id}"} is {first.FileName}, which is not among the {source.Count} images"
                    + (missing > 1 ? $" ({missing} of {matches.Length} are not)" : "")
                    + "; name the folder that they are in with --images."
            );
        }

        var taken = new Dictionary<int, CocoImage>();
        foreach ((CocoImage image, ImageNameMatch match) in dataset.Images.Zip(matches))
        {
            string id = image.TextId ?? $"{image.Id}";
            if (match.Candidates > 1)
            {
                throw new SocoDataException(
                    $"{annotations}: image {id} is {image.FileName}, and {match.Candidates} images have a name like that; write the name of one of them, with its folder and extension."
                );
            }

            if (!taken.TryAdd(match.Index, image))
            {
                throw new SocoDataException(
                    $"{annotations}: the images {taken[match.Index].TextId ?? $"{taken[match.Index].Id}"} and {id} are both {source.NameOf(match.Index)} ({taken[match.Index].FileName} and {image.FileName}); "
                        + "leave one out, or name the folder with both of them with --images."
                );
            }
        }

        return Array.ConvertAll(matches, match => match.Index);
    }

    private CocoDataset WithNamesAndSizes(CocoDataset dataset)
    {
        CocoImage[] images = [.. dataset.Images.Select((image, place) => image with { FileName = Source.NameOf(_indices[place]) })];
        Dictionary<long, int> places = dataset.ImageIndices();
        return (dataset with { Images = images }).WithSizes(image =>
        {
            int index = _indices[places[image.Id]];
            try
            {
                return ImageDecoder.ReadSize(Source.ReadBytes(index), Source.NameOf(index));
            }
            catch (UnreadableImageException)
            {
                // The loader meets it too, and lists it.
                return null;
            }
        });
    }
}

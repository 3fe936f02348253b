using Soco.Vision;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Annotations.Cvat;
using Soco.Vision.Annotations.Labelme;
using Soco.Vision.Annotations.Voc;
using Soco.Vision.Annotations.Yolo;
using Soco.Vision.Sources;

namespace Soco.Detection.Data;

/// <summary>
/// Labelled images as people keep them: a COCO JSON and the folder of its images; a PASCAL VOC folder, a YOLO data set, a folder of
/// LabelMe's files or an XML of CVAT, which say where theirs are.
/// </summary>
public static class LabelFiles
{
    /// <summary>The formats but COCO, in the order in which they are looked for.</summary>
    private static readonly Source[] s_sources =
    [
        new(YoloReader.IsYolo, (path, split, usual) => YoloReader.Read(path, split ?? usual), path => YoloReader.ImagesOf(path)[0])
        {
            HasSplits = true,
        },
        new(CvatReader.IsCvat, (path, _, _) => CvatReader.Read(path), CvatReader.ImagesOf),
        new(path => !VocReader.IsVocFolder(path) && LabelmeReader.IsLabelme(path), (path, _, _) => LabelmeReader.Read(path), path => path),
        new(Directory.Exists, (path, split, _) => VocReader.Read(path, split), VocReader.ImagesOf) { HasSplits = true },
    ];

    /// <summary>Reads the labels.</summary>
    /// <param name="annotations">
    /// A COCO JSON, a VOC folder, a YOLO data set (its <c>data.yaml</c> or the folder of it), a folder of LabelMe's files, or an XML of
    /// CVAT.
    /// </param>
    /// <param name="split">The split of a VOC folder or a YOLO data set; null for all of a VOC folder.</param>
    /// <param name="usual">The split of a YOLO data set where none is asked for.</param>
    /// <exception cref="SocoRequestException">The labels have no splits.</exception>
    /// <exception cref="SocoDataException">The labels are missing or damaged.</exception>
    public static CocoDataset Read(string annotations, string? split, string usual = "train")
    {
        Source? source = Find(annotations);
        return split is null || source is { HasSplits: true }
            ? source?.Read(annotations, split, usual) ?? CocoReader.Read(annotations)
            : throw new SocoRequestException(
                $"The split {split} is of a PASCAL VOC folder or a YOLO data set, and {annotations} is neither; leave it out."
            );
    }

    /// <summary>Opens the images that the labels are of.</summary>
    /// <param name="annotations">As for <see cref="Read"/>.</param>
    /// <param name="images">Where the images are; empty looks beside a COCO JSON, in the VOC folder, or where the labels say.</param>
    /// <exception cref="SocoRequestException">The images do not exist.</exception>
    /// <exception cref="SocoDataException">
    /// An image that the JSON lists is missing, or the folder of the VOC images is not found.
    /// </exception>
    public static ImageSource OpenImages(string annotations, params IReadOnlyList<string> images) =>
        ImageSource.Open(images.Count > 0 ? images : [Find(annotations)?.ImagesOf(annotations) ?? annotations]);

    private static Source? Find(string path) => Array.Find(s_sources, source => source.Is(path));

    /// <summary>A format of labels.</summary>
    /// <param name="Is">Whether a path is of it.</param>
    /// <param name="Read">Reads a path, a split, and the split where none is asked for.</param>
    /// <param name="ImagesOf">The folder of the images.</param>
    private sealed record Source(Predicate<string> Is, Func<string, string?, string, CocoDataset> Read, Func<string, string> ImagesOf)
    {
        public bool HasSplits { get; init; }
    }
}

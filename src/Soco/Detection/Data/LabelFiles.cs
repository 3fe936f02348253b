using Soco.Vision;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Annotations.Voc;
using Soco.Vision.Sources;

namespace Soco.Detection.Data;

/// <summary>Labelled images as people keep them: a COCO JSON and the folder of its images, or a PASCAL VOC folder, which has both.</summary>
public static class LabelFiles
{
    /// <summary>Reads the labels.</summary>
    /// <param name="annotations">A COCO JSON or a VOC folder.</param>
    /// <param name="split">The split of a VOC folder; null for all of it.</param>
    /// <exception cref="SocoRequestException">A COCO JSON has no splits.</exception>
    /// <exception cref="SocoDataException">The labels are missing or damaged.</exception>
    public static CocoDataset Read(string annotations, string? split)
    {
        if (Directory.Exists(annotations))
        {
            return VocReader.Read(annotations, split);
        }

        return split is null
            ? CocoReader.Read(annotations)
            : throw new SocoRequestException($"The split {split} is of a PASCAL VOC folder, and {annotations} is none; leave it out.");
    }

    /// <summary>Opens the images that the labels are of.</summary>
    /// <param name="annotations">A COCO JSON or a VOC folder.</param>
    /// <param name="images">Where the images are; empty looks beside a COCO JSON or in the VOC folder.</param>
    /// <exception cref="SocoRequestException">The images do not exist.</exception>
    /// <exception cref="SocoDataException">An image that the JSON lists is missing, or the folder of the VOC images is not found.</exception>
    public static ImageSource OpenImages(string annotations, params IReadOnlyList<string> images)
    {
        if (images.Count > 0)
        {
            return ImageSource.Open(images);
        }

        return ImageSource.Open([Directory.Exists(annotations) ? VocReader.ImagesOf(annotations) : annotations]);
    }
}

using Soco.Annotations;
using Soco.Images;

namespace Soco.Data;

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
    /// <param name="images">Where the images of a COCO JSON are; empty looks beside it.</param>
    /// <exception cref="SocoRequestException">Images are named for a VOC folder, or do not exist.</exception>
    /// <exception cref="SocoDataException">An image that the JSON lists is missing.</exception>
    public static ImageSource OpenImages(string annotations, params IReadOnlyList<string> images)
    {
        if (!Directory.Exists(annotations))
        {
            return ImageSource.Open(images.Count > 0 ? images : [annotations]);
        }

        return images.Count == 0
            ? ImageSource.Open([VocReader.ImagesOf(annotations)])
            : throw new SocoRequestException($"The images {images[0]} are not needed: {annotations} is a PASCAL VOC folder, which has its images in JPEGImages; leave them out.");
    }
}

using Soco.Vision.Annotations.Coco;
using Soco.Vision.Annotations.Cvat;
using Soco.Vision.Annotations.Labelme;
using Soco.Vision.Annotations.Voc;
using Soco.Vision.Annotations.Yolo;

namespace Soco.Vision.Annotations;

/// <summary>How labels are written.</summary>
public enum LabelFormat
{
    /// <summary>One COCO JSON, <c>annotations.json</c>, beside <c>images/</c>.</summary>
    Coco,

    /// <summary>PASCAL VOC: <c>Annotations/*.xml</c>, <c>ImageSets/Main/all.txt</c> and <c>JPEGImages/</c>.</summary>
    Voc,

    /// <summary>YOLO: <c>data.yaml</c>, <c>labels/*.txt</c> and <c>images/</c>.</summary>
    Yolo,

    /// <summary>LabelMe: a JSON beside each image in <c>images/</c>.</summary>
    Labelme,

    /// <summary>CVAT for images 1.1: <c>annotations.xml</c> beside <c>images/</c>.</summary>
    Cvat,
}

/// <summary>Writes labels in the formats of labelling tools. The images themselves the caller brings to <see cref="ImagesIn"/>.</summary>
public static class LabelWriter
{
    private static readonly Dictionary<LabelFormat, Target> s_formats = new()
    {
        [LabelFormat.Coco] = new("images", SaveCoco),
        [LabelFormat.Voc] = new("JPEGImages", VocWriter.Save),
        [LabelFormat.Yolo] = new("images", YoloWriter.Save),
        [LabelFormat.Labelme] = new("images", LabelmeWriter.Save),
        [LabelFormat.Cvat] = new("images", CvatWriter.Save),
    };

    /// <summary>The folder in which a format expects the images.</summary>
    /// <param name="format">The format.</param>
    /// <param name="folder">The folder of the labels.</param>
    public static string ImagesIn(LabelFormat format, string folder) => Path.Combine(folder, s_formats[format].Images);

    /// <summary>Writes a data set.</summary>
    /// <param name="dataset">The labels; images without a size are left out.</param>
    /// <param name="format">How.</param>
    /// <param name="folder">Where to.</param>
    /// <returns>What the format could not hold.</returns>
    /// <exception cref="SocoRunException">The folder cannot be written or the disk is full.</exception>
    public static LabelLosses Save(CocoDataset dataset, LabelFormat format, string folder)
    {
        var losses = new LabelLosses { UnsizedImages = dataset.Images.Count(image => !image.HasSize) };
        HashSet<long> sized = [.. dataset.Images.Where(image => image.HasSize).Select(image => image.Id)];
        dataset = dataset with
        {
            Images = [.. dataset.Images.Where(image => image.HasSize)],
            Annotations = [.. dataset.Annotations.Where(annotation => sized.Contains(annotation.ImageId))],
        };
        s_formats[format].Save(dataset, folder, losses);
        return losses;
    }

    private static void SaveCoco(CocoDataset dataset, string folder, LabelLosses losses)
    {
        losses.Difficult = dataset.Annotations.Count(annotation => annotation.IsDifficult);
        CocoWriter.Save(dataset, Path.Combine(folder, "annotations.json"));
    }

    /// <summary>A format of labels.</summary>
    /// <param name="Images">The folder of its images.</param>
    /// <param name="Save">Writes a data set whose images all have a size to a folder, and counts what the format cannot hold.</param>
    private sealed record Target(string Images, Action<CocoDataset, string, LabelLosses> Save);
}

using Soco.Vision.Annotations.Coco;
using Soco.Vision.Imaging;

namespace Soco.Vision.Scenes;

/// <summary>Writes drawn scenes as a COCO data set.</summary>
public static class SceneSet
{
    private const int JpegQuality = 92;

    /// <summary>
    /// Writes the images to <c>folder/split</c> and their annotations to <c>folder/annotations/instances_split.json</c>. The annotations
    /// are written last, whole or not at all.
    /// </summary>
    /// <param name="folder">The folder of the set; it is made if it is missing.</param>
    /// <param name="count">How many scenes, at least 1.</param>
    /// <param name="seed">Give each split a seed of its own: scene i of a seed is always the same.</param>
    /// <param name="options">Sizes and numbers; the defaults where it is null.</param>
    /// <param name="split">The name of the part, such as <c>train</c>.</param>
    /// <param name="lossless">PNG in place of JPEG of quality 92.</param>
    /// <param name="drawn">Told the number of scenes on disk after each one.</param>
    /// <param name="cancellationToken">Stops between two scenes.</param>
    /// <returns>What was written to the annotations.</returns>
    /// <exception cref="SocoRequestException">An option is out of its range.</exception>
    /// <exception cref="OperationCanceledException">It was stopped; the images drawn so far are there, new annotations are not.</exception>
    /// <exception cref="SocoRunException">The folder cannot be written or the disk is full.</exception>
    public static CocoDataset Write(
        string folder,
        int count,
        ulong seed,
        SceneOptions? options = null,
        string split = "train",
        bool lossless = false,
        Action<int>? drawn = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var images = new List<CocoImage>(count);
        var annotations = new List<CocoAnnotation>();
        for (int index = 0; index < count; index++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Scene scene = SceneGenerator.Draw(seed, index, options);
            var image = new CocoImage(index + 1, $"scene-{index:D6}{(lossless ? ".png" : ".jpg")}", scene.Image.Width, scene.Image.Height);
            Save(scene.Image, Path.Combine(folder, split, image.FileName), lossless);
            images.Add(image);
            foreach (SceneObject found in scene.Objects)
            {
                annotations.Add(CocoAnnotation.Of(annotations.Count + 1, image.Id, (int)found.Class, found.Mask));
            }

            drawn?.Invoke(index + 1);
        }

        var dataset = new CocoDataset(images, SceneGenerator.Categories, annotations);
        CocoWriter.Save(dataset, Path.Combine(folder, "annotations", $"instances_{split}.json"));
        return dataset;
    }

    private static void Save(RgbImage image, string path, bool lossless)
    {
        if (lossless)
        {
            ImageWriter.SavePng(image, path);
        }
        else
        {
            ImageWriter.SaveJpeg(image, path, JpegQuality);
        }
    }
}

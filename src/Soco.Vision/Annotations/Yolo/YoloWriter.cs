using System.Globalization;
using System.Text;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Annotations.Masks;
using Soco.Vision.IO;

namespace Soco.Vision.Annotations.Yolo;

/// <summary>
/// Writes labels as <see cref="YoloReader"/> reads them: <c>data.yaml</c>, <c>labels/</c>, and the images' place, <c>images/</c>.
/// </summary>
internal static class YoloWriter
{
    /// <summary>Writes a data set whose images all have a size.</summary>
    /// <param name="dataset">The labels.</param>
    /// <param name="folder">Where to.</param>
    /// <param name="losses">Receives what the format cannot hold.</param>
    /// <exception cref="SocoRunException">The folder cannot be written or the disk is full.</exception>
    public static void Save(CocoDataset dataset, string folder, LabelLosses losses)
    {
        IReadOnlyList<CocoAnnotation>[] objects = dataset.AnnotationsByImage();
        Dictionary<int, int> classes = dataset.CategoryIndices();
        for (int place = 0; place < dataset.Images.Count; place++)
        {
            CocoImage image = dataset.Images[place];
            var text = new StringBuilder();
            foreach (CocoAnnotation annotation in objects[place])
            {
                if (annotation.IsCrowd)
                {
                    losses.Crowds++;
                    continue;
                }

                losses.Difficult += annotation.IsDifficult ? 1 : 0;
                text.Append(CultureInfo.InvariantCulture, $"{classes[annotation.CategoryId]}")
                    .Append(CoordinatesOf(annotation, image, losses))
                    .Append('\n');
            }

            AtomicFile.Write(
                Path.Combine(folder, "labels", Path.ChangeExtension(ImageNameResolver.Clean(image.FileName), ".txt")),
                Encoding.UTF8.GetBytes(text.ToString())
            );
        }

        string names = string.Concat(dataset.Categories.Select((category, index) => $"  {index}: {Quoted(category.Name)}\n"));
        AtomicFile.Write(Path.Combine(folder, "data.yaml"), Encoding.UTF8.GetBytes($"train: images\nval: images\nnames:\n{names}"));
    }

    private static string CoordinatesOf(CocoAnnotation annotation, CocoImage image, LabelLosses losses)
    {
        if (annotation.Mask is { } mask && MaskOutline.Of(mask) is { Count: > 0 } polygons)
        {
            return string.Concat(
                MaskOutline.Joined(polygons).Select((coordinate, i) => Share(coordinate, i % 2 == 0 ? image.Width : image.Height))
            );
        }

        losses.Masks += annotation.Mask is null ? 0 : 1;
        CocoBox box = annotation.Box;
        return Share(box.X + box.Width / 2, image.Width)
            + Share(box.Y + box.Height / 2, image.Height)
            + Share(box.Width, image.Width)
            + Share(box.Height, image.Height);
    }

    private static string Share(double pixels, int side) =>
        " " + Math.Clamp(pixels / side, 0, 1).ToString("0.########", CultureInfo.InvariantCulture);

    private static string Quoted(string name) => $"\"{name.Replace("\\", "\\\\").Replace("\"", "\\\"").ReplaceLineEndings(" ")}\"";
}

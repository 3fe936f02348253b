using Soco.Vision.Annotations.Coco;
using Soco.Vision.IO;

namespace Soco.Vision.Annotations;

/// <summary>An image and its objects, as formats with one entry for each image hold them.</summary>
/// <param name="Image">The image, with a relative name of forward slashes.</param>
/// <param name="Objects">The class and the object of each annotation but crowds.</param>
internal sealed record ExportedImage(CocoImage Image, IReadOnlyList<(string Class, CocoAnnotation Object)> Objects)
{
    /// <summary>The images of a data set, in its order.</summary>
    /// <param name="dataset">The labels.</param>
    /// <param name="losses">Receives the number of crowds, which are left out.</param>
    public static IEnumerable<ExportedImage> Of(CocoDataset dataset, LabelLosses losses)
    {
        Dictionary<int, string> names = dataset.Categories.ToDictionary(category => category.Id, category => category.Name);
        IReadOnlyList<CocoAnnotation>[] objects = dataset.AnnotationsByImage();
        for (int place = 0; place < dataset.Images.Count; place++)
        {
            losses.Crowds += objects[place].Count(annotation => annotation.IsCrowd);
            yield return new ExportedImage(
                dataset.Images[place] with
                {
                    FileName = ImageNameResolver.Clean(dataset.Images[place].FileName),
                },
                [
                    .. objects[place]
                        .Where(annotation => !annotation.IsCrowd)
                        .Select(annotation => (names[annotation.CategoryId], annotation)),
                ]
            );
        }
    }
}

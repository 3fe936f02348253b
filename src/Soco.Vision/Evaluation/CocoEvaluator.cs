using Soco.Vision.Annotations.Coco;

namespace Soco.Vision.Evaluation;

/// <summary>
/// Measures detections as COCO does (Lin et al., <i>Microsoft COCO</i>, 2014, and its evaluation server): the numbers of pycocotools to
/// 1e-9, crowds, size ranges, equal scores and empty categories included. One thing differs: an annotation with the id 0 is found like any
/// other, which pycocotools takes for a miss.
/// </summary>
public static class CocoEvaluator
{
    /// <summary>Measures detections against the truth.</summary>
    /// <param name="truth">Images, categories and objects. Crowds and difficult objects are not looked for.</param>
    /// <param name="detections">
    /// In any order; of equal scores the first counts first. Detections of categories that the truth has not are left out.
    /// </param>
    /// <param name="type">What is compared. Where masks are, a detection without one stands for the pixels of its box.</param>
    /// <param name="options">Thresholds, numbers and threads; COCO's where it is null.</param>
    /// <exception cref="SocoRequestException">An option is out of its range.</exception>
    /// <exception cref="SocoDataException">
    /// A detection is of an image that the truth has not, its score is not finite, or its mask is not of the image's size; masks are
    /// compared and an object has none.
    /// </exception>
    public static CocoMetrics Evaluate(
        CocoDataset truth,
        IReadOnlyList<CocoDetection> detections,
        IouType type = IouType.Box,
        CocoEvaluationOptions? options = null
    ) => Evaluate(truth, detections, type, options ?? new CocoEvaluationOptions(), federated: false);

    /// <param name="truth">Images, categories and objects.</param>
    /// <param name="detections">In any order.</param>
    /// <param name="type">What is compared.</param>
    /// <param name="options">Thresholds, numbers and threads.</param>
    /// <param name="federated">Whether what the images say of categories that are not marked exhaustively counts (LVIS).</param>
    internal static CocoMetrics Evaluate(
        CocoDataset truth,
        IReadOnlyList<CocoDetection> detections,
        IouType type,
        CocoEvaluationOptions options,
        bool federated
    )
    {
        options.Check();
        if (type == IouType.Mask)
        {
            CheckMasks(truth, detections);
        }

        int threads = options.Threads > 0 ? options.Threads : Environment.ProcessorCount;
        var cells = new Cells(truth, detections, options.MaxDetections[^1], federated);
        Matching matching = Matching.Of(cells, type, options.IouThresholds, threads);
        return new CocoMetrics(
            type,
            options,
            cells.Categories,
            Accumulation.Of(cells, matching, options.IouThresholds.Count, options.MaxDetections, threads)
        );
    }

    private static void CheckMasks(CocoDataset truth, IReadOnlyList<CocoDetection> detections)
    {
        if (truth.Annotations.FirstOrDefault(found => found.Mask is null) is { } bare)
        {
            throw new SocoDataException(
                bare.MaskError is { } error
                    ? $"The mask of annotation {bare.Id} of image {bare.ImageId} cannot be used: {error}; evaluate boxes, or mend the mask."
                    : $"Annotation {bare.Id} of image {bare.ImageId} has no mask to compare with; evaluate boxes, or give every object a mask."
            );
        }

        Dictionary<long, CocoImage> images = truth.Images.ToDictionary(image => image.Id);
        foreach (CocoDetection found in detections)
        {
            if (found.MaskError is { } error)
            {
                throw new SocoDataException($"{error}; evaluate boxes, or mend the mask.");
            }

            if (!images.TryGetValue(found.ImageId, out CocoImage? image))
            {
                continue;
            }

            if (!image.HasSize && found.Mask is null)
            {
                throw new SocoDataException(
                    $"A detection of image {image.Id} has no mask, and its box cannot stand in for one, since the size of the image is not known; evaluate boxes, or give the image its width and height."
                );
            }

            if (image.HasSize && found.Mask is { } mask && (mask.Width, mask.Height) != (image.Width, image.Height))
            {
                throw new SocoDataException(
                    $"The mask of a detection is {mask.Width} x {mask.Height} pixels, its image {image.Id} is {image.Width} x {image.Height}; make masks of the image's size."
                );
            }
        }
    }
}

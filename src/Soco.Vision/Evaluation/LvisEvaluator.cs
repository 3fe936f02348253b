using Soco.Vision.Annotations.Coco;

namespace Soco.Vision.Evaluation;

/// <summary>
/// Measures detections as LVIS does (Gupta et al., <i>LVIS</i>, 2019, and its API): COCO's numbers, over federated truth. Of an image the
/// surest 300 detections count; those of a category count only where the image shows it or was searched for it, and where it was not marked
/// exhaustively a detection that finds nothing is not wrong.
/// </summary>
public static class LvisEvaluator
{
    private const int MostDetections = 300;

    /// <summary>Measures detections against the truth.</summary>
    /// <param name="truth">Images with the categories that were searched for, categories with their frequencies, and objects.</param>
    /// <param name="detections">In any order; of equal scores the first counts first.</param>
    /// <param name="type">What is compared.</param>
    /// <param name="threads">Threads; 0 is one for each core.</param>
    /// <exception cref="SocoDataException">
    /// A category has no frequency, a detection is of an image that the truth has not, its score is not finite, or a mask is missing or not
    /// of its image's size.
    /// </exception>
    public static LvisMetrics Evaluate(
        CocoDataset truth,
        IReadOnlyList<CocoDetection> detections,
        IouType type = IouType.Box,
        int threads = 0
    )
    {
        if (truth.Categories.FirstOrDefault(category => category.Frequency is null) is { } plain)
        {
            throw new SocoDataException(
                $"Category {plain.Id}, {plain.Name}, has no frequency (r, c or f), so this is no LVIS truth; take COCO's metric."
            );
        }

        HashSet<(long Image, int Category)> searched = [.. truth.Annotations.Select(found => (found.ImageId, found.CategoryId))];
        foreach (CocoImage image in truth.Images)
        {
            searched.UnionWith(image.NegativeCategoryIds.Select(category => (image.Id, category)));
        }

        CocoDetection[] counted =
        [
            .. detections
                .GroupBy(found => found.ImageId)
                .SelectMany(image =>
                    image.Count() > MostDetections ? image.OrderByDescending(found => found.Score).Take(MostDetections) : image
                )
                .Where(found => searched.Contains((found.ImageId, found.CategoryId))),
        ];
        var options = new CocoEvaluationOptions { MaxDetections = [MostDetections], Threads = threads };
        return new LvisMetrics(CocoEvaluator.Evaluate(truth, counted, type, options, federated: true));
    }
}

/// <summary>
/// What LVIS says of a detector: COCO's numbers, and the precision for rare, common and frequent categories; -1 where there are none.
/// </summary>
public sealed class LvisMetrics
{
    internal LvisMetrics(CocoMetrics all)
    {
        All = all;
        ApRare = Mean(CategoryFrequency.Rare);
        ApCommon = Mean(CategoryFrequency.Common);
        ApFrequent = Mean(CategoryFrequency.Frequent);
    }

    /// <summary>COCO's numbers.</summary>
    public CocoMetrics All { get; }

    /// <summary>AP of the categories that 1 to 10 images of the training set show.</summary>
    public double ApRare { get; }

    /// <summary>AP of the categories that 11 to 100 images of the training set show.</summary>
    public double ApCommon { get; }

    /// <summary>AP of the categories that more than 100 images of the training set show.</summary>
    public double ApFrequent { get; }

    /// <summary>LVIS' numbers in its order: AP, AP50, AP75, APs, APm, APl, APr, APc, APf, AR300, ARs, ARm, ARl.</summary>
    public IReadOnlyList<(string Name, double Value)> Numbers =>
        [.. All.Numbers.Take(6), ("APr", ApRare), ("APc", ApCommon), ("APf", ApFrequent), .. All.Numbers.Skip(6)];

    // Every category has as many thresholds and recalls, so the mean of their means is that of all.
    private double Mean(CategoryFrequency frequency) =>
        All
            .Categories.Where(category => category.Category!.Frequency == frequency && category.Ap > -1)
            .Select(category => category.Ap)
            .DefaultIfEmpty(-1)
            .Average();
}

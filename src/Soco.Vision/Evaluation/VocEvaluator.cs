using Soco.Vision.Annotations.Coco;

namespace Soco.Vision.Evaluation;

/// <summary>
/// Measures boxes as PASCAL VOC does (Everingham et al., <i>The PASCAL Visual Object Classes Challenge</i>, 2010, and its development kit's
/// <c>VOCevaldet</c>): each detection, the surest first, takes the object that it overlaps most; it is right if their IoU is at least the
/// threshold and the object is still free, and counts as nothing if that object is difficult. The kit counts pixels of boxes given by their
/// first and last, which is the plain overlap of boxes with fractions as they are held here. Of equal scores the image of the smaller id
/// comes first.
/// </summary>
public static class VocEvaluator
{
    /// <summary>Measures detections against the truth.</summary>
    /// <param name="truth">Images, classes and objects; a crowd counts as difficult.</param>
    /// <param name="detections">In any order. Detections of classes that the truth has not are left out.</param>
    /// <param name="averaging">Which average is taken.</param>
    /// <param name="iouThreshold">From which IoU on an object is found, above 0 to 1.</param>
    /// <exception cref="SocoDataException">A detection is of an image that the truth has not, or its score is not finite.</exception>
    public static VocMetrics Evaluate(
        CocoDataset truth,
        IReadOnlyList<CocoDetection> detections,
        VocAveraging averaging = VocAveraging.AllPoints,
        double iouThreshold = 0.5
    )
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(iouThreshold);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(iouThreshold, 1);
        var cells = new Cells(truth, detections, int.MaxValue);
        VocCategoryMetrics[] categories =
        [
            .. Enumerable.Range(0, cells.Categories.Length).Select(category => Measure(cells, category, averaging, iouThreshold)),
        ];
        return new VocMetrics(
            categories.Where(category => category.Objects > 0).Select(category => category.Ap).DefaultIfEmpty(-1).Average(),
            categories
        );
    }

    private static VocCategoryMetrics Measure(Cells cells, int category, VocAveraging averaging, double threshold)
    {
        (int objects, List<bool> counted) = Match(cells, category, threshold);
        var recalls = new List<double>();
        var precisions = new List<double>();
        for (int i = 0; i < counted.Count; i++)
        {
            if (counted[i])
            {
                recalls.Add((recalls.Count + 1.0) / objects);
                precisions.Add((precisions.Count + 1.0) / (i + 1));
            }
        }

        double ap =
            objects == 0 ? -1
            : averaging == VocAveraging.ElevenPoints ? OfElevenPoints(recalls, precisions)
            : OfAllPoints(recalls, precisions);
        return new VocCategoryMetrics(cells.Categories[category], objects, ap, recalls, precisions);
    }

    /// <summary>The objects to find, and whether each detection that counts was right, in the order of their scores.</summary>
    private static (int Objects, List<bool> Counted) Match(Cells cells, int category, double threshold)
    {
        ReadOnlySpan<Cell> own = cells.OfCategory(category);
        var counted = new List<bool>();
        if (own.IsEmpty)
        {
            return (0, counted);
        }

        int objects = 0,
            firstObject = own[0].FirstObject,
            first = own[0].FirstDetection;
        for (int i = firstObject; i < own[^1].ObjectsEnd; i++)
        {
            objects += IsDifficult(cells.Objects[i]) ? 0 : 1;
        }

        var cellOf = new int[own[^1].DetectionsEnd - first];
        for (int i = 0; i < own.Length; i++)
        {
            cellOf.AsSpan(own[i].FirstDetection - first, own[i].Detections).Fill(i);
        }

        double[] scores = cells.Scores.AsSpan(first, cellOf.Length).ToArray();
        int[] order = [.. Enumerable.Range(0, cellOf.Length)];
        StableOrder.ByFallingScore(scores, order);
        var taken = new bool[own[^1].ObjectsEnd - firstObject];
        foreach (int place in order)
        {
            Cell cell = own[cellOf[place]];
            int best = -1;
            double most = 0;
            for (int i = cell.FirstObject; i < cell.ObjectsEnd; i++)
            {
                double iou = BoxOverlaps.Iou(cells.Detections[first + place].Box, cells.Objects[i].Box, crowd: false);
                if (iou > most)
                {
                    (best, most) = (i, iou);
                }
            }

            bool found = most >= threshold;
            if (!found || !IsDifficult(cells.Objects[best]))
            {
                counted.Add(found && !taken[best - firstObject]);
            }

            if (found)
            {
                taken[best - firstObject] = true;
            }
        }

        return (objects, counted);
    }

    private static bool IsDifficult(CocoAnnotation found) => found.IsDifficult || found.IsCrowd;

    private static double OfElevenPoints(List<double> recalls, List<double> precisions)
    {
        double sum = 0;
        for (int i = 0; i <= 10; i++)
        {
            // As the published code steps: 3 * 0.1 is a little more than 0.3, which a recall of 3/10 does not reach.
            double from = i * 0.1;
            int first = recalls.FindIndex(recall => recall >= from);
            sum += first < 0 ? 0 : precisions.Skip(first).Max();
        }

        return sum / 11;
    }

    private static double OfAllPoints(List<double> recalls, List<double> precisions)
    {
        double area = 0,
            best = 0;
        for (int i = recalls.Count - 1; i >= 0; i--)
        {
            best = Math.Max(best, precisions[i]);
            area += (recalls[i] - (i > 0 ? recalls[i - 1] : 0)) * best;
        }

        return area;
    }
}

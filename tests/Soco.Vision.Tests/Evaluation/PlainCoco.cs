using Soco.Vision.Annotations.Coco;

namespace Soco.Vision.Tests.Evaluation;

/// <summary>COCO's evaluation as its paper and API tell it, one loop inside the other: for boxes, to compare the fast one with.</summary>
internal static class PlainCoco
{
    private static readonly (double Least, double Most)[] s_sizes = [(0, 1e10), (0, 1024), (1024, 9216), (9216, 1e10)];

    /// <summary>The twelve numbers.</summary>
    public static double[] Numbers(CocoDataset truth, IReadOnlyList<CocoDetection> detections)
    {
        double[] thresholds = [.. Enumerable.Range(0, 10).Select(i => 0.5 + i * ((0.95 - 0.5) / 9))];
        thresholds[9] = 0.95;
        double Precision(int size, params double[] at) =>
            Mean(truth.Categories.SelectMany(c => at.SelectMany(t => Curve(truth, detections, c.Id, size, t, 100).Precision)));
        double Recall(int size, int most) =>
            Mean(truth.Categories.SelectMany(c => thresholds.Select(t => Curve(truth, detections, c.Id, size, t, most).Recall)));
        return
        [
            Precision(0, thresholds),
            Precision(0, thresholds[0]),
            Precision(0, thresholds[5]),
            Precision(1, thresholds),
            Precision(2, thresholds),
            Precision(3, thresholds),
            Recall(0, 1),
            Recall(0, 10),
            Recall(0, 100),
            Recall(1, 100),
            Recall(2, 100),
            Recall(3, 100),
        ];
    }

    private static double Mean(IEnumerable<double> values) => values.Where(value => value > -1).DefaultIfEmpty(-1).Average();

    private static (double[] Precision, double Recall) Curve(
        CocoDataset truth,
        IReadOnlyList<CocoDetection> detections,
        int category,
        int size,
        double threshold,
        int most
    )
    {
        var results = new List<(double Score, bool Right, bool Ignored)>();
        int objects = 0;
        foreach (CocoImage image in truth.Images.OrderBy(image => image.Id))
        {
            (CocoAnnotation Found, bool Ignored)[] there =
            [
                .. truth
                    .Annotations.Where(a => a.ImageId == image.Id && a.CategoryId == category)
                    .Select(a => (a, a.IsCrowd || a.IsDifficult || IsOutside(a.Area)))
                    .OrderBy(a => a.Item2),
            ];
            objects += there.Count(a => !a.Ignored);
            var taken = new bool[there.Length];
            foreach (
                CocoDetection detection in detections
                    .Where(d => d.ImageId == image.Id && d.CategoryId == category)
                    .OrderByDescending(d => d.Score)
                    .Take(most)
            )
            {
                int best = -1;
                double iou = threshold;
                for (int i = 0; i < there.Length; i++)
                {
                    if (best >= 0 && !there[best].Ignored && there[i].Ignored)
                    {
                        break;
                    }

                    double overlap = Overlap(detection.Box, there[i].Found);
                    if ((!taken[i] || there[i].Found.IsCrowd) && overlap >= iou)
                    {
                        (best, iou) = (i, overlap);
                    }
                }

                if (best >= 0)
                {
                    taken[best] = true;
                }

                results.Add((detection.Score, best >= 0, best >= 0 ? there[best].Ignored : IsOutside(detection.Area)));
            }
        }

        if (objects == 0)
        {
            return ([-1], -1);
        }

        (bool Right, int Count)[] counted =
        [
            .. results.OrderByDescending(r => r.Score).Where(r => !r.Ignored).Select((r, i) => (r.Right, i + 1)),
        ];
        int right = 0;
        (double Recall, double Precision)[] points =
        [
            .. counted
                .Select(c => (right += c.Right ? 1 : 0, c.Count))
                .Select(c => ((double)c.Item1 / objects, c.Item1 / (c.Count + 2.220446049250313e-16))),
        ];
        double[] precision =
        [
            .. Enumerable
                .Range(0, 101)
                .Select(r => points.Where(p => p.Recall >= r * 0.01).Select(p => p.Precision).DefaultIfEmpty(0).Max()),
        ];
        return (precision, (double)right / objects);

        bool IsOutside(double area) => area < s_sizes[size].Least || area > s_sizes[size].Most;
    }

    private static double Overlap(CocoBox detection, CocoAnnotation found)
    {
        (BoxXyxy a, BoxXyxy b) = (detection.Corners, found.Box.Corners);
        double width = Math.Min(a.X2, b.X2) - Math.Max(a.X1, b.X1),
            height = Math.Min(a.Y2, b.Y2) - Math.Max(a.Y1, b.Y1);
        double common = width > 0 && height > 0 ? width * height : 0;
        return common == 0 ? 0 : common / (found.IsCrowd ? detection.Area : detection.Area + found.Box.Area - common);
    }
}

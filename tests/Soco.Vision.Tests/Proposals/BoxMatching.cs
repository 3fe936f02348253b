namespace Soco.Vision.Tests.Proposals;

/// <summary>How alike two lists of boxes are.</summary>
internal static class BoxMatching
{
    /// <summary>F1 of the one-to-one match at an IoU of at least <paramref name="threshold"/>, best pairs first.</summary>
    public static double F1(IReadOnlyList<BoxXywh> found, IReadOnlyList<BoxXywh> expected, double threshold)
    {
        var candidates = new List<(double Iou, int Found, int Expected)>();
        for (int i = 0; i < found.Count; i++)
        {
            for (int j = 0; j < expected.Count; j++)
            {
                if (Iou(found[i], expected[j]) is var iou && iou >= threshold)
                {
                    candidates.Add((iou, i, j));
                }
            }
        }

        var usedFound = new HashSet<int>();
        var usedExpected = new HashSet<int>();
        foreach ((_, int i, int j) in candidates.OrderByDescending(candidate => candidate.Iou))
        {
            if (!usedFound.Contains(i) && !usedExpected.Contains(j))
            {
                usedFound.Add(i);
                usedExpected.Add(j);
            }
        }

        return 2.0 * usedFound.Count / (found.Count + expected.Count);
    }

    /// <summary>Intersection over union; 1 for equal boxes, flat ones too.</summary>
    private static double Iou(BoxXywh a, BoxXywh b)
    {
        if (a == b)
        {
            return 1;
        }

        double width = Math.Min(a.X + a.Width, b.X + b.Width) - Math.Max(a.X, b.X);
        double height = Math.Min(a.Y + a.Height, b.Y + b.Height) - Math.Max(a.Y, b.Y);
        if (width <= 0 || height <= 0)
        {
            return 0;
        }

        double shared = width * height;
        return shared / ((double)a.Width * a.Height + (double)b.Width * b.Height - shared);
    }
}

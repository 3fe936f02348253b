namespace Soco.Reports.Html;

/// <summary>A point of a curve.</summary>
internal readonly record struct CurvePoint(double X, double Y);

/// <summary>Long curves made short, and noisy ones smooth.</summary>
internal static class Decimation
{
    /// <summary>
    /// As many points of a curve as are asked for at most: of each stretch the lowest and the highest in their order, so that every spike
    /// stays, and the first and last point of all.
    /// </summary>
    /// <param name="points">The curve, from left to right.</param>
    /// <param name="most">Points at most, at least 4.</param>
    public static IReadOnlyList<CurvePoint> Extremes(IReadOnlyList<CurvePoint> points, int most)
    {
        if (points.Count <= most)
        {
            return points;
        }

        int stretches = (most - 2) / 2;
        var kept = new List<CurvePoint>(most) { points[0] };
        for (int stretch = 0; stretch < stretches; stretch++)
        {
            int lowest = Bound(stretch),
                highest = lowest;
            for (int i = lowest + 1; i < Bound(stretch + 1); i++)
            {
                lowest = points[i].Y < points[lowest].Y ? i : lowest;
                highest = points[i].Y > points[highest].Y ? i : highest;
            }

            kept.Add(points[Math.Min(lowest, highest)]);
            if (lowest != highest)
            {
                kept.Add(points[Math.Max(lowest, highest)]);
            }
        }

        kept.Add(points[^1]);
        return kept;

        // The inner points, spread evenly over the stretches.
        int Bound(int stretch) => 1 + (int)((long)stretch * (points.Count - 2) / stretches);
    }

    /// <summary>Every so manieth point, the first and the last among them: for curves that are smooth.</summary>
    /// <param name="points">The curve.</param>
    /// <param name="most">Points at most, at least 2.</param>
    public static IReadOnlyList<CurvePoint> Even(IReadOnlyList<CurvePoint> points, int most) =>
        points.Count <= most
            ? points
            : [.. Enumerable.Range(0, most).Select(i => points[(int)((long)i * (points.Count - 1) / (most - 1))])];

    /// <summary>
    /// A mean around each point whose weights fall by a factor from one point to the next, over about a thirtieth of the points: it lags
    /// behind no fall. The last point knows only what came before it.
    /// </summary>
    public static IReadOnlyList<CurvePoint> Smooth(IReadOnlyList<CurvePoint> points)
    {
        double keep = 1 - 2 / (points.Count / 30.0 + 2);
        (double Sum, double Weight)[] before = Sums(points),
            after = Sums([.. points.Reverse()]);
        return
        [
            .. points.Select(
                (point, i) =>
                {
                    (double sum, double weight) = after[^(i + 1)];
                    return point with { Y = (before[i].Sum + sum - point.Y) / (before[i].Weight + weight - 1) };
                }
            ),
        ];

        (double Sum, double Weight)[] Sums(IReadOnlyList<CurvePoint> line)
        {
            double sum = 0,
                weight = 0;
            return [.. line.Select(point => (sum = keep * sum + point.Y, weight = keep * weight + 1))];
        }
    }
}

namespace Soco.Vision.Evaluation;

/// <summary>What COCO evaluation may be asked for; the defaults are COCO's.</summary>
public sealed record CocoEvaluationOptions
{
    /// <summary>From which IoU on a detection finds an object: 1 to 32 values in [0, 1], rising. COCO: 0.5, 0.55, ... 0.95.</summary>
    public IReadOnlyList<double> IouThresholds { get; init; } = Spaced(0.5, 0.95, 10);

    /// <summary>
    /// How many detections of an image and category count, the surest first: one or more rising values. Precision is that at the last;
    /// recall is told at each. COCO: 1, 10, 100.
    /// </summary>
    public IReadOnlyList<int> MaxDetections { get; init; } = [1, 10, 100];

    /// <summary>Threads; 0 is one for each core.</summary>
    public int Threads { get; init; }

    /// <summary>
    /// Values from one end to the other, with the rounding of numpy's <c>linspace</c>, on which ties at a threshold depend.
    /// </summary>
    internal static double[] Spaced(double first, double last, int count)
    {
        double step = (last - first) / (count - 1);
        var values = new double[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = i * step + first;
        }

        values[^1] = last;
        return values;
    }

    internal void Check()
    {
        if (
            IouThresholds.Count is 0 or > Matching.MostThresholds
            || !IsRising(IouThresholds)
            || IouThresholds[0] < 0
            || IouThresholds[^1] > 1
        )
        {
            throw new SocoRequestException(
                $"IoU thresholds {string.Join(", ", IouThresholds)} are not possible: give 1 to {Matching.MostThresholds} rising values from 0 to 1."
            );
        }

        if (MaxDetections.Count == 0 || !IsRising(MaxDetections) || MaxDetections[0] < 1)
        {
            throw new SocoRequestException(
                $"Numbers of detections {string.Join(", ", MaxDetections)} are not possible: give one or more rising values from 1."
            );
        }

        if (Threads < 0)
        {
            throw new SocoRequestException($"{Threads} threads are not possible: give 1 or more, or 0 for one for each core.");
        }
    }

    private static bool IsRising<T>(IReadOnlyList<T> values)
        where T : IComparable<T> => Enumerable.Range(1, values.Count - 1).All(i => values[i - 1].CompareTo(values[i]) < 0);
}

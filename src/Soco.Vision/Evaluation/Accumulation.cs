using System.Numerics;

namespace Soco.Vision.Evaluation;

/// <summary>
/// From matches to curves: in each category, for each size range and threshold, the detections of all images are counted in the order of
/// their scores. Precision is that at the 101 recalls 0, 0.01, ... 1, made to fall by taking the best that is still to come; recall is that
/// at the end. -1 stands where there is no object to find.
/// </summary>
internal sealed class Accumulation
{
    /// <summary>The recalls at which precision is told, with the rounding of numpy's <c>linspace</c>.</summary>
    public static readonly double[] Recalls = CocoEvaluationOptions.Spaced(0, 1, 101);

    /// <summary>What numpy's <c>spacing(1)</c> is; the COCO API adds it to the number of detections.</summary>
    private const double Spacing = 2.220446049250313e-16;

    private const double Nothing = -1;

    private readonly Cells _cells;
    private readonly Matching _matching;
    private readonly int _thresholds;
    private readonly IReadOnlyList<int> _mostDetections;
    private readonly double[] _precision;
    private readonly double[] _recall;

    private Accumulation(Cells cells, Matching matching, int thresholds, IReadOnlyList<int> mostDetections)
    {
        (_cells, _matching, _thresholds, _mostDetections) = (cells, matching, thresholds, mostDetections);
        _precision = new double[cells.Categories.Length * SizeRange.Ranges.Length * thresholds * Recalls.Length];
        _recall = new double[cells.Categories.Length * SizeRange.Ranges.Length * mostDetections.Count * thresholds];
        Array.Fill(_precision, Nothing);
        Array.Fill(_recall, Nothing);
        Objects = new int[cells.Categories.Length];
    }

    /// <summary>How many objects of each category are to be found.</summary>
    public int[] Objects { get; }

    /// <summary>Counts every category.</summary>
    public static Accumulation Of(Cells cells, Matching matching, int thresholds, IReadOnlyList<int> mostDetections, int threads)
    {
        var accumulation = new Accumulation(cells, matching, thresholds, mostDetections);
        Parallel.For(0, cells.Categories.Length, new ParallelOptions { MaxDegreeOfParallelism = threads }, accumulation.Count);
        return accumulation;
    }

    /// <summary>The precision of a category at the recalls, at the largest number of detections.</summary>
    public Span<double> Precision(int category, int range, int threshold) =>
        _precision.AsSpan(((category * SizeRange.Ranges.Length + range) * _thresholds + threshold) * Recalls.Length, Recalls.Length);

    /// <summary>The recall of a category at each threshold, with a number of detections that count.</summary>
    public Span<double> Recall(int category, int range, int most) =>
        _recall.AsSpan(((category * SizeRange.Ranges.Length + range) * _mostDetections.Count + most) * _thresholds, _thresholds);

    private void Count(int category)
    {
        ReadOnlySpan<Cell> cells = _cells.OfCategory(category);
        if (cells.IsEmpty)
        {
            return;
        }

        int first = cells[0].FirstDetection,
            count = cells[^1].DetectionsEnd - first;
        double[] scores = _cells.Scores.AsSpan(first, count).ToArray();
        int[] order = [.. Enumerable.Range(first, count)];
        StableOrder.ByFallingScore(scores, order);
        for (int range = 0; range < SizeRange.Ranges.Length; range++)
        {
            int objects = 0;
            for (int i = cells[0].FirstObject; i < cells[^1].ObjectsEnd; i++)
            {
                objects += Matching.IsIgnored(_cells.Objects[i], SizeRange.Ranges[range]) ? 0 : 1;
            }

            if (range == SizeRange.All)
            {
                Objects[category] = objects;
            }

            for (int most = 0; most < _mostDetections.Count && objects > 0; most++)
            {
                Count(category, range, most, order, objects);
            }
        }
    }

    private void Count(int category, int range, int most, int[] order, int objects)
    {
        uint[] found = _matching.Found[range],
            ignored = _matching.Ignored[range];
        uint all = (uint)((1L << _thresholds) - 1);
        bool last = most == _mostDetections.Count - 1;
        Span<int> right = stackalloc int[_thresholds];
        Span<int> notCounted = stackalloc int[_thresholds];
        right.Clear();
        notCounted.Clear();
        double[] precision = last ? new double[_thresholds * objects] : [];
        int seen = 0;
        foreach (int detection in order)
        {
            uint outside = ignored[detection];
            if (outside == all || _cells.Ranks[detection] >= _mostDetections[most])
            {
                continue;
            }

            seen++;
            for (uint bits = outside; bits != 0; bits &= bits - 1)
            {
                notCounted[BitOperations.TrailingZeroCount(bits)]++;
            }

            for (uint bits = found[detection] & ~outside; bits != 0; bits &= bits - 1)
            {
                int t = BitOperations.TrailingZeroCount(bits);
                if (last)
                {
                    precision[t * objects + right[t]] = (right[t] + 1) / (seen - notCounted[t] + Spacing);
                }

                right[t]++;
            }
        }

        Span<double> recall = Recall(category, range, most);
        for (int t = 0; t < _thresholds; t++)
        {
            recall[t] = (double)right[t] / objects;
            if (last)
            {
                ReadAtRecalls(precision.AsSpan(t * objects, right[t]), objects, Precision(category, range, t));
            }
        }
    }

    /// <summary>Precision at the recalls of the precision after each detection that was right; recall rises at those alone.</summary>
    private static void ReadAtRecalls(Span<double> precision, int objects, Span<double> atRecalls)
    {
        for (int i = precision.Length - 2; i >= 0; i--)
        {
            precision[i] = Math.Max(precision[i], precision[i + 1]);
        }

        int at = 0;
        for (int r = 0; r < Recalls.Length; r++)
        {
            while (at < precision.Length && (double)(at + 1) / objects < Recalls[r])
            {
                at++;
            }

            atRecalls[r] = at < precision.Length ? precision[at] : 0;
        }
    }
}

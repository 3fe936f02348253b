using Soco.Vision.Annotations.Coco;

namespace Soco.Vision.Evaluation;

/// <summary>
/// What COCO says of a detector. Averages of precision (AP) and recall (AR) are from 0 to 1, and -1 where there is no object to find;
/// categories without objects are left out of them.
/// </summary>
public sealed class CocoMetrics
{
    private readonly Accumulation _accumulation;
    private readonly CocoEvaluationOptions _options;
    private readonly int _last;

    internal CocoMetrics(IouType type, CocoEvaluationOptions options, CocoCategory[] categories, Accumulation accumulation)
    {
        (Type, _options, _accumulation, _last) = (type, options, accumulation, options.MaxDetections.Count - 1);
        int[] all = [.. Enumerable.Range(0, categories.Length)];
        Overall = SummaryOf(all, null);
        Categories = [.. all.Select(category => SummaryOf([category], categories[category]))];
        AverageRecalls = [.. Enumerable.Range(0, options.MaxDetections.Count).Select(most => MeanRecall(all, SizeRange.All, most))];
    }

    /// <summary>What was compared.</summary>
    public IouType Type { get; }

    /// <summary>The IoU thresholds that averages go over.</summary>
    public IReadOnlyList<double> IouThresholds => _options.IouThresholds;

    /// <summary>How many detections of an image and category counted; precision is at the last.</summary>
    public IReadOnlyList<int> MaxDetections => _options.MaxDetections;

    /// <summary>The recalls at which <see cref="Precision"/> is told: 0, 0.01, ... 1.</summary>
    public static IReadOnlyList<double> Recalls => Accumulation.Recalls;

    /// <summary>AP over all thresholds: COCO's first number.</summary>
    public double Ap => Overall.Ap;

    /// <summary>AP at IoU 0.5; -1 where that is no threshold.</summary>
    public double Ap50 => Overall.Ap50;

    /// <summary>AP at IoU 0.75; -1 where that is no threshold.</summary>
    public double Ap75 => Overall.Ap75;

    /// <summary>AP of objects up to 32 x 32 pixels.</summary>
    public double ApSmall => Overall.ApSmall;

    /// <summary>AP of objects from 32 x 32 to 96 x 96 pixels.</summary>
    public double ApMedium => Overall.ApMedium;

    /// <summary>AP of objects from 96 x 96 pixels on.</summary>
    public double ApLarge => Overall.ApLarge;

    /// <summary>AR with each number of <see cref="MaxDetections"/>.</summary>
    public IReadOnlyList<double> AverageRecalls { get; }

    /// <summary>AR of objects up to 32 x 32 pixels.</summary>
    public double ArSmall => Overall.ArSmall;

    /// <summary>AR of objects from 32 x 32 to 96 x 96 pixels.</summary>
    public double ArMedium => Overall.ArMedium;

    /// <summary>AR of objects from 96 x 96 pixels on.</summary>
    public double ArLarge => Overall.ArLarge;

    /// <summary>All categories together.</summary>
    public CategoryMetrics Overall { get; }

    /// <summary>Each category, in rising order of their ids.</summary>
    public IReadOnlyList<CategoryMetrics> Categories { get; }

    /// <summary>
    /// COCO's numbers in its order, each with its short name: AP, AP50, AP75, APs, APm, APl, AR1, AR10, AR100, ARs, ARm, ARl.
    /// </summary>
    public IReadOnlyList<(string Name, double Value)> Numbers =>
        [
            .. Overall.Numbers.Take(6),
            .. MaxDetections.Select((most, i) => ($"AR{most}", AverageRecalls[i])),
            .. Overall.Numbers.TakeLast(3),
        ];

    /// <summary>
    /// The curve of a category over all sizes: precision at each of <see cref="Recalls"/>; -1 where it has no object to find.
    /// </summary>
    /// <param name="category">Place in <see cref="Categories"/>.</param>
    /// <param name="threshold">Place in <see cref="IouThresholds"/>.</param>
    public IReadOnlyList<double> Precision(int category, int threshold)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)category, (uint)Categories.Count, nameof(category));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)threshold, (uint)IouThresholds.Count, nameof(threshold));
        return _accumulation.Precision(category, SizeRange.All, threshold).ToArray();
    }

    private CategoryMetrics SummaryOf(int[] categories, CocoCategory? category) =>
        new(
            category,
            categories.Sum(place => _accumulation.Objects[place]),
            MeanPrecision(categories, SizeRange.All),
            MeanPrecision(categories, SizeRange.All, 0.5),
            MeanPrecision(categories, SizeRange.All, 0.75),
            MeanPrecision(categories, SizeRange.Small),
            MeanPrecision(categories, SizeRange.Medium),
            MeanPrecision(categories, SizeRange.Large),
            MeanRecall(categories, SizeRange.All, _last),
            MeanRecall(categories, SizeRange.Small, _last),
            MeanRecall(categories, SizeRange.Medium, _last),
            MeanRecall(categories, SizeRange.Large, _last)
        );

    private double MeanPrecision(int[] categories, int range, double? only = null)
    {
        var mean = new Mean();
        for (int t = 0; t < IouThresholds.Count; t++)
        {
            if (only is null || IouThresholds[t] == only)
            {
                foreach (int category in categories)
                {
                    mean.Add(_accumulation.Precision(category, range, t));
                }
            }
        }

        return mean.Value;
    }

    private double MeanRecall(int[] categories, int range, int most)
    {
        var mean = new Mean();
        foreach (int category in categories)
        {
            mean.Add(_accumulation.Recall(category, range, most));
        }

        return mean.Value;
    }

    /// <summary>The mean of what is there: -1 stands for nothing, and of nothing the mean is -1.</summary>
    private struct Mean
    {
        private double _sum;
        private int _count;

        public readonly double Value => _count > 0 ? _sum / _count : -1;

        public void Add(ReadOnlySpan<double> values)
        {
            foreach (double value in values)
            {
                if (value > -1)
                {
                    _sum += value;
                    _count++;
                }
            }
        }
    }
}

/// <summary>COCO's averages for one category, or for all; -1 where there is no object to find.</summary>
/// <param name="Category">The category; null for all together.</param>
/// <param name="Objects">How many objects are to be found: crowds and difficult ones are not.</param>
/// <param name="Ap">Precision over all thresholds.</param>
/// <param name="Ap50">Precision at IoU 0.5.</param>
/// <param name="Ap75">Precision at IoU 0.75.</param>
/// <param name="ApSmall">Precision for objects up to 32 x 32 pixels.</param>
/// <param name="ApMedium">Precision for objects from 32 x 32 to 96 x 96 pixels.</param>
/// <param name="ApLarge">Precision for objects from 96 x 96 pixels on.</param>
/// <param name="Ar">Recall over all thresholds, with the largest number of detections.</param>
/// <param name="ArSmall">The same for objects up to 32 x 32 pixels.</param>
/// <param name="ArMedium">The same for objects from 32 x 32 to 96 x 96 pixels.</param>
/// <param name="ArLarge">The same for objects from 96 x 96 pixels on.</param>
public sealed record CategoryMetrics(
    CocoCategory? Category,
    int Objects,
    double Ap,
    double Ap50,
    double Ap75,
    double ApSmall,
    double ApMedium,
    double ApLarge,
    double Ar,
    double ArSmall,
    double ArMedium,
    double ArLarge
)
{
    /// <summary>The averages, each with its short name: AP, AP50, AP75, APs, APm, APl, AR, ARs, ARm, ARl.</summary>
    public IReadOnlyList<(string Name, double Value)> Numbers =>
        [
            ("AP", Ap),
            ("AP50", Ap50),
            ("AP75", Ap75),
            ("APs", ApSmall),
            ("APm", ApMedium),
            ("APl", ApLarge),
            ("AR", Ar),
            ("ARs", ArSmall),
            ("ARm", ArMedium),
            ("ARl", ArLarge),
        ];
}

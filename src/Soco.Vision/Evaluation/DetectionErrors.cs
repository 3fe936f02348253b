using Soco.Vision.Annotations.Coco;

namespace Soco.Vision.Evaluation;

/// <summary>
/// What a detector gets right and wrong, object by object, at IoU 0.5 of boxes and from one score on: the score at which precision and
/// recall balance best (the largest F1 over all images). Classes and crowds count as in <see cref="CocoEvaluator"/>.
/// </summary>
public sealed class DetectionErrors
{
    /// <summary>The least IoU of a detection with its object.</summary>
    internal const double IouThreshold = 0.5;

    /// <summary>How many detections of an image and class count.</summary>
    internal const int MostDetections = 100;

    private DetectionErrors(double score, IReadOnlyDictionary<int, double> classScores, IReadOnlyList<ImageErrors> images)
    {
        (Score, ClassScores, Images) = (score, classScores, images);
        Found = images.Sum(image => image.Right.Count);
        FalseAlarms = images.Sum(image => image.FalseAlarms.Count);
        Missed = images.Sum(image => image.Missed.Count);
    }

    /// <summary>Detections of this score and above count; infinite where nothing is right at any score.</summary>
    public double Score { get; }

    /// <summary>
    /// By the id of a category: the score of the largest F1 of this class alone; infinite where nothing is right at any score.
    /// </summary>
    public IReadOnlyDictionary<int, double> ClassScores { get; }

    /// <summary>Each image, in the order of the truth.</summary>
    public IReadOnlyList<ImageErrors> Images { get; }

    /// <summary>Objects that were found.</summary>
    public int Found { get; }

    /// <summary>Objects that were not.</summary>
    public int Missed { get; }

    /// <summary>Detections that found nothing.</summary>
    public int FalseAlarms { get; }

    /// <summary>Share of the detections that are right; 0 where there is none.</summary>
    public double Precision => Found == 0 ? 0 : (double)Found / (Found + FalseAlarms);

    /// <summary>Share of the objects that were found; 0 where there is none.</summary>
    public double Recall => Found == 0 ? 0 : (double)Found / (Found + Missed);

    /// <summary>Compares detections with the truth.</summary>
    /// <param name="truth">Images, categories and objects. Crowds and difficult objects are neither found nor missed.</param>
    /// <param name="detections">In any order.</param>
    /// <param name="threads">Threads; 0 is one for each core.</param>
    /// <exception cref="SocoDataException">A detection is of an image that the truth has not, or its score is not finite.</exception>
    public static DetectionErrors Of(CocoDataset truth, IReadOnlyList<CocoDetection> detections, int threads = 0)
    {
        threads = threads > 0 ? threads : Environment.ProcessorCount;
        (double score, Dictionary<int, double> classScores) = BestScores(Match(truth, detections, threads));
        (Cells cells, Matching matching) = Match(truth, [.. detections.Where(found => found.Score >= score)], threads);
        ILookup<long, int> objects = Enumerable.Range(0, cells.Objects.Length).ToLookup(i => cells.Objects[i].ImageId);
        ILookup<long, int> found = Enumerable
            .Range(0, cells.Detections.Length)
            .Where(i => matching.Ignored[SizeRange.All][i] == 0)
            .ToLookup(i => cells.Detections[i].ImageId);
        return new DetectionErrors(
            score,
            classScores,
            [
                .. truth.Images.Select(image => new ImageErrors(
                    image,
                    [.. from i in found[image.Id] where matching.Found[SizeRange.All][i] != 0 select cells.Detections[i]],
                    [
                        .. from i in found[image.Id]
                        where matching.Found[SizeRange.All][i] == 0
                        orderby cells.Scores[i] descending
                        select cells.Detections[i],
                    ],
                    [.. from i in objects[image.Id] where IsSought(i) && matching.Taken[i] != 0 select cells.Objects[i]],
                    [.. from i in objects[image.Id] where IsSought(i) && matching.Taken[i] == 0 select cells.Objects[i]]
                )),
            ]
        );

        bool IsSought(int place) => !Matching.IsIgnored(cells.Objects[place], SizeRange.Ranges[SizeRange.All]);
    }

    private static (Cells Cells, Matching Matching) Match(CocoDataset truth, IReadOnlyList<CocoDetection> detections, int threads)
    {
        var cells = new Cells(truth, detections, MostDetections);
        return (cells, Matching.Of(cells, IouType.Box, [IouThreshold], threads));
    }

    /// <summary>The score of the largest F1 of all classes together, and of each by the id of its category.</summary>
    private static (double All, Dictionary<int, double> Classes) BestScores((Cells Cells, Matching Matching) all)
    {
        (Cells cells, Matching matching) = all;
        ILookup<int, int> counted = Enumerable
            .Range(0, cells.Detections.Length)
            .Where(i => matching.Ignored[SizeRange.All][i] == 0)
            .ToLookup(i => cells.Detections[i].CategoryId);
        ILookup<int, CocoAnnotation> sought = cells
            .Objects.Where(item => !Matching.IsIgnored(item, SizeRange.Ranges[SizeRange.All]))
            .ToLookup(item => item.CategoryId);
        return (
            BestScore(cells, matching, counted.SelectMany(places => places), sought.Sum(items => items.Count())),
            cells.Categories.ToDictionary(
                category => category.Id,
                category => BestScore(cells, matching, counted[category.Id], sought[category.Id].Count())
            )
        );
    }

    /// <summary>
    /// F1 = 2 right / (detections + objects). Detections take objects in the order of their scores, so those below a score change nothing
    /// above it.
    /// </summary>
    private static double BestScore(Cells cells, Matching matching, IEnumerable<int> detections, int objects)
    {
        int[] order = [.. detections.OrderByDescending(i => cells.Scores[i])];
        double best = 0,
            score = double.PositiveInfinity;
        int right = 0;
        for (int i = 0; i < order.Length; i++)
        {
            right += matching.Found[SizeRange.All][order[i]] != 0 ? 1 : 0;
            bool isLastOfEquals = i + 1 == order.Length || cells.Scores[order[i + 1]] < cells.Scores[order[i]];
            double f1 = 2.0 * right / (i + 1 + objects);
            if (isLastOfEquals && f1 > best)
            {
                (best, score) = (f1, cells.Scores[order[i]]);
            }
        }

        return score;
    }
}

/// <summary>What is right and wrong in one image.</summary>
/// <param name="Image">The image.</param>
/// <param name="Right">Detections that found an object.</param>
/// <param name="FalseAlarms">Detections that found none, the surest first.</param>
/// <param name="Found">Objects that were found.</param>
/// <param name="Missed">Objects that were not.</param>
public sealed record ImageErrors(
    CocoImage Image,
    IReadOnlyList<CocoDetection> Right,
    IReadOnlyList<CocoDetection> FalseAlarms,
    IReadOnlyList<CocoAnnotation> Found,
    IReadOnlyList<CocoAnnotation> Missed
)
{
    /// <summary>How bad it is: 1 for each object that is missed, and its score for each false alarm.</summary>
    public double Badness => Missed.Count + FalseAlarms.Sum(found => found.Score);
}

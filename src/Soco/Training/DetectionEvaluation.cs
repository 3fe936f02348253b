using Soco.Detection.Data;
using Soco.Detection.Inference;
using Soco.Detection.Model;
using Soco.Distributed;
using Soco.Recipes;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Evaluation;
using Soco.Vision.Imaging;

namespace Soco.Training;

/// <summary>Measures a detector on labelled images as COCO does.</summary>
/// <param name="images">The images.</param>
/// <param name="classes">The classes in the order of the detector's labels; the images' own are told apart by name.</param>
/// <param name="onUnreadable">Told of each image that cannot be read; it counts as one without detections.</param>
/// <param name="processes">The processes that share the images; null: this one alone.</param>
internal sealed class DetectionEvaluation(
    LabelledImages images,
    IReadOnlyList<CocoCategory> classes,
    Action<UnreadableImageException> onUnreadable,
    ICollective? processes = null
)
{
    private readonly ICollective _processes = processes ?? SingleProcess.Instance;
    private readonly int[] _categories =
    [
        .. classes.Select(known => images.Classes.FirstOrDefault(category => category.Name == known.Name)?.Id ?? -1),
    ];

    /// <summary>Detects and measures: boxes, and masks where the detector has them and every object does.</summary>
    /// <returns>Null when interrupted.</returns>
    public DetectorMeasures? Measure(MaskRcnn detector, DetectionRecipe recipe, CancellationToken cancellationToken)
    {
        detector.eval();
        return Find(new ImageDetector(detector, recipe), _ => { }, cancellationToken) is { } found
            ? new DetectorMeasures(images.Truth, found, Metrics(found, detector.Options.WithMasks, recipe.ThreadCount))
            : null;
    }

    /// <summary>COCO's numbers for boxes, then for masks where the detector has them and every object does.</summary>
    public IReadOnlyList<CocoMetrics> Metrics(IReadOnlyList<CocoDetection> found, bool withMasks, int threads)
    {
        var options = new CocoEvaluationOptions { Threads = threads };
        IouType[] types = withMasks && images.MasksAreMeasurable ? [IouType.Box, IouType.Mask] : [IouType.Box];
        return [.. types.Select(type => CocoEvaluator.Evaluate(images.Truth, found, type, options))];
    }

    /// <summary>What a detector finds, under the ids of the images' annotations.</summary>
    /// <param name="detector">The detector.</param>
    /// <param name="looked">Told the number of images looked at, after each one.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <returns>Null when interrupted.</returns>
    public IReadOnlyList<CocoDetection>? Find(IImageDetector detector, Action<int> looked, CancellationToken cancellationToken)
    {
        int seen = 0;
        var found = new List<CocoDetection>();
        Dictionary<int, CocoImage> known = Enumerable.Range(0, images.Count).ToDictionary(images.SourceIndexOf, images.ImageAt);
        (int first, int count) = _processes.ShareOf(images.Count);
        int[] indices = [.. Enumerable.Range(first, count).Select(images.SourceIndexOf)];
        IEnumerable<DetectedImage> detected = detector.Detect(
            images.Source,
            indices,
            (place, image) => images.Check(first + place, image),
            onUnreadable,
            CancellationToken.None
        );
        foreach (DetectedImage image in detected.TakeWhile(_ => !cancellationToken.IsCancellationRequested))
        {
            found.AddRange(
                image
                    .Objects.Where(item => _categories[item.Label] >= 0)
                    .Select(item => new CocoDetection(
                        known[image.Index].Id,
                        _categories[item.Label],
                        CocoBox.From(item.Box),
                        item.Score,
                        item.Mask
                    )
                    {
                        // The number of an image whose id is a text means nothing in another file.
                        FileName = known[image.Index].TextId is null ? null : known[image.Index].FileName,
                    })
            );
            looked(++seen);
        }

        return _processes.Any(cancellationToken.IsCancellationRequested) ? null : SharedDetections.Gather(_processes, found);
    }
}

using Soco.Annotations;
using Soco.Data;
using Soco.Detection;
using Soco.Images;

namespace Soco.Training;

/// <summary>Measures a detector on labelled images as COCO does.</summary>
/// <param name="images">The images.</param>
/// <param name="classes">The classes in the order of the detector's labels; the images' own are told apart by name.</param>
/// <param name="onUnreadable">Told of each image that cannot be read; it counts as one without detections.</param>
internal sealed class DetectionEvaluation(LabelledImages images, IReadOnlyList<CocoCategory> classes, Action<UnreadableImageException> onUnreadable)
{
    private readonly int[] _categories = [.. classes.Select(known => images.Classes.FirstOrDefault(category => category.Name == known.Name)?.Id ?? -1)];

    /// <summary>Detects and measures: boxes, and masks where detector and annotations have them.</summary>
    /// <returns>Null when interrupted.</returns>
    public DetectorMeasures? Measure(MaskRcnn detector, DetectionRecipe recipe, CancellationToken interruption)
    {
        var found = new List<CocoDetection>();
        Dictionary<int, long> ids = Enumerable.Range(0, images.Count).ToDictionary(images.SourceIndexOf, place => images.ImageAt(place).Id);
        int[] indices = [.. Enumerable.Range(0, images.Count).Select(images.SourceIndexOf)];
        detector.eval();
        foreach (DetectedImage image in new ImageDetector(detector, recipe).Detect(images.Source, indices, images.Check, onUnreadable, CancellationToken.None))
        {
            if (interruption.IsCancellationRequested)
            {
                return null;
            }

            found.AddRange(image.Objects
                .Where(item => _categories[item.Label] >= 0)
                .Select(item => new CocoDetection(ids[image.Index], _categories[item.Label], CocoBox.From(item.Box), item.Score, item.Mask)));
        }

        return new DetectorMeasures(images.Truth, found, detector.Options.WithMasks && images.HasMasks, recipe.ThreadCount);
    }
}

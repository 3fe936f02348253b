using Soco.Vision.Annotations.Masks;

namespace Soco.Vision.Inference;

/// <summary>One object in the original image.</summary>
/// <param name="Box">Pixels of the original image, clipped to it.</param>
/// <param name="Label">Class, 0..C-1.</param>
/// <param name="Score">Probability of the class, in [0, 1].</param>
/// <param name="Mask">Of the original image's size; null where the detector has no mask head.</param>
public sealed record DetectedObject(BoxXyxy Box, int Label, float Score, RunLengthMask? Mask);

/// <summary>From what the network found in a resized image to objects in the original one.</summary>
public static class DetectionResults
{
    /// <summary>Scales the boxes and pastes the masks.</summary>
    /// <param name="detections">What was found.</param>
    /// <param name="resized">The size that the network saw.</param>
    /// <param name="original">The size of the image itself.</param>
    /// <param name="resizedMasks">
    /// Whether masks are resized to the box in whole pixels, as torchvision does; else they are sampled at the centers of the image's
    /// pixels.
    /// </param>
    /// <returns>The objects, best score first; those without area in the original image are left out.</returns>
    public static IReadOnlyList<DetectedObject> ToImage(
        Detections detections,
        ImageSize resized,
        ImageSize original,
        bool resizedMasks = false
    )
    {
        double down = (double)original.Height / resized.Height,
            right = (double)original.Width / resized.Width;
        var objects = new DetectedObject?[detections.Count];
        Parallel.For(
            0,
            detections.Count,
            i =>
            {
                BoxXyxy box = detections.Boxes[i];
                var scaled = new BoxXyxy(
                    Math.Clamp((float)(box.X1 * right), 0, original.Width),
                    Math.Clamp((float)(box.Y1 * down), 0, original.Height),
                    Math.Clamp((float)(box.X2 * right), 0, original.Width),
                    Math.Clamp((float)(box.Y2 * down), 0, original.Height)
                );
                if (scaled.Width > 0 && scaled.Height > 0)
                {
                    RunLengthMask? mask = detections.Masks is { } masks
                        ? MaskPasting.Paste(masks[i], scaled, original, resizedMasks)
                        : null;
                    objects[i] = new DetectedObject(scaled, detections.Labels[i], detections.Scores[i], mask);
                }
            }
        );
        return [.. objects.OfType<DetectedObject>()];
    }
}

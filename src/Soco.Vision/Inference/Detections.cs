namespace Soco.Vision.Inference;

/// <summary>What was found in one image: D objects, best score first.</summary>
/// <param name="Boxes">D boxes in pixels of the resized image, clipped to it.</param>
/// <param name="Labels">D classes, 0..C-1.</param>
/// <param name="Scores">D probabilities of the class, in [0, 1].</param>
/// <param name="Masks">
/// For each object M * M probabilities, row by row, over its box (M is 28, or 14 on C4); null where the detector has no mask head.
/// </param>
public sealed record Detections(BoxXyxy[] Boxes, int[] Labels, float[] Scores, float[][]? Masks)
{
    /// <summary>Objects found, D.</summary>
    public int Count => Boxes.Length;
}

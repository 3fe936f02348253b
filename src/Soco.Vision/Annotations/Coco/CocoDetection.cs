using Soco.Vision.Annotations.Masks;

namespace Soco.Vision.Annotations.Coco;

/// <summary>An object that a detector found.</summary>
/// <param name="ImageId">The image.</param>
/// <param name="CategoryId">The class.</param>
/// <param name="Box">Pixels of the image.</param>
/// <param name="Score">How sure the detector is; any finite number, the larger the surer.</param>
/// <param name="Mask">Its pixels, of the size of the image; null where only the box is known.</param>
public sealed record CocoDetection(long ImageId, int CategoryId, CocoBox Box, double Score, RunLengthMask? Mask = null)
{
    /// <summary>
    /// The image's file, by which a results file is paired with annotations that number their images otherwise; null: by the number.
    /// </summary>
    public string? FileName { get; init; }

    /// <summary>Why its mask cannot be used, as a sentence without its stop; null where it can, and where it has none.</summary>
    public string? MaskError { get; init; }

    /// <summary>
    /// Square pixels: they decide which of COCO's size ranges a detection without a match counts in. As in the COCO API this is the area of
    /// the box; set it to the mask's to count masks as detectron2 does, which takes the boxes out of its results.
    /// </summary>
    public double Area { get; init; } = Box.Area;
}

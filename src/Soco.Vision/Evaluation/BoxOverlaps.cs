using Soco.Vision.Annotations.Coco;

namespace Soco.Vision.Evaluation;

/// <summary>IoU of boxes, with the rounding of the COCO API: areas are products of sides, the far edges sums of corner and side.</summary>
internal sealed class BoxOverlaps(Cells cells, double least) : Overlaps(cells, least)
{
    /// <inheritdoc/>
    protected override void Prepare(in Cell cell) { }

    /// <inheritdoc/>
    protected override void Compare(in Cell cell, int detection)
    {
        CocoBox box = Cells.Detections[cell.FirstDetection + detection].Box;
        for (int i = 0; i < cell.Objects; i++)
        {
            CocoAnnotation found = Cells.Objects[cell.FirstObject + i];
            Add(i, Iou(box, found.Box, found.IsCrowd));
        }
    }

    /// <summary>Intersection over union, or over the detection's area where the object is a crowd; 0 where they do not overlap.</summary>
    internal static double Iou(CocoBox detection, CocoBox found, bool crowd)
    {
        double width = Math.Min(detection.X + detection.Width, found.X + found.Width) - Math.Max(detection.X, found.X);
        double height = Math.Min(detection.Y + detection.Height, found.Y + found.Height) - Math.Max(detection.Y, found.Y);
        if (width <= 0 || height <= 0)
        {
            return 0;
        }

        double common = width * height;
        return common / (crowd ? detection.Area : detection.Area + found.Area - common);
    }
}

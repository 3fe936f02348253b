using Soco.Vision.Annotations.Coco;
using Soco.Vision.Annotations.Masks;

namespace Soco.Vision.Evaluation;

/// <summary>
/// IoU of masks. Most pairs are told apart without a look at their pixels: what two masks have in common is at most the smaller area and at
/// most the overlap of their boxes.
/// </summary>
internal sealed class MaskOverlaps(Cells cells, double least) : Overlaps(cells, least)
{
    private readonly Masks _detections = new();
    private readonly Masks _objects = new();

    /// <inheritdoc/>
    protected override void Prepare(in Cell cell)
    {
        _objects.Clear();
        for (int i = cell.FirstObject; i < cell.ObjectsEnd; i++)
        {
            CocoAnnotation found = Cells.Objects[i];
            _objects.Add(found.Mask!.ToRunLengths());
        }

        _detections.Clear();
        for (int i = cell.FirstDetection; i < cell.DetectionsEnd; i++)
        {
            _detections.Add(MaskOf(Cells.Detections[i]));
        }
    }

    /// <inheritdoc/>
    protected override void Compare(in Cell cell, int detection)
    {
        MaskPlace own = _detections[detection];
        for (int i = 0; i < cell.Objects; i++)
        {
            MaskPlace other = _objects[i];
            bool crowd = Cells.Objects[cell.FirstObject + i].IsCrowd;
            long most = Math.Min(Math.Min(own.Area, other.Area), CommonBox(own.Box, other.Box));
            if (Iou(most, own.Area, other.Area, crowd) >= Least)
            {
                Add(i, Iou(RunSpans.Common(_detections.SpansOf(detection), _objects.SpansOf(i)), own.Area, other.Area, crowd));
            }
        }
    }

    private static double Iou(long common, long area, long otherArea, bool crowd) =>
        common == 0 ? 0 : (double)common / (crowd ? area : area + otherArea - common);

    private static long CommonBox(BoxXywh a, BoxXywh b)
    {
        int width = Math.Min(a.X + a.Width, b.X + b.Width) - Math.Max(a.X, b.X);
        int height = Math.Min(a.Y + a.Height, b.Y + b.Height) - Math.Max(a.Y, b.Y);
        return width > 0 && height > 0 ? (long)width * height : 0;
    }

    /// <summary>The mask of a detection; where it has none, the pixels of its box, as the COCO API has it.</summary>
    private RunLengthMask MaskOf(CocoDetection found)
    {
        if (found.Mask is { } mask)
        {
            return mask;
        }

        CocoImage image = Cells.ImageOf(found.ImageId);
        (double x1, double y1, double x2, double y2) = found.Box.Corners;
        return PolygonRuns.Of([x1, y1, x1, y2, x2, y2, x2, y1], image.Width, image.Height);
    }

    /// <summary>What is known of a mask without its pixels.</summary>
    private readonly record struct MaskPlace(int FirstSpan, int SpansEnd, int Area, BoxXywh Box);

    /// <summary>The spans of the masks of a cell, one after the other.</summary>
    private sealed class Masks
    {
        private readonly List<MaskPlace> _places = [];
        private int[] _spans = new int[1024];

        public MaskPlace this[int place] => _places[place];

        public void Clear() => _places.Clear();

        public void Add(RunLengthMask mask)
        {
            int first = _places.Count > 0 ? _places[^1].SpansEnd : 0;
            int needed = first + RunSpans.RoomFor(mask);
            if (_spans.Length < needed)
            {
                Array.Resize(ref _spans, 2 * needed);
            }

            int written = RunSpans.Write(mask, _spans.AsSpan(first));
            _places.Add(new MaskPlace(first, first + written, mask.Area, mask.Box));
        }

        public ReadOnlySpan<int> SpansOf(int place) => _spans.AsSpan(_places[place].FirstSpan.._places[place].SpansEnd);
    }
}

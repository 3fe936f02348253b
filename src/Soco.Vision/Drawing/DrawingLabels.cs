using Soco.Vision.Imaging;

namespace Soco.Vision.Drawing;

/// <summary>Labels of boxes on one picture, each at the first corner of its box where it covers no other label.</summary>
/// <param name="image">The image to draw on.</param>
/// <param name="size">Height of the font, pixels.</param>
internal sealed class DrawingLabels(RgbImage image, double size)
{
    private readonly List<BoxXyxy> _taken = [];

    /// <summary>Draws the label of a box; where every corner is taken, it stands on the first.</summary>
    /// <param name="text">One line.</param>
    /// <param name="box">Pixels.</param>
    /// <param name="ground">The color of the ground; the text is white or ink, whichever reads better.</param>
    /// <param name="outside">Whether the room above and below the box is tried before that inside.</param>
    public void Add(string text, BoxXyxy box, DrawingColor ground, bool outside = false)
    {
        (double width, double height) = ImageDrawing.MeasureLabel(text, size);
        (double Left, double Top)[] inside =
        [
            (box.X1, box.Y1),
            (box.X2 - width, box.Y1),
            (box.X1, box.Y2 - height),
            (box.X2 - width, box.Y2 - height),
            (box.X1, box.Y1 + height + 2),
            (box.X2 - width, box.Y1 + height + 2),
        ];
        (double Left, double Top)[] around = outside
            ? [(box.X1, box.Y1 - height), (box.X1, box.Y2), (box.X2 - width, box.Y1 - height)]
            : [];
        BoxXyxy[] places =
        [
            .. around
                .Where(corner => corner.Top >= 0 && corner.Top + height <= image.Height)
                .Concat(inside)
                .Select(corner => Within(corner, width, height)),
        ];
        int free = Math.Max(0, Array.FindIndex(places, place => !_taken.Exists(other => Touch(place, other))));
        _taken.Add(ImageDrawing.Label(image, text, places[free].X1, places[free].Y1, ground, size));
    }

    private BoxXyxy Within((double Left, double Top) corner, double width, double height)
    {
        double left = Math.Max(0, Math.Min(corner.Left, image.Width - width)),
            top = Math.Max(0, Math.Min(corner.Top, image.Height - height));
        return new BoxXyxy(left, top, left + width, top + height);
    }

    private static bool Touch(BoxXyxy a, BoxXyxy b) => a.X1 < b.X2 + 1 && b.X1 < a.X2 + 1 && a.Y1 < b.Y2 + 1 && b.Y1 < a.Y2 + 1;
}

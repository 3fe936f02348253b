using Soco.Vision.Annotations.Coco;
using Soco.Vision.Annotations.Masks;
using Soco.Vision.Imaging;

namespace Soco.Vision.Drawing;

/// <summary>
/// Pictures of what was found: translucent masks with an outline, boxes, and labels of class and score. A class has one color everywhere;
/// lines and letters grow with the picture, and small pictures are made larger so that their labels can be read.
/// </summary>
/// <param name="categories">The classes: the place of each, in rising order of ids, gives its color.</param>
public sealed class DetectionDrawing(IReadOnlyList<CocoCategory> categories)
{
    /// <summary>Long sides below this are enlarged by whole numbers.</summary>
    private const int LeastLongSide = 480;

    private const double LeastTextSize = 12;
    private const double TextShare = 0.022;
    private const double LineShare = 0.004;
    private const double MaskShare = 0.4;

    /// <summary>Blue and vermilion, which every eye tells apart.</summary>
    private static readonly DrawingColor s_right = DrawingPalette.Of(1),
        s_wrong = DrawingPalette.Of(2);

    private readonly Dictionary<int, (int Place, string Name)> _classes = categories
        .OrderBy(category => category.Id)
        .Select((category, place) => (category, place))
        .ToDictionary(pair => pair.category.Id, pair => (pair.place, pair.category.Name));

    /// <summary>Draws detections on a copy of their image: the surest on top.</summary>
    /// <param name="image">The image.</param>
    /// <param name="detections">What was found in it; weak ones are the caller's to leave out.</param>
    public RgbImage Draw(RgbImage image, IEnumerable<CocoDetection> detections) =>
        Draw(
            image,
            detections
                .OrderBy(found => found.Score)
                .Select(found => new Item(
                    found.Box,
                    found.Mask,
                    $"{_classes[found.CategoryId].Name} {found.Score:0.00}",
                    ColorOf(found.CategoryId),
                    found.Score
                ))
        );

    /// <summary>Draws the truth on a copy of an image: the smallest on top.</summary>
    /// <param name="image">The image.</param>
    /// <param name="truth">The objects in it.</param>
    public RgbImage DrawTruth(RgbImage image, IEnumerable<CocoAnnotation> truth) =>
        Draw(
            image,
            truth
                .OrderByDescending(found => found.Box.Area)
                .Select(found => new Item(
                    found.Box,
                    found.Mask,
                    _classes[found.CategoryId].Name
                        + (
                            found.IsCrowd ? " (crowd)"
                            : found.IsDifficult ? " (difficult)"
                            : ""
                        ),
                    ColorOf(found.CategoryId),
                    -found.Box.Area
                ))
        );

    /// <summary>
    /// The truth on the left, detections on the right. What is wrong stands out: objects that were missed and detections that found nothing
    /// have labels and heavy frames of one color, all that is right a thin frame of another.
    /// </summary>
    /// <param name="image">The image.</param>
    /// <param name="found">Its objects that were found.</param>
    /// <param name="missed">Its objects that were not.</param>
    /// <param name="right">Detections that found an object.</param>
    /// <param name="falseAlarms">Detections that found none.</param>
    /// <param name="title">The line on top, such as the image's name; empty for none.</param>
    public RgbImage Compare(
        RgbImage image,
        IReadOnlyList<CocoAnnotation> found,
        IReadOnlyList<CocoAnnotation> missed,
        IReadOnlyList<CocoDetection> right,
        IReadOnlyList<CocoDetection> falseAlarms,
        string title = ""
    )
    {
        IEnumerable<Item> truth = found
            .Select(item => new Item(item.Box, item.Mask, "", s_right, 0))
            .Concat(missed.Select(item => new Item(item.Box, item.Mask, _classes[item.CategoryId].Name, s_wrong, -item.Box.Area)));
        IEnumerable<Item> detections = right
            .Select(item => new Item(item.Box, item.Mask, "", s_right, 0))
            .Concat(
                falseAlarms
                    .OrderBy(item => item.Score)
                    .Select(item => new Item(
                        item.Box,
                        item.Mask,
                        $"{_classes[item.CategoryId].Name} {item.Score:0.00}",
                        s_wrong,
                        item.Score
                    ))
            );
        double size = TextSizeOf(image.Width * ScaleOf(image), image.Height * ScaleOf(image));
        return new DrawingSheet
        {
            Columns = 2,
            Title = title,
            CaptionSize = size,
            TitleSize = 1.5 * size,
        }.Compose([
            new DrawingSheetCell(Draw(image, truth), $"truth: {Count(found.Count + missed.Count, "object")}, {missed.Count} missed"),
            new DrawingSheetCell(
                Draw(image, detections),
                $"{Count(right.Count + falseAlarms.Count, "detection")}, {falseAlarms.Count} false"
            ),
        ]);
    }

    private DrawingColor ColorOf(int category) => DrawingPalette.Of(_classes[category].Place);

    /// <param name="image">The image; it stays as it is.</param>
    /// <param name="items">From the bottom to the top.</param>
    private static RgbImage Draw(RgbImage image, IEnumerable<Item> items)
    {
        int scale = ScaleOf(image);
        RgbImage picture =
            scale > 1
                ? Resampling.ResizeBilinear(image, scale * image.Width, scale * image.Height)
                : new RgbImage(image.Width, image.Height, [.. image.Pixels]);
        int line = Math.Max(2, (int)Math.Round(LineShare * Math.Max(picture.Width, picture.Height)));
        Item[] all = [.. items];
        foreach (Item item in all)
        {
            if (item.Mask is { } mask)
            {
                Tint(picture, scale > 1 ? mask.Resize(picture.Width, picture.Height) : mask, item.Color, Math.Max(1, line / 2));
            }
        }

        foreach (Item item in all)
        {
            // A line as wide as the rest would hide a small object.
            BoxXyxy box = Scaled(item.Box, scale);
            int most = item.Label.Length > 0 ? line : Math.Max(1, 2 * line / 3);
            ImageDrawing.Frame(picture, box, item.Color, Math.Clamp((int)(Math.Min(box.Width, box.Height) / 12), 1, most));
        }

        var labels = new DrawingLabels(picture, TextSizeOf(picture.Width, picture.Height));
        foreach (Item item in all.Where(item => item.Label.Length > 0).OrderByDescending(item => item.Rank))
        {
            labels.Add(item.Label, Scaled(item.Box, scale), item.Color, outside: true);
        }

        return picture;
    }

    private static int ScaleOf(RgbImage image) =>
        Math.Max(1, (LeastLongSide + Math.Max(image.Width, image.Height) - 1) / Math.Max(image.Width, image.Height));

    private static double TextSizeOf(int width, int height) => Math.Max(LeastTextSize, Math.Round(TextShare * Math.Max(width, height)));

    private static BoxXyxy Scaled(CocoBox box, int scale) =>
        new(scale * box.X, scale * box.Y, scale * (box.X + box.Width), scale * (box.Y + box.Height));

    /// <summary>Blends the pixels of a mask with a color, and draws its edge in full color.</summary>
    private static void Tint(RgbImage picture, ObjectMask mask, DrawingColor color, int edge)
    {
        RunLengthMask runs = mask.ToRunLengths();
        if ((runs.Width, runs.Height) != (picture.Width, picture.Height))
        {
            throw new ArgumentException(
                $"A mask of {runs.Width} x {runs.Height} pixels is not of this image, which has {picture.Width} x {picture.Height}.",
                nameof(mask)
            );
        }

        byte[] inside = runs.Decode();
        BoxXywh box = runs.Box;
        for (int y = box.Y; y < box.Y + box.Height; y++)
        {
            for (int x = box.X; x < box.X + box.Width; x++)
            {
                int at = y * picture.Width + x;
                if (inside[at] == 0)
                {
                    continue;
                }

                Span<byte> pixel = picture.Pixels.AsSpan(3 * at, 3);
                DrawingColor below = new(pixel[0], pixel[1], pixel[2]);
                DrawingColor mixed = IsEdge(x, y) ? color : below.Towards(color, MaskShare);
                (pixel[0], pixel[1], pixel[2]) = (mixed.R, mixed.G, mixed.B);
            }
        }

        bool IsEdge(int x, int y) => IsOutside(x - edge, y) || IsOutside(x + edge, y) || IsOutside(x, y - edge) || IsOutside(x, y + edge);

        // The border of the image is no edge of an object.
        bool IsOutside(int x, int y) => x >= 0 && x < picture.Width && y >= 0 && y < picture.Height && inside[y * picture.Width + x] == 0;
    }

    private static string Count(int count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";

    /// <summary>Something to draw; labels find their places in falling order of the rank, and without one the frame is thin.</summary>
    private readonly record struct Item(CocoBox Box, ObjectMask? Mask, string Label, DrawingColor Color, double Rank);
}

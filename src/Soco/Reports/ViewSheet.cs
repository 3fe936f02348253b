using Soco.Pretraining.Model;
using Soco.Pretraining.Views;
using Soco.Vision;
using Soco.Vision.Drawing;
using Soco.Vision.Imaging;
using Soco.Vision.Imaging.Color;

namespace Soco.Reports;

/// <summary>
/// A picture of one sample (SoCo, section 3.1 and figure 2): the image with its proposals and crops, then each view after the geometry and
/// after the colors. An object has one color everywhere; its label is the pyramid level that takes it and its id.
/// </summary>
internal sealed record ViewSheet
{
    private const int Margin = 12;
    private const double LabelSize = 14;

    // Thin lines show on any photograph when it is darker and they are light: ids 7 to 13 of the palette.
    private const double ProposalGround = 0.6;
    private const int FirstLightId = 7;
    private const int LightIds = 7;

    /// <summary>What a cutout looks like: the network's zero is the mean color of ImageNet.</summary>
    private static readonly DrawingColor s_zero = new(124, 116, 104);

    /// <summary>Side that every view is drawn at, pixels.</summary>
    public int Side { get; init; } = 336;

    /// <summary>Whether labels name pyramid levels; false for methods that have none (C4, BYOL).</summary>
    public bool ShowLevels { get; init; } = true;

    /// <summary>Draws the sheet of a sample.</summary>
    /// <param name="image">The whole image.</param>
    /// <param name="proposals">Its proposals; none where the whole image is the one box.</param>
    /// <param name="sample">The image's sample, made with geometry.</param>
    /// <param name="title">The line on top, such as the image's name.</param>
    /// <exception cref="ArgumentException">The sample was made without geometry.</exception>
    public RgbImage Draw(RgbImage image, ReadOnlySpan<BoxXywh> proposals, Sample sample, string title)
    {
        if (sample.Views.Any(view => view.Geometry is null))
        {
            throw new ArgumentException("The sample was made without geometry.", nameof(sample));
        }

        Column[] columns = ColumnsOf(sample);
        int[] ids = [.. sample.Pairs.SelectMany(pair => pair.First).Select(box => box.Id).Distinct().Order()];
        RgbImage views = new DrawingSheet { Columns = columns.Length, Margin = Margin }.Compose([
            .. columns.Select(column => new DrawingSheetCell(
                DrawView(column.View.Geometry!, [], column.Boxes, ids),
                $"V{column.View.Number}{column.Partners}: {column.View.Image.Width} px, {GeometryOf(sample, column.View)}"
            )),
            .. columns.Select(column => new DrawingSheetCell(
                DrawView(column.View.Image, column.View.Cutouts, column.Boxes, ids),
                $"V{column.View.Number}{column.Partners}: {ColorsOf(column.View)}"
            )),
        ]);

        int room = (views.Width - 3 * Margin) / 2;
        RgbImage whole = new DrawingSheet
        {
            Columns = 2,
            Margin = Margin,
            Title = title,
        }.Compose([
            new DrawingSheetCell(
                DrawProposals(image, proposals, room),
                $"{image.Width}×{image.Height} px, {(proposals.IsEmpty ? "the whole view is the box" : Count(proposals.Length, "proposal"))}"
            ),
            new DrawingSheetCell(DrawCrops(image, sample, room), CropsOf(sample)),
        ]);

        var sheet = new RgbImage(Math.Max(whole.Width, views.Width), whole.Height + views.Height);
        ImageDrawing.Fill(sheet, new BoxXyxy(0, 0, sheet.Width, sheet.Height), DrawingColor.White);
        ImageDrawing.Picture(sheet, whole, 0, 0);
        ImageDrawing.Picture(sheet, views, 0, whole.Height);
        return sheet;
    }

    /// <summary>V1 comes once for each selection of boxes, since each jitters its own copies; every other view comes once.</summary>
    private static Column[] ColumnsOf(Sample sample)
    {
        var columns = new List<Column>();
        IGrouping<ViewBox[], SamplePair>[] selections = [.. sample.Pairs.GroupBy(pair => pair.First)];
        foreach (IGrouping<ViewBox[], SamplePair> selection in selections)
        {
            string partners =
                selections.Length == 1 ? "" : $" for {string.Join(", ", selection.Select(pair => $"V{sample.Views[pair.View].Number}"))}";
            columns.Add(new Column(sample.Views[0], selection.Key, partners));
            columns.AddRange(selection.Select(pair => new Column(sample.Views[pair.View], pair.Other, "")));
        }

        return [.. columns];
    }

    private RgbImage DrawView(RgbImage view, IReadOnlyList<BoxXyxy> cutouts, ViewBox[] boxes, int[] ids)
    {
        RgbImage picture = Resampling.ResizeBilinear(view, Side, Side);
        double scale = (double)Side / view.Width;
        foreach (BoxXyxy square in cutouts)
        {
            var place = new BoxXyxy(square.X1 * scale, square.Y1 * scale, (square.X2 + 1) * scale, (square.Y2 + 1) * scale);
            ImageDrawing.Fill(picture, place, s_zero);
            ImageDrawing.Rectangle(picture, place, DrawingColor.White, 1);
        }

        // Without scale-aware levels an object has one box for each level, all in one place: one frame and one label.
        IGrouping<BoxXyxy, ViewBox>[] places =
        [
            .. boxes.GroupBy(box => PlaceOf(box.Corners)).OrderByDescending(place => place.Key.Width * place.Key.Height),
        ];
        foreach (IGrouping<BoxXyxy, ViewBox> place in places)
        {
            ImageDrawing.Frame(picture, place.Key, ColorOf(place));
        }

        var labels = new DrawingLabels(picture, LabelSize);
        foreach (IGrouping<BoxXyxy, ViewBox> place in places)
        {
            labels.Add(LabelOf(place), place.Key, ColorOf(place));
        }

        return picture;

        DrawingColor ColorOf(IEnumerable<ViewBox> place) => DrawingPalette.Of(Array.IndexOf(ids, place.First().Id));
    }

    private BoxXyxy PlaceOf(BoxXyxy corners) =>
        new(
            Math.Round(corners.X1 * Side),
            Math.Round(corners.Y1 * Side),
            Math.Round(corners.X2 * Side) + 1,
            Math.Round(corners.Y2 * Side) + 1
        );

    private string LabelOf(IEnumerable<ViewBox> place)
    {
        int[] ids = [.. place.Select(box => box.Id).Distinct().Order()];
        int[] levels = [.. place.Select(box => box.Level).Distinct().Order()];

        // An object that lies on every level has one id for each; what else shares a place was clipped to it.
        string named = levels.Length > 1 && ids.Length > 1 ? $"{ids[0]}–{ids[^1]}" : string.Join(", ", ids);
        string level = levels.Length > 1 ? $"{LevelName(levels[0])}–{LevelName(levels[^1])}" : LevelName(levels[0]);
        return ShowLevels ? $"{level} · {named}" : named;
    }

    private static string LevelName(int level) => level == BoxSet.NoLevel ? "none" : $"P{level + 2}";

    private RgbImage DrawProposals(RgbImage image, ReadOnlySpan<BoxXywh> proposals, int room)
    {
        (RgbImage picture, double scale) = FitInto(image, room);
        ColorTransforms.AdjustBrightness(picture, ProposalGround);
        for (int i = 0; i < proposals.Length; i++)
        {
            BoxXywh box = proposals[i];
            var place = new BoxXyxy(box.X * scale, box.Y * scale, (box.X + box.Width) * scale, (box.Y + box.Height) * scale);
            ImageDrawing.Rectangle(picture, place, DrawingPalette.Of(FirstLightId + i % LightIds), 1);
        }

        return picture;
    }

    private RgbImage DrawCrops(RgbImage image, Sample sample, int room)
    {
        (RgbImage picture, double scale) = FitInto(image, room);
        var labels = new DrawingLabels(picture, LabelSize);
        foreach (View view in sample.Views.Skip(1).DistinctBy(view => view.Crop))
        {
            Crop crop = view.Crop;
            var place = new BoxXyxy(
                crop.Left * scale,
                crop.Top * scale,
                (crop.Left + crop.Width) * scale,
                (crop.Top + crop.Height) * scale
            );
            DrawingColor color = view.Number == 2 ? DrawingColor.White : DrawingPalette.Of(view.Number);
            ImageDrawing.Frame(picture, place, color);
            labels.Add(NamesOf(sample, crop), place, color);
        }

        return picture;
    }

    private (RgbImage Picture, double Scale) FitInto(RgbImage image, int room)
    {
        double scale = Math.Min((double)room / image.Width, (double)Side / image.Height);
        return (Resampling.ResizeBilinear(image, Math.Max((int)(image.Width * scale), 1), Math.Max((int)(image.Height * scale), 1)), scale);
    }

    private static string NamesOf(Sample sample, Crop crop) =>
        string.Join(", ", sample.Views.Skip(1).Where(view => view.Crop == crop).Select(view => $"V{view.Number}"));

    private static string CropsOf(Sample sample) =>
        "crops: "
        + string.Join(
            "; ",
            sample
                .Views.Skip(1)
                .DistinctBy(view => view.Crop)
                .Select(view => $"{NamesOf(sample, view.Crop)} {view.Crop.Width}×{view.Crop.Height} px")
        );

    private static string GeometryOf(Sample sample, View view)
    {
        View source = sample.Views.First(other => other.Crop == view.Crop);
        string part =
            view.Number == 1 ? "whole image"
            : source.Number is > 1 && source != view ? $"V{source.Number} resized"
            : "random crop";
        return view.Flipped ? $"{part}, flipped" : part;
    }

    private static string ColorsOf(View view)
    {
        string colors = view.Image.Pixels.AsSpan().SequenceEqual(view.Geometry!.Pixels) ? "colors unchanged" : "colors changed";
        return view.Cutouts.Count == 0 ? colors : $"{colors}, {Count(view.Cutouts.Count, "cutout")}";
    }

    private static string Count(int count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";

    /// <param name="View">The view.</param>
    /// <param name="Boxes">What is drawn on it.</param>
    /// <param name="Partners">Which views the boxes are compared with, where V1 comes more than once.</param>
    private sealed record Column(View View, ViewBox[] Boxes, string Partners);
}

using Soco.Pretraining.Views;
using Soco.Recipes;
using Soco.Reports;
using Soco.Vision;
using Soco.Vision.Drawing;
using Soco.Vision.Imaging;
using Soco.Vision.Imaging.Color;

namespace Soco.Tests.Reports;

public sealed class ViewSheetTests
{
    private const int Side = 200;
    private const int Margin = 12;
    private static readonly int s_caption = ImageDrawing.Measure("V", 13).Height;
    private static readonly int s_title = ImageDrawing.Measure("V", 20).Height + Margin / 2;

    [Theory]
    [InlineData("soco-c4-100", 2)]
    [InlineData("soco-fpn-400", 3)]
    [InlineData("soco-star-400", 5)] // V4 has boxes of its own, and V1 comes again with them
    public void A_sheet_has_a_column_for_each_view_and_each_selection_of_boxes(string recipe, int columns)
    {
        RgbImage sheet = Draw(Made(recipe));

        int width = Margin + columns * (Side + Margin);
        int whole = Math.Min(Side, (width - 3 * Margin) / 2 * 2 / 3); // the image is 300 by 200
        Assert.Equal(width, sheet.Width);
        Assert.InRange(sheet.Height - (Margin + s_title + whole + s_caption + Margin) - (Margin + 2 * (Side + s_caption + Margin)), -1, 1);
    }

    [Fact]
    public void A_box_has_the_color_of_its_object_along_its_edges_in_every_view()
    {
        RgbImage sheet = Draw(
            SampleOf(new ViewBox(40, new BoxXyxy(0.25, 0.5, 0.745, 0.745), 1), new ViewBox(61, new BoxXyxy(0.1, 0.1, 0.195, 0.295), 2))
        );

        for (int view = 0; view < 2; view++)
        {
            AssertFramed(sheet, view, (50, 100, 149, 149), DrawingPalette.Of(0));
            AssertFramed(sheet, view, (20, 20, 39, 59), DrawingPalette.Of(1)); // 40 and 61 share a color of the palette, objects of a sheet do not
        }
    }

    [Fact]
    public void A_cutout_is_filled_on_the_colored_picture_and_leaves_the_geometry_alone()
    {
        Sample sample = SampleOf(new ViewBox(1, new BoxXyxy(0, 0, 0.2, 0.2), 0));
        RgbImage sheet = Draw(sample with { Views = [sample.Views[0], sample.Views[1] with { Cutouts = [new BoxXyxy(50, 60, 59, 69)] }] });

        (int left, int top) = PlaceOf(sheet, column: 1, row: 1);
        Assert.Equal((255, 255, 255), sheet[left + 100, top + 120]);
        Assert.Equal((255, 255, 255), sheet[left + 119, top + 139]);
        Assert.Equal((124, 116, 104), sheet[left + 101, top + 121]);
        Assert.Equal((9, 9, 9), sheet[left + 120, top + 140]);
        (left, top) = PlaceOf(sheet, column: 1, row: 0);
        Assert.Equal((80, 80, 80), sheet[left + 101, top + 121]);
    }

    [Fact]
    public void A_level_changes_the_label_unless_the_method_has_none()
    {
        Sample second = SampleOf(new ViewBox(1, new BoxXyxy(0.2, 0.2, 0.8, 0.8), 0)),
            none = SampleOf(new ViewBox(1, new BoxXyxy(0.2, 0.2, 0.8, 0.8), -1));

        Assert.NotEqual(Draw(second).Pixels, Draw(none).Pixels);
        Assert.Equal(Draw(second, levels: false).Pixels, Draw(none, levels: false).Pixels);
    }

    [Fact]
    public void Boxes_that_a_crop_clips_to_one_place_are_each_named()
    {
        ViewBox[] boxes = [.. new[] { 1, 2, 3 }.Select(id => new ViewBox(id, new BoxXyxy(0.2, 0.2, 0.8, 0.8), 1))];

        Assert.NotEqual(Draw(SampleOf(boxes)).Pixels, Draw(SampleOf(boxes[0], boxes[2])).Pixels);
    }

    [Fact]
    public void The_same_sample_gives_the_same_sheet() =>
        Assert.Equal(Draw(Made("soco-fpn-100")).Pixels, Draw(Made("soco-fpn-100")).Pixels);

    [Fact]
    public void A_sample_without_geometry_is_refused() =>
        Assert.Throws<ArgumentException>(() =>
            Draw(new ViewSampler(Recipe.Load<PretrainingRecipe>("soco-fpn-400")).Make(Noise(), s_proposals, 0, 0))
        );

    [Fact]
    public void A_view_tells_which_part_of_the_image_it_shows_and_whether_it_is_flipped()
    {
        RgbImage image = Noise();
        bool[] seen = new bool[2];
        for (int epoch = 0; epoch < 8; epoch++)
        {
            foreach (
                View view in new ViewSampler(Recipe.Load<PretrainingRecipe>("soco-c4-400"))
                    .Make(image, s_proposals, epoch, 0, withGeometry: true)
                    .Views
            )
            {
                RgbImage shown = Resampling.CropAndResizeBilinear(
                    image,
                    view.Crop.Left,
                    view.Crop.Top,
                    view.Crop.Width,
                    view.Crop.Height,
                    view.Image.Width,
                    view.Image.Height
                );
                if (view.Flipped)
                {
                    ColorTransforms.FlipHorizontal(shown);
                }

                Assert.Equal(shown.Pixels, view.Geometry!.Pixels);
                seen[view.Flipped ? 1 : 0] = true;
            }
        }

        Assert.Equal([true, true], seen);
    }

    private static readonly BoxXywh[] s_proposals =
    [
        new(10, 20, 100, 90),
        new(120, 40, 110, 130),
        new(60, 10, 150, 150),
        new(150, 90, 90, 80),
        new(0, 0, 200, 120),
    ];

    private static void AssertFramed(RgbImage sheet, int view, (int X1, int Y1, int X2, int Y2) box, DrawingColor color)
    {
        for (int row = 0; row < 2; row++)
        {
            (int left, int top) = PlaceOf(sheet, view, row);
            (byte, byte, byte) expected = (color.R, color.G, color.B),
                ink = (DrawingColor.Ink.R, DrawingColor.Ink.G, DrawingColor.Ink.B);
            Assert.Equal(expected, sheet[left + box.X1, top + box.Y2]);
            Assert.Equal(expected, sheet[left + box.X2, top + box.Y2]);
            Assert.Equal(expected, sheet[left + box.X2, top + box.Y1]);
            Assert.Equal(ink, sheet[left + box.X2 + 1, top + box.Y2]);
            Assert.NotEqual(expected, sheet[left + box.X2 - 3, top + box.Y2 - 3]);
        }
    }

    // The views are the two last rows of the sheet.
    private static (int Left, int Top) PlaceOf(RgbImage sheet, int column, int row) =>
        (Margin + column * (Side + Margin), sheet.Height - (2 - row) * (Side + s_caption + Margin));

    private static RgbImage Draw(Sample sample, bool levels = true) =>
        new ViewSheet { Side = Side, ShowLevels = levels }.Draw(Noise(), s_proposals, sample, "image");

    private static Sample Made(string recipe) =>
        new ViewSampler(Recipe.Load<PretrainingRecipe>(recipe)).Make(Noise(), s_proposals, 0, 0, withGeometry: true);

    private static Sample SampleOf(params ViewBox[] boxes)
    {
        View first = new(1, Crop.Whole(300, 200), false, Plain(80), Plain(9), []);
        return new Sample([first, first with { Number = 2, Crop = new Crop(5, 5, 250, 180) }], [new SamplePair(1, boxes, [.. boxes])]);
    }

    private static RgbImage Plain(byte grey) => new(100, 100, [.. Enumerable.Repeat(grey, 3 * 100 * 100)]);

    private static RgbImage Noise()
    {
        var image = new RgbImage(300, 200);
        new Random(5).NextBytes(image.Pixels);
        return image;
    }
}

using Soco.Vision.Annotations.Coco;
using Soco.Vision.Annotations.Masks;
using Soco.Vision.Drawing;
using Soco.Vision.Imaging;

namespace Soco.Vision.Tests.Drawing;

public sealed class DetectionDrawingTests
{
    private static readonly CocoCategory[] s_categories = [new(7, "dog", ""), new(3, "cat", "")];
    private static readonly DetectionDrawing s_drawing = new(s_categories);

    [Fact]
    public void A_detection_is_a_frame_a_tint_and_a_label_in_the_color_of_its_class()
    {
        RgbImage image = Grey(640, 480);
        RunLengthMask mask = new PolygonMask(
            [
                [220, 220, 380, 220, 380, 380, 220, 380],
            ],
            640,
            480
        ).ToRunLengths();
        RgbImage drawn = s_drawing.Draw(image, [new CocoDetection(1, 7, new CocoBox(200, 200, 200, 200), 0.875, mask)]);

        DrawingColor dog = DrawingPalette.Of(1);
        Assert.Equal((dog.R, dog.G, dog.B), drawn[201, 300]);
        Assert.Equal((DrawingColor.Ink.R, DrawingColor.Ink.G, DrawingColor.Ink.B), drawn[199, 300]);
        Assert.Equal((dog.R, dog.G, dog.B), drawn[220, 300]);
        DrawingColor tint = new DrawingColor(128, 128, 128).Towards(dog, 0.4);
        Assert.Equal((tint.R, tint.G, tint.B), drawn[300, 300]);
        Assert.Equal((128, 128, 128), drawn[210, 300]);
        Assert.Equal((dog.R, dog.G, dog.B), drawn[201, 196]); // the ground of the label, above the box
        Assert.All(image.Pixels, value => Assert.Equal(128, value));
    }

    [Fact]
    public void The_surest_detection_is_on_top()
    {
        CocoBox box = new(100, 100, 200, 200);
        CocoDetection dog = new(1, 7, box, 0.9),
            cat = new(1, 3, box, 0.4);
        DrawingColor color = DrawingPalette.Of(1);
        Assert.Equal((color.R, color.G, color.B), s_drawing.Draw(Grey(640, 480), [dog, cat])[101, 250]);
        Assert.Equal((color.R, color.G, color.B), s_drawing.Draw(Grey(640, 480), [cat, dog])[101, 250]);
    }

    [Fact]
    public void A_small_picture_is_enlarged_with_its_boxes_and_masks()
    {
        RunLengthMask mask = RunLengthMask.Encode(Enumerable.Repeat((byte)1, 20 * 20).ToArray(), new BoxXywh(30, 30, 20, 20), 100, 80);
        RgbImage drawn = s_drawing.Draw(Grey(100, 80), [new CocoDetection(1, 3, new CocoBox(20, 20, 40, 40), 1, mask)]);
        Assert.Equal((500, 400), (drawn.Width, drawn.Height));
        DrawingColor cat = DrawingPalette.Of(0);
        Assert.Equal((cat.R, cat.G, cat.B), drawn[100, 200]);
        Assert.NotEqual((128, 128, 128), drawn[200, 200]);
        Assert.Equal((128, 128, 128), drawn[140, 280]);
    }

    [Fact]
    public void The_truth_stands_beside_the_detections_and_what_is_wrong_is_heavier()
    {
        CocoBox here = new(100, 100, 200, 200),
            there = new(350, 100, 200, 200);
        RgbImage both = s_drawing.Compare(
            Grey(640, 480),
            [new(1, 1, 3, here, 1)],
            [new(2, 1, 3, there, 1)],
            [new(1, 3, here, 0.9)],
            [new(1, 7, there, 0.8)],
            "a.jpg"
        );
        int wide = 640 + 12;
        Assert.True(both.Width > 2 * 640 && both.Height > 480);
        int top = Enumerable.Range(0, both.Height).First(y => both[12, y] == (128, 128, 128));
        foreach (int left in new[] { 12, 12 + wide })
        {
            Assert.Equal(2, Frame(left + 200, DrawingPalette.Of(1)));
            Assert.Equal(3, Frame(left + 530, DrawingPalette.Of(2)));
        }

        Assert.True(s_drawing.Compare(Grey(640, 480), [], [], [], []).Height < both.Height);

        // Pixels of a color below the label, in the upper quarter of the image.
        int Frame(int x, DrawingColor color) => Enumerable.Range(top + 90, 60).Count(y => both[x, y] == (color.R, color.G, color.B));
    }

    [Fact]
    public void Labels_of_one_corner_do_not_cover_each_other()
    {
        RgbImage image = Grey(640, 480);
        var labels = new DrawingLabels(image, 14);
        DrawingColor[] colors = [.. Enumerable.Range(0, 3).Select(DrawingPalette.Of)];
        foreach (DrawingColor color in colors)
        {
            labels.Add("the same label", new BoxXyxy(100, 100, 500, 400), color, outside: true);
        }

        (double width, double height) = ImageDrawing.MeasureLabel("the same label", 14);
        foreach (DrawingColor color in colors)
        {
            int ground = Enumerable.Range(0, image.Pixels.Length / 3).Count(i => image[i % 640, i / 640] == (color.R, color.G, color.B));
            Assert.InRange(ground, 0.5 * width * height, width * height);
        }
    }

    private static RgbImage Grey(int width, int height) => new(width, height, Enumerable.Repeat((byte)128, 3 * width * height).ToArray());
}

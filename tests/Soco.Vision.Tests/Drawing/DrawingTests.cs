using CsCheck;
using Soco.Vision.Drawing;
using Soco.Vision.Imaging;

namespace Soco.Vision.Tests.Drawing;

public sealed class DrawingTests
{
    private static readonly DrawingColor s_red = new(200, 10, 20);

    [Fact]
    public void A_rectangle_changes_the_pixels_of_its_frame_and_no_others()
    {
        Gen.Select(Gen.Double[-8, 28], Gen.Double[-8, 28], Gen.Double[1, 30], Gen.Double[1, 30], Gen.Int[1, 5])
            .Sample(drawn =>
            {
                (double x, double y, double width, double height, int thickness) = drawn;
                var image = new RgbImage(24, 20);
                ImageDrawing.Rectangle(image, new BoxXyxy(x, y, x + width, y + height), s_red, thickness);
                (double x1, double y1, double x2, double y2) = (
                    Math.Round(x),
                    Math.Round(y),
                    Math.Round(x + width),
                    Math.Round(y + height)
                );
                for (int row = 0; row < 20; row++)
                {
                    for (int column = 0; column < 24; column++)
                    {
                        double fromEdge = Math.Min(Math.Min(column - x1, x2 - 1 - column), Math.Min(row - y1, y2 - 1 - row));
                        bool framed = fromEdge >= 0 && fromEdge < thickness;
                        Assert.Equal(framed ? (s_red.R, s_red.G, s_red.B) : (0, 0, 0), image[column, row]);
                    }
                }
            });
    }

    [Fact]
    public void Text_is_antialiased_and_stays_within_the_room_it_measures()
    {
        var image = new RgbImage(200, 60);
        (int width, int height) = ImageDrawing.Measure("Proposal 0.87", 18);
        ImageDrawing.Text(image, "Proposal 0.87", 20, 10, DrawingColor.White, 18);
        var inside = new HashSet<byte>();
        for (int y = 0; y < 60; y++)
        {
            for (int x = 0; x < 200; x++)
            {
                byte grey = image[x, y].R;
                if (x >= 20 && x < 20 + width && y >= 10 && y < 10 + height)
                {
                    inside.Add(grey);
                }
                else
                {
                    Assert.Equal(0, grey);
                }
            }
        }

        Assert.Contains((byte)255, inside);
        Assert.InRange(inside.Count, 20, 256);
    }

    [Fact]
    public void A_wider_word_measures_wider() =>
        Assert.True(ImageDrawing.Measure("mmmm", 12).Width > ImageDrawing.Measure("iiii", 12).Width);

    [Fact]
    public void A_label_beyond_the_edge_is_moved_inside_the_image()
    {
        var image = new RgbImage(120, 40);
        BoxXyxy place = ImageDrawing.Label(image, "P3", 500, -90, s_red);
        Assert.Equal(120, place.X2);
        Assert.Equal(0, place.Y1);
        Assert.Equal((s_red.R, s_red.G, s_red.B), image[(int)place.X1, (int)place.Y1]);
        Assert.Equal((0, 0, 0), image[(int)place.X1 - 1, (int)place.Y1]);
        Assert.Equal((0, 0, 0), image[(int)place.X1, (int)place.Y2]);
    }

    [Fact]
    public void A_label_wider_than_the_image_begins_at_its_left_edge()
    {
        var image = new RgbImage(20, 20);
        Assert.Equal(0, ImageDrawing.Label(image, "a label that is far too long", 10, 0, s_red).X1);
        Assert.Equal((s_red.R, s_red.G, s_red.B), image[0, 0]);
    }

    [Fact]
    public void Lettering_contrasts_with_every_color_of_the_palette()
    {
        for (int id = 0; id < DrawingPalette.Count; id++)
        {
            DrawingColor ground = DrawingPalette.Of(id);
            double ratio = (Luminance(ground) + 0.05) / (Luminance(ground.Lettering) + 0.05);
            Assert.InRange(Math.Max(ratio, 1 / ratio), 3.4, 21);
        }
    }

    [Fact]
    public void Every_id_has_one_color_and_the_first_twenty_one_differ()
    {
        Assert.Equal(21, Enumerable.Range(0, DrawingPalette.Count).Select(DrawingPalette.Of).Distinct().Count());
        Assert.Equal(new DrawingColor(230, 159, 0), DrawingPalette.Of(0));
        Gen.Int.Sample(id => Assert.Equal(DrawingPalette.Of(id), DrawingPalette.Of((int)(((long)id % 21 + 21) % 21))));
    }

    private static double Luminance(DrawingColor color) => 0.2126 * Linear(color.R) + 0.7152 * Linear(color.G) + 0.0722 * Linear(color.B);

    private static double Linear(byte channel) =>
        channel / 255.0 <= 0.04045 ? channel / 255.0 / 12.92 : Math.Pow((channel / 255.0 + 0.055) / 1.055, 2.4);
}

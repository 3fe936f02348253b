using Soco.Vision.Drawing;
using Soco.Vision.Imaging;

namespace Soco.Vision.Tests.Drawing;

public sealed class DrawingSheetTests
{
    [Fact]
    public void A_sheet_has_room_for_its_widest_columns_and_highest_rows()
    {
        var plain = new DrawingSheet { Columns = 2, Margin = 10 };
        DrawingSheetCell[] cells = [Cell(30, 20), Cell(50, 10), Cell(40, 60)];
        RgbImage sheet = plain.Compose(cells);
        Assert.Equal((10 + 40 + 10 + 50 + 10, 10 + 20 + 10 + 60 + 10), (sheet.Width, sheet.Height));

        int caption = ImageDrawing.Measure("V1", 13).Height;
        RgbImage captioned = plain.Compose([.. cells.Select(cell => cell with { Caption = "V1" })]);
        Assert.Equal((sheet.Width, sheet.Height + 2 * caption), (captioned.Width, captioned.Height));

        int title = ImageDrawing.Measure("Views", 20).Height;
        Assert.Equal(sheet.Height + title + 5, (plain with { Title = "Views" }).Compose(cells).Height);
    }

    [Fact]
    public void A_sheet_with_fewer_pictures_than_columns_is_only_as_wide_as_they_are() =>
        Assert.Equal(
            10 + 30 + 10,
            new DrawingSheet { Columns = 4, Margin = 10 }
                .Compose([Cell(30, 20)])
                .Width
        );

    [Fact]
    public void Pictures_stand_in_their_places_on_white()
    {
        RgbImage sheet = new DrawingSheet { Columns = 2, Margin = 10 }.Compose([Cell(30, 20), Cell(10, 20), Cell(10, 20)]);
        Assert.Equal((255, 255, 255), sheet[9, 9]);
        Assert.Equal((7, 8, 9), sheet[10, 10]);
        Assert.Equal((7, 8, 9), sheet[39, 29]);
        Assert.Equal((255, 255, 255), sheet[40, 29]);
        Assert.Equal((255, 255, 255), sheet[19, 40]); // the narrow picture of the second row is centered under the wide one
        Assert.Equal((7, 8, 9), sheet[20, 40]);
    }

    [Fact]
    public void A_long_caption_is_cut_where_its_column_ends()
    {
        RgbImage sheet = new DrawingSheet { Columns = 1, Margin = 10 }.Compose([Cell(60, 20, "a caption much longer than its picture")]);
        Assert.Contains(Enumerable.Range(10, 60), x => Dark(sheet, x));
        Assert.DoesNotContain(Enumerable.Range(70, 10), x => Dark(sheet, x));
    }

    private static bool Dark(RgbImage sheet, int x) => Enumerable.Range(30, sheet.Height - 30).Any(y => sheet[x, y].R < 128);

    private static DrawingSheetCell Cell(int width, int height, string caption = "")
    {
        var image = new RgbImage(width, height);
        ImageDrawing.Fill(image, new BoxXyxy(0, 0, width, height), new DrawingColor(7, 8, 9));
        return new DrawingSheetCell(image, caption);
    }
}

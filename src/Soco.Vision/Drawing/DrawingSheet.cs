using Soco.Vision.Imaging;

namespace Soco.Vision.Drawing;

/// <summary>One picture of a sheet and the line below it.</summary>
/// <param name="Image">The picture.</param>
/// <param name="Caption">One line; it is cut with an ellipsis where it is wider than its column. Empty for none.</param>
internal sealed record DrawingSheetCell(RgbImage Image, string Caption);

/// <summary>
/// Lays pictures out as a titled grid on white. A column is as wide as its widest picture and a row as high as its highest; each picture
/// stands in the middle of its place.
/// </summary>
internal sealed record DrawingSheet
{
    private const string Ellipsis = "…";

    /// <summary>The line on top; empty for none.</summary>
    public string Title { get; init; } = "";

    /// <summary>Pictures a row, at least 1.</summary>
    public int Columns { get; init; } = 4;

    /// <summary>Pixels around and between the pictures.</summary>
    public int Margin { get; init; } = 12;

    /// <summary>Height of the captions' font, pixels.</summary>
    public double CaptionSize { get; init; } = 13;

    /// <summary>Height of the title's font, pixels.</summary>
    public double TitleSize { get; init; } = 20;

    /// <summary>Draws the sheet.</summary>
    /// <param name="cells">The pictures, row by row; at least one.</param>
    public RgbImage Compose(IReadOnlyList<DrawingSheetCell> cells)
    {
        ArgumentOutOfRangeException.ThrowIfZero(cells.Count, nameof(cells));
        ArgumentOutOfRangeException.ThrowIfLessThan(Columns, 1, nameof(Columns));
        int[] widths = Largest(cells, Math.Min(Columns, cells.Count), i => i % Columns, cell => cell.Image.Width);
        int[] heights = Largest(cells, (cells.Count + Columns - 1) / Columns, i => i / Columns, cell => cell.Image.Height);
        int captionHeight = cells.Any(cell => cell.Caption.Length > 0) ? ImageDrawing.Measure(Ellipsis, CaptionSize).Height : 0;
        int titleHeight = Title.Length > 0 ? ImageDrawing.Measure(Title, TitleSize).Height + Margin / 2 : 0;

        int width = Margin + widths.Sum(column => column + Margin);
        int height = Margin + titleHeight + heights.Sum(row => row + captionHeight + Margin);
        var sheet = new RgbImage(width, height);
        ImageDrawing.Fill(sheet, new BoxXyxy(0, 0, width, height), DrawingColor.White);
        ImageDrawing.Text(sheet, Fit(Title, TitleSize, width - 2 * Margin), Margin, Margin / 2, DrawingColor.Ink, TitleSize);

        int top = Margin + titleHeight;
        for (int row = 0; row < heights.Length; row++)
        {
            int left = Margin;
            for (int column = 0; column < widths.Length && row * Columns + column < cells.Count; column++)
            {
                (RgbImage image, string caption) = cells[row * Columns + column];
                ImageDrawing.Picture(sheet, image, left + (widths[column] - image.Width) / 2, top + (heights[row] - image.Height) / 2);
                ImageDrawing.Text(
                    sheet,
                    Fit(caption, CaptionSize, widths[column]),
                    left,
                    top + heights[row],
                    DrawingColor.Ink,
                    CaptionSize
                );
                left += widths[column] + Margin;
            }

            top += heights[row] + captionHeight + Margin;
        }

        return sheet;
    }

    private static int[] Largest(
        IReadOnlyList<DrawingSheetCell> cells,
        int count,
        Func<int, int> slotOf,
        Func<DrawingSheetCell, int> sizeOf
    )
    {
        var largest = new int[count];
        for (int i = 0; i < cells.Count; i++)
        {
            largest[slotOf(i)] = Math.Max(largest[slotOf(i)], sizeOf(cells[i]));
        }

        return largest;
    }

    /// <summary>The longest beginning of a line that is no wider than the room, with an ellipsis where something was cut.</summary>
    private static string Fit(string text, double size, int room)
    {
        if (ImageDrawing.Measure(text, size).Width <= room)
        {
            return text;
        }

        int length = text.Length;
        while (length > 0 && ImageDrawing.Measure(text[..length] + Ellipsis, size).Width > room)
        {
            length--;
        }

        return length > 0 ? text[..length].TrimEnd() + Ellipsis : "";
    }
}

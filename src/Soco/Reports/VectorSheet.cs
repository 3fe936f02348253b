using System.Globalization;
using Soco.Vision;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Drawing;
using Soco.Vision.Imaging;

namespace Soco.Reports;

/// <summary>An image, or a box in it, on a sheet.</summary>
/// <param name="Name">The name of the image; its last part is shown.</param>
/// <param name="Read">Reads the image.</param>
/// <param name="Box">The part that is shown, pixels of the image; null: all of it.</param>
/// <param name="Cosine">To the query of its row; null for the query.</param>
internal sealed record VectorSheetItem(string Name, Func<RgbImage> Read, BoxXyxy? Box, float? Cosine);

/// <summary>Queries and their nearest neighbors: a row for each query, with file names and cosines.</summary>
internal sealed record VectorSheet
{
    private const int Margin = 10;
    private const double CaptionSize = 12;
    private const string Ellipsis = "…";

    /// <summary>Neighbors of a query.</summary>
    public required int Neighbors { get; init; }

    /// <summary>Side of the square that an image is drawn in, pixels.</summary>
    public int Side { get; init; } = 160;

    /// <summary>The line on top.</summary>
    public string Title { get; init; } = "Queries, and their nearest neighbors with the cosine of their vectors";

    /// <summary>Draws the sheet.</summary>
    /// <param name="rows">The query of each row, then its neighbors, nearest first.</param>
    public RgbImage Draw(IReadOnlyList<IReadOnlyList<VectorSheetItem>> rows)
    {
        var tiles = new NeighborTiles(Side);
        var cells = new List<DrawingSheetCell>();
        foreach (IReadOnlyList<VectorSheetItem> row in rows)
        {
            cells.AddRange(row.Select(item => new DrawingSheetCell(Tile(tiles, item), CaptionOf(item))));
            cells.AddRange(Enumerable.Repeat(new DrawingSheetCell(tiles.Blank(DrawingColor.White), ""), 1 + Neighbors - row.Count));
        }

        return new DrawingSheet
        {
            Columns = 1 + Neighbors,
            Margin = Margin,
            CaptionSize = CaptionSize,
            Title = Title,
        }.Compose(cells);
    }

    private static RgbImage Tile(NeighborTiles tiles, VectorSheetItem item)
    {
        try
        {
            RgbImage image = item.Read();
            BoxXywh part = item.Box is { } box ? CocoBox.From(box).WholePixels : new BoxXywh(0, 0, image.Width, image.Height);
            return tiles.Of(image, part, item.Cosine is null ? DrawingColor.Ink : NeighborTiles.Paper);
        }
        catch (UnreadableImageException)
        {
            // It was readable when its vector was made; its name and cosine are shown without it.
            return tiles.Blank(NeighborTiles.Paper);
        }
    }

    /// <summary>The cosine and the end of the name: names of one folder differ there.</summary>
    private string CaptionOf(VectorSheetItem item)
    {
        string cosine = item.Cosine is { } value ? value.ToString("0.000 ", CultureInfo.InvariantCulture) : "";
        string name = Path.GetFileName(item.Name);
        for (int start = 0; start < name.Length; start++)
        {
            string caption = cosine + (start > 0 ? Ellipsis : "") + name[start..];
            if (ImageDrawing.Measure(caption, CaptionSize).Width <= Side)
            {
                return caption;
            }
        }

        return cosine;
    }
}

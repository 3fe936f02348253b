using System.Globalization;
using Soco.Detection.Data;
using Soco.Embedding;
using Soco.Pretraining.Model;
using Soco.Recipes;
using Soco.Vision;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Drawing;
using Soco.Vision.Imaging;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Reports;

/// <summary>A box to describe.</summary>
/// <param name="Image">Index of its image.</param>
/// <param name="Box">Where it is, pixels of the image.</param>
/// <param name="Class">What it shows, where that is known.</param>
public readonly record struct DescribedBox(int Image, BoxXywh Box, string? Class = null);

/// <summary>
/// Nearest neighbors of boxes in the features that a detector is handed: online backbone, pyramid and head, in eval mode. What looks alike
/// to the network stands in one row; the neighbors are always from other images.
/// </summary>
public sealed record NeighborSheet
{
    private const int Margin = 12;
    private static readonly DrawingColor s_same = DrawingPalette.Of(3);
    private static readonly DrawingColor s_other = DrawingPalette.Of(2);

    /// <summary>Rows of the sheet: boxes whose neighbors it shows, spread evenly over the images.</summary>
    public int Queries { get; init; } = 8;

    /// <summary>Neighbors of a box.</summary>
    public int Neighbors { get; init; } = 5;

    /// <summary>Side of the square that a box is drawn in, pixels.</summary>
    public int Side { get; init; } = 144;

    /// <summary>The line on top.</summary>
    public string Title { get; init; } = "Nearest boxes of other images";

    /// <summary>What the sheet shows and measures.</summary>
    /// <param name="Sheet">The picture: a query a row, then its neighbors, nearest first, the cosine under each.</param>
    /// <param name="Queries">The boxes of the rows, as indices.</param>
    /// <param name="Neighbors">The neighbors of every box, not of the queries alone.</param>
    /// <param name="Purity">Share of the neighbors with the class of their box, over all boxes; null where a class is not known.</param>
    /// <param name="Chance">The purity of neighbors drawn at random from the other images.</param>
    public sealed record Result(
        RgbImage Sheet,
        IReadOnlyList<int> Queries,
        IReadOnlyList<IReadOnlyList<NearVector>> Neighbors,
        double? Purity,
        double? Chance
    );

    /// <summary>Describes every box, finds its neighbors and draws the sheet.</summary>
    /// <param name="model">Only read; it is in the mode afterwards that it was in.</param>
    /// <param name="recipe">Size of the views and limits of the levels.</param>
    /// <param name="images">The images, whole.</param>
    /// <param name="boxes">Their boxes, inside the images; at least two images have some.</param>
    /// <exception cref="SocoDataException">Fewer than two images have boxes.</exception>
    public Result Make(SocoModel model, PretrainingRecipe recipe, IReadOnlyList<RgbImage> images, IReadOnlyList<DescribedBox> boxes)
    {
        int[] imageOf = [.. boxes.Select(box => box.Image)];
        if (imageOf.Distinct().Take(2).Count() < 2)
        {
            throw new SocoDataException("Nearest neighbors need boxes of at least two images; give more images.");
        }

        using DisposeScope scope = NewDisposeScope();
        Tensor vectors = BoxVectors.Of(model, recipe, images, boxes);
        NearVector[][] neighbors = NearestVectors.Find(vectors, imageOf, vectors, imageOf, Neighbors);
        int[] queries = QueriesAmong(imageOf);
        string[]? classes = boxes.All(box => box.Class is not null) ? [.. boxes.Select(box => box.Class!)] : null;
        return new Result(
            Draw(images, boxes, queries, neighbors),
            queries,
            neighbors,
            classes is null ? null : NeighborPurity.Of(neighbors, classes),
            classes is null ? null : NeighborPurity.Chance(imageOf, classes)
        );
    }

    /// <summary>Does so with the objects of labelled images, whose classes the network need not know.</summary>
    /// <param name="model">Only read; it is in the mode afterwards that it was in.</param>
    /// <param name="recipe">Size of the views and limits of the levels.</param>
    /// <param name="images">The images.</param>
    /// <param name="count">How many of them, from the first on.</param>
    /// <exception cref="SocoDataException">Fewer than two images have objects.</exception>
    public Result Make(SocoModel model, PretrainingRecipe recipe, LabelledImages images, int count)
    {
        count = Math.Min(count, images.Count);
        int[] sources = [.. Enumerable.Range(0, count).Select(images.SourceIndexOf)];
        DescribedBox[] boxes =
        [
            .. from place in Enumerable.Range(0, count)
            from found in images.ObjectsOf(place)
            select new DescribedBox(place, CocoBox.From(found.Box).WholePixels, images.Classes[found.Label].Name),
        ];
        return Make(
            model,
            recipe,
            [.. sources.Select(index => ImageDecoder.Decode(images.Source.ReadBytes(index), images.Source.NameOf(index)))],
            boxes
        );
    }

    /// <summary>Boxes of evenly spaced images; of an image that comes again the next box.</summary>
    private int[] QueriesAmong(int[] imageOf)
    {
        int[][] byImage =
        [
            .. Enumerable
                .Range(0, imageOf.Length)
                .GroupBy(box => imageOf[box])
                .OrderBy(image => image.Key)
                .Select(image => image.ToArray()),
        ];
        return
        [
            .. Enumerable
                .Range(0, Queries)
                .Select(query => (Query: query, Boxes: byImage[(int)((long)query * byImage.Length / Queries)]))
                .Select(row => row.Boxes[row.Query % row.Boxes.Length])
                .Distinct(),
        ];
    }

    private RgbImage Draw(IReadOnlyList<RgbImage> images, IReadOnlyList<DescribedBox> boxes, int[] queries, NearVector[][] neighbors)
    {
        var tiles = new NeighborTiles(Side);
        var cells = new List<DrawingSheetCell>();
        foreach (int query in queries)
        {
            cells.Add(
                new DrawingSheetCell(Tile(boxes[query], DrawingColor.Ink), boxes[query].Class is string name ? $"query: {name}" : "query")
            );
            foreach (NearVector near in neighbors[query])
            {
                string cosine = near.Cosine.ToString("0.00", CultureInfo.InvariantCulture);
                string? shown = boxes[near.Index].Class;
                DrawingColor border =
                    shown is null || boxes[query].Class is null ? NeighborTiles.Paper
                    : shown == boxes[query].Class ? s_same
                    : s_other;
                cells.Add(new DrawingSheetCell(Tile(boxes[near.Index], border), shown is null ? cosine : $"{cosine} {shown}"));
            }

            int missing = Neighbors - neighbors[query].Length;
            cells.AddRange(Enumerable.Repeat(new DrawingSheetCell(tiles.Blank(DrawingColor.White), ""), missing));
        }

        return new DrawingSheet
        {
            Columns = 1 + Neighbors,
            Margin = Margin,
            Title = Title,
        }.Compose(cells);

        RgbImage Tile(DescribedBox described, DrawingColor border) => tiles.Of(images[described.Image], described.Box, border);
    }
}

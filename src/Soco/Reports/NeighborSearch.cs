using Soco.Embedding;
using Soco.Vision;
using Soco.Vision.Imaging;
using Soco.Vision.Sources;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Reports;

/// <summary>Looks for the neighbors of queries among vectors, and draws them.</summary>
/// <param name="source">The images that the vectors are of.</param>
/// <param name="vectors">The vectors.</param>
/// <param name="embedder">Gives queries that are none of the images their vectors; null: such queries are refused.</param>
internal sealed class NeighborSearch(ImageSource source, VectorSet vectors, Embedder? embedder)
{
    private const int QueryCount = 8;

    private readonly Dictionary<string, int> _places = Enumerable.Range(0, source.Count).ToDictionary(source.NameOf);

    /// <summary>Draws the sheet.</summary>
    /// <param name="directions">[N, D]: the vectors at length 1.</param>
    /// <param name="asked">The queries; none: eight vectors, evenly spaced.</param>
    /// <param name="count">Neighbors of a query.</param>
    /// <exception cref="SocoRequestException">
    /// A query is none of the images, and there are no weights for it, or the vectors are of boxes.
    /// </exception>
    /// <exception cref="SocoDataException">A query cannot be read, or has no vector.</exception>
    public RgbImage Draw(Tensor directions, IReadOnlyList<QueryImage> asked, int count)
    {
        using DisposeScope scope = NewDisposeScope();
        int spaced = Math.Min(QueryCount, vectors.Count);
        Query[] queries =
            asked.Count > 0
                ?
                [
                    .. asked.SelectMany(query =>
                        query.Name is null ? [Outside(query.Path)] : RowsOf(query).Select(row => Inside(directions, row))
                    ),
                ]
                : [.. Enumerable.Range(0, spaced).Select(i => Inside(directions, (int)((long)i * vectors.Count / spaced)))];
        NearVector[][] neighbors = NearestVectors.Find(
            stack([.. queries.Select(query => query.Direction)]),
            [.. queries.Select(query => query.Image)],
            directions,
            vectors.ImageOf,
            count
        );
        return new VectorSheet { Neighbors = count }.Draw([
            .. queries.Zip(
                neighbors,
                (query, near) => new[] { query.Item }.Concat(near.Select(found => ItemOf(found.Index, found.Cosine))).ToArray()
            ),
        ]);
    }

    private Query Inside(Tensor directions, int row) => new(directions[row], vectors.ImageOf[row], ItemOf(row, null));

    private Query Outside(string path)
    {
        if (embedder is null || vectors.Boxes is not null)
        {
            throw new SocoRequestException(
                $"--query {path} is none of the {Plural.Of(source.Count, "image")}, {(embedder is null ? "and without --weights it gets no vector" : "and their vectors are of boxes")}: name one of them."
            );
        }

        using ImageSource alone = ImageSource.Open([path]);
        using VectorSet own = embedder.OfImages(
            alone,
            null,
            unreadable => throw new SocoDataException($"--query {path} cannot be read ({unreadable.Reason}): name another image.")
        );
        RgbImage image = ImageDecoder.Decode(alone.ReadBytes(0), path);
        return new Query(own.Directions()[0], -1, new VectorSheetItem(path, () => image, null, null));
    }

    /// <summary>The vectors of an image; of many boxes those of the largest.</summary>
    private int[] RowsOf(QueryImage query)
    {
        int[] rows =
        [
            .. Enumerable
                .Range(0, vectors.Count)
                .Where(row => vectors.Paths[row] == query.Name)
                .OrderByDescending(row => vectors.Boxes is null ? 0 : vectors.Boxes[row].Width * vectors.Boxes[row].Height)
                .Take(QueryCount),
        ];
        return rows.Length > 0
            ? rows
            : throw new SocoDataException($"--query {query.Path} has no vector: it cannot be read, or has no box; name another image.");
    }

    private VectorSheetItem ItemOf(int row, float? cosine) =>
        new(
            vectors.Paths[row],
            () => ImageDecoder.Decode(source.ReadBytes(_places[vectors.Paths[row]]), vectors.Paths[row]),
            vectors.Boxes?[row],
            cosine
        );

    /// <summary>A row of the sheet.</summary>
    /// <param name="Direction">[D].</param>
    /// <param name="Image">The number of its image; -1 where it is none of the images.</param>
    /// <param name="Item">What is drawn.</param>
    private sealed record Query(Tensor Direction, int Image, VectorSheetItem Item);
}

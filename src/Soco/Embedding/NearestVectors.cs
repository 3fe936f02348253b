using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Embedding;

/// <summary>A vector that resembles another.</summary>
/// <param name="Index">Its row.</param>
/// <param name="Cosine">Of the angle between the two vectors, -1 to 1.</param>
public readonly record struct NearVector(int Index, float Cosine);

/// <summary>
/// Nearest neighbors among vectors, exact, always from other images: what lies beside a box is no proof that the network knows it.
/// </summary>
public static class NearestVectors
{
    private const long CosinesAtOnce = 1 << 24;
    private const int RowsAtOnce = 512;

    /// <summary>The nearest vectors of some vectors, nearest first; of equals the one with the lower index first.</summary>
    /// <param name="queries">[Q, D] unit vectors, float32.</param>
    /// <param name="queryImages">Q: the image that each query is of; a number that no vector has excludes nothing.</param>
    /// <param name="vectors">[N, D] unit vectors, float32.</param>
    /// <param name="images">N: the image that each vector is of.</param>
    /// <param name="count">Neighbors of a query; it has fewer where fewer vectors are of other images.</param>
    public static NearVector[][] Find(Tensor queries, IReadOnlyList<int> queryImages, Tensor vectors, IReadOnlyList<int> images, int count)
    {
        var found = new NearVector[queryImages.Count][];
        int most = RowsOf(images.Count);
        for (int start = 0; start < found.Length; start += most)
        {
            using DisposeScope scope = NewDisposeScope();
            int rows = Math.Min(most, found.Length - start);
            ReadOnlySpan<float> cosines = queries.narrow(0, start, rows).matmul(vectors.t()).cpu().data<float>().ToArray();
            for (int row = 0; row < rows; row++)
            {
                found[start + row] = Nearest(cosines.Slice(row * images.Count, images.Count), images, queryImages[start + row], count);
            }
        }

        return found;
    }

    /// <summary>Rows of a block of a product with this many columns.</summary>
    internal static int RowsOf(int columns) => (int)Math.Clamp(CosinesAtOnce / Math.Max(1, columns), 1, RowsAtOnce);

    private static NearVector[] Nearest(ReadOnlySpan<float> cosines, IReadOnlyList<int> images, int own, int count)
    {
        var nearest = new List<NearVector>(count + 1);
        for (int index = 0; index < cosines.Length; index++)
        {
            if (images[index] != own && (nearest.Count < count || cosines[index] > nearest[^1].Cosine))
            {
                float cosine = cosines[index];
                int place = nearest.FindIndex(near => near.Cosine < cosine);
                nearest.Insert(place < 0 ? nearest.Count : place, new NearVector(index, cosine));
                if (nearest.Count > count)
                {
                    nearest.RemoveAt(count);
                }
            }
        }

        return [.. nearest];
    }
}

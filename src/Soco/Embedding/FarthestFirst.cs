using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Embedding;

/// <summary>Images that were chosen one after the other.</summary>
/// <param name="Images">Their numbers, in the order of choice.</param>
/// <param name="Radii">
/// For each, how far the farthest vector is from its nearest chosen one when it is chosen too: the distance of unit vectors, 0 to 2, sqrt(2
/// - 2 cosine).
/// </param>
public sealed record Selection(IReadOnlyList<int> Images, IReadOnlyList<double> Radii);

/// <summary>
/// A diverse subset: greedy k-center (Gonzalez, 1985), the core-set selection of Sener and Savarese (ICLR 2018). Each choice is the image
/// that is farthest from all chosen ones, so that the first n of a longer selection are a selection of n; its radius is at most twice that
/// of the best n images.
/// </summary>
public static class FarthestFirst
{
    /// <summary>Chooses images, beginning with the one nearest to the mean of all directions.</summary>
    /// <param name="directions">[N, D] unit vectors, float32.</param>
    /// <param name="imageOf">
    /// N: the number of the image of each, 0..I-1. An image with several vectors (boxes) is chosen for its farthest one, and then all of
    /// its vectors are.
    /// </param>
    /// <param name="count">Images to choose, 1..I.</param>
    /// <param name="progress">Receives images chosen.</param>
    /// <param name="cancellationToken">Ends it early with <see cref="OperationCanceledException"/>.</param>
    public static Selection Choose(
        Tensor directions,
        IReadOnlyList<int> imageOf,
        int count,
        Action<int>? progress = null,
        CancellationToken cancellationToken = default
    )
    {
        ILookup<int, long> rowsOf = imageOf.Index().ToLookup(item => item.Item, item => (long)item.Index);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, rowsOf.Count);
        using IDisposable guard = no_grad();
        float[] nearest = new float[imageOf.Count];
        Array.Fill(nearest, float.NegativeInfinity);
        var images = new List<int>();
        var radii = new List<double>();
        int next = imageOf[MostCentral(directions)];
        while (images.Count < count)
        {
            cancellationToken.ThrowIfCancellationRequested();
            images.Add(next);
            Cover(directions, [.. rowsOf[next]], nearest);
            int farthest = Array.IndexOf(nearest, nearest.Min());
            radii.Add(Math.Sqrt(Math.Max(0, 2 - 2 * Math.Min(1, (double)nearest[farthest]))));
            next = imageOf[farthest];
            progress?.Invoke(images.Count);
        }

        return new Selection(images, radii);
    }

    private static int MostCentral(Tensor directions)
    {
        using DisposeScope scope = NewDisposeScope();
        return (int)directions.mv(directions.mean([0])).argmax().item<long>();
    }

    /// <summary>
    /// Raises the cosine of each vector to its nearest chosen one; that of a chosen one to infinity, so that it is not chosen again.
    /// </summary>
    private static void Cover(Tensor directions, long[] rows, float[] nearest)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor cosines = directions.mm(directions.index_select(0, tensor(rows)).t()).amax([1]);
        ReadOnlySpan<float> values = cosines.data<float>().ToArray();
        for (int i = 0; i < nearest.Length; i++)
        {
            nearest[i] = Math.Max(nearest[i], values[i]);
        }

        Array.ForEach(rows, row => nearest[row] = float.PositiveInfinity);
    }
}

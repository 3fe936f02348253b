using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Embedding;

/// <summary>Two images whose vectors resemble each other.</summary>
/// <param name="First">Row of the one.</param>
/// <param name="Second">Row of the other, larger than <paramref name="First"/>.</param>
/// <param name="Cosine">Of the angle between their vectors.</param>
public readonly record struct SimilarPair(int First, int Second, float Cosine);

/// <summary>Images that pairs connect, maybe over others.</summary>
/// <param name="Pairs">Its pairs, by rows.</param>
/// <param name="Members">Its images as rows, ascending.</param>
/// <param name="Kept">The ones to keep: no two of them are a pair, and each other image is a pair with one of them.</param>
public sealed record DuplicateGroup(IReadOnlyList<SimilarPair> Pairs, IReadOnlyList<int> Members, IReadOnlySet<int> Kept);

/// <summary>Near-duplicates: pairs of images whose vectors have a cosine from a threshold on.</summary>
public static class NearDuplicates
{
    /// <summary>
    /// The threshold that is used where none is given: copies that were encoded again or resized reach it. docs/embed.md has what was
    /// measured.
    /// </summary>
    public const double DefaultThreshold = 0.998;

    /// <summary>Pairs at most; more are no list that a person reads.</summary>
    public const int MostPairs = 1_000_000;

    // Cosines of equal vectors differ from 1 by rounding.
    private const double Rounding = 1e-6;

    /// <summary>All pairs that reach a threshold, by rows; null where there are more than <see cref="MostPairs"/>.</summary>
    /// <param name="directions">[N, D] unit vectors, float32.</param>
    /// <param name="threshold">Least cosine, above 0, at most 1.</param>
    /// <param name="cancellationToken">Ends it early with <see cref="OperationCanceledException"/>.</param>
    public static IReadOnlyList<SimilarPair>? Pairs(Tensor directions, double threshold, CancellationToken cancellationToken = default)
    {
        var pairs = new List<SimilarPair>();
        int count = (int)directions.shape[0],
            rows;
        float least = (float)(threshold - Rounding);
        for (int start = 0; start < count; start += rows)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using DisposeScope scope = NewDisposeScope();
            int columns = count - start;
            rows = Math.Min(NearestVectors.RowsOf(columns), columns);
            ReadOnlySpan<float> cosines = directions
                .narrow(0, start, rows)
                .matmul(directions.narrow(0, start, columns).t())
                .data<float>()
                .ToArray();
            for (int row = 0; row < rows; row++)
            {
                for (int column = row + 1; column < columns; column++)
                {
                    if (cosines[row * columns + column] is var cosine && cosine >= least)
                    {
                        pairs.Add(new SimilarPair(start + row, start + column, cosine));
                    }
                }

                if (pairs.Count > MostPairs)
                {
                    return null;
                }
            }
        }

        return pairs;
    }

    /// <summary>The connected components of pairs, in the order of their first images.</summary>
    /// <param name="pairs">The pairs.</param>
    /// <param name="compare">Orders rows, the one that is rather kept first.</param>
    public static IReadOnlyList<DuplicateGroup> Group(IReadOnlyList<SimilarPair> pairs, Comparison<int> compare)
    {
        var parents = new Dictionary<int, int>();
        foreach (SimilarPair pair in pairs)
        {
            (int first, int second) = (RootOf(parents, pair.First), RootOf(parents, pair.Second));
            parents[Math.Max(first, second)] = Math.Min(first, second);
        }

        return
        [
            .. pairs.GroupBy(pair => RootOf(parents, pair.First)).OrderBy(group => group.Key).Select(group => GroupOf([.. group], compare)),
        ];
    }

    private static DuplicateGroup GroupOf(SimilarPair[] pairs, Comparison<int> compare)
    {
        ILookup<int, int> partners = pairs
            .SelectMany(pair => new[] { (pair.First, pair.Second), (pair.Second, pair.First) })
            .ToLookup(pair => pair.Item1, pair => pair.Item2);
        int[] members = [.. partners.Select(image => image.Key).Order()];
        HashSet<int> kept = [];
        foreach (int row in members.Order(Comparer<int>.Create(compare)))
        {
            if (!partners[row].Any(kept.Contains))
            {
                kept.Add(row);
            }
        }

        return new DuplicateGroup(pairs, members, kept);
    }

    private static int RootOf(Dictionary<int, int> parents, int row)
    {
        int root = row;
        while (parents.TryGetValue(root, out int parent) && parent != root)
        {
            root = parent;
        }

        for (int next = row; next != root; )
        {
            (next, parents[next]) = (parents[next], root);
        }

        parents.TryAdd(root, root);
        return root;
    }
}

namespace Soco.Vision.Proposals.Regions;

/// <summary>
/// Sorts edges by cost, stable and exact: a counting sort into about two buckets an edge, linear in the cost, then an insertion pass over
/// the full float64 that finds little left to do.
/// </summary>
internal sealed unsafe class EdgeSort
{
    /// <summary>A value this far from its place means a run of nearly equal costs; such a run is sorted by comparison.</summary>
    private const int LongestShift = 48;

    private int[] _ends = [];
    private ulong[] _costs = [];
    private uint[] _edges = [];

    /// <summary>The sorted costs, as the bits of float64.</summary>
    public ulong[] Costs => _costs;

    /// <summary>The edges in the order of their costs.</summary>
    public uint[] Edges => _edges;

    /// <summary>Sorts edges into <see cref="Costs"/> and <see cref="Edges"/>.</summary>
    /// <param name="costs">Bits of float64 costs.</param>
    /// <param name="edges">The edges, in an order that rises among equal costs.</param>
    /// <param name="floor">No cost is below this.</param>
    /// <param name="ceiling">All costs are below this.</param>
    public void Sort(ReadOnlySpan<ulong> costs, ReadOnlySpan<uint> edges, double floor, double ceiling)
    {
        int count = costs.Length,
            buckets = 2 * count + 1;
        double scale = 2 * count / (ceiling - floor);
        Buffers.Fit(ref _ends, buckets);
        Buffers.Fit(ref _costs, count);
        Buffers.Fit(ref _edges, count);
        Array.Clear(_ends, 0, buckets);
        fixed (int* ends = _ends)
        fixed (
            ulong* from = costs,
                to = _costs
        )
        fixed (
            uint* fromEdges = edges,
                toEdges = _edges
        )
        {
            for (int i = 0; i < count; i++)
            {
                ends[BucketOf(from[i], floor, scale)]++;
            }

            int before = 0;
            for (int bucket = 0; bucket < buckets; bucket++)
            {
                int length = ends[bucket];
                ends[bucket] = before;
                before += length;
            }

            for (int i = 0; i < count; i++)
            {
                int at = ends[BucketOf(from[i], floor, scale)]++;
                to[at] = from[i];
                toEdges[at] = fromEdges[i];
            }
        }

        SortWithinBuckets(_costs.AsSpan(0, count), _edges.AsSpan(0, count), floor, scale);
    }

    private static int BucketOf(ulong cost, double floor, double scale) => (int)((BitConverter.UInt64BitsToDouble(cost) - floor) * scale);

    private static void SortWithinBuckets(Span<ulong> costs, Span<uint> edges, double floor, double scale)
    {
        for (int i = 1; i < costs.Length; i++)
        {
            ulong cost = costs[i];
            if (cost >= costs[i - 1])
            {
                continue;
            }

            uint edge = edges[i];
            int to = i;
            for (; to > 0 && costs[to - 1] > cost && i - to < LongestShift; to--)
            {
                costs[to] = costs[to - 1];
                edges[to] = edges[to - 1];
            }

            costs[to] = cost;
            edges[to] = edge;
            if (to > 0 && costs[to - 1] > cost)
            {
                i = SortBucket(costs, edges, i, BucketOf(cost, floor, scale), floor, scale);
            }
        }
    }

    /// <summary>Sorts the bucket around position <paramref name="inside"/>, and returns its last position.</summary>
    private static int SortBucket(Span<ulong> costs, Span<uint> edges, int inside, int bucket, double floor, double scale)
    {
        int start = inside,
            end = inside + 1;
        while (start > 0 && BucketOf(costs[start - 1], floor, scale) == bucket)
        {
            start--;
        }

        while (end < costs.Length && BucketOf(costs[end], floor, scale) == bucket)
        {
            end++;
        }

        costs[start..end].Sort(edges[start..end]);
        for (int first = start, next = start + 1; next <= end; next++)
        {
            if (next == end || costs[next] != costs[first])
            {
                edges[first..next].Sort();
                first = next;
            }
        }

        return end - 1;
    }
}

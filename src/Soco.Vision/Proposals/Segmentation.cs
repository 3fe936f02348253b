using Soco.Images;

namespace Soco.Proposals;

/// <summary>
/// Graph-based segmentation (Felzenszwalb and Huttenlocher, IJCV 2004), as scikit-image 0.19 computes it: joins along edges of rising
/// cost while the cost is below what both sides bear, then joins segments that are too small.
/// </summary>
internal sealed unsafe class Segmentation
{
    /// <summary>Bands are taken together until they hold this part of all edges: sorting pays for the look at every pixel before it.</summary>
    private const int GroupsAtMost = 16;

    /// <summary>Marks the root of a segment that is done.</summary>
    private const int Settled = int.MinValue;

    private readonly double _tau;
    private readonly int _minimumSize;
    private readonly EdgeCosts _costs;
    private readonly EdgeBands _bands = new();
    private readonly EdgeSort _sort = new();
    private readonly SegmentForest _forest = new();
    private float[] _bearable = [];
    private int[] _roots = [];
    private ulong[] _openCosts = [];
    private uint[] _openEdges = [];

    public Segmentation(SelectiveSearchOptions options)
    {
        _tau = options.Scale / 255;
        _minimumSize = options.MinimumSize;
        _costs = new EdgeCosts(options.Sigma);
    }

    /// <summary>[height * width] the segment of each pixel of the last image, numbered from 0 in raster order of their first pixels.</summary>
    public int[] Labels => _forest.Parents;

    /// <summary>Segments an image; <see cref="Labels"/> then holds the segment of each pixel.</summary>
    /// <returns>The number of segments.</returns>
    public int Segment(RgbImage image)
    {
        int pixels = image.Width * image.Height;
        _costs.Fill(_bands, image);
        _forest.Start(pixels);
        Buffers.Fit(ref _bearable, pixels);
        Buffers.Fit(ref _roots, pixels);
        _bearable.AsSpan(0, pixels).Fill((float)_tau);

        var ends = new EdgeEnds(image.Width);
        JoinEqual(ends);
        int enough = 4 * pixels / GroupsAtMost;
        for (int first = 1, next; first < EdgeBands.Count; first = next)
        {
            next = GroupFrom(first, enough, out int length);
            FindRoots(pixels, smallOnly: false, EdgeBands.FloorOf(first));
            int open = FindOpen(first, next, length, settledEndsAtMost: 0, ends);
            JoinAlike(SortOpen(open, first, next), ends);
        }

        for (int first = 1, next; first < EdgeBands.Count; first = next)
        {
            next = GroupFrom(first, enough, out int length);
            int small = FindRoots(pixels, smallOnly: true, floor: 0);
            if (small == 0)
            {
                break;
            }

            int open = FindOpen(first, next, length, settledEndsAtMost: 1, ends);
            JoinSmall(SortOpen(open, first, next), small, ends);
        }

        return _forest.Number(pixels);
    }

    /// <summary>The bands from one on that are taken together.</summary>
    /// <returns>One past the last of them.</returns>
    private int GroupFrom(int first, int enough, out int length)
    {
        length = _bands.LengthOf(first);
        int next = first + 1;
        for (; next < EdgeBands.Count && length < enough; next++)
        {
            length += _bands.LengthOf(next);
        }

        return next;
    }

    /// <summary>
    /// Finds the segment of every pixel, and marks those that joins need not look at: in the first pass the ones that bear no cost from the
    /// floor on, which nothing can join any more; in the second the ones that are large enough.
    /// </summary>
    /// <returns>The number of segments that are not marked.</returns>
    private int FindRoots(int pixels, bool smallOnly, double floor)
    {
        int unsettled = 0;
        fixed (int* parents = _forest.Parents, sizes = _forest.Sizes, roots = _roots)
        fixed (float* bearable = _bearable)
        {
            // Parents come before their children.
            for (int pixel = 0; pixel < pixels; pixel++)
            {
                int parent = parents[pixel];
                if (parent != pixel)
                {
                    roots[pixel] = roots[parent];
                    parents[pixel] = roots[parent] & ~Settled;
                }
                else
                {
                    bool settled = smallOnly ? sizes[pixel] >= _minimumSize : bearable[pixel] <= floor;
                    roots[pixel] = settled ? pixel | Settled : pixel;
                    unsettled += settled ? 0 : 1;
                }
            }
        }

        return unsettled;
    }

    /// <summary>The band of cost 0 is in order as it stands, and every segment bears 0.</summary>
    private void JoinEqual(in EdgeEnds ends)
    {
        for (int direction = 0; direction < 4; direction++)
        {
            foreach ((int start, int length) in _bands.PlacesOf(direction, band: 0))
            {
                JoinAlike(new SortedEdges(_bands.Costs, _bands.Edges, start, length), ends);
            }
        }
    }

    /// <summary>Collects the edges of some bands whose ends are in different segments, not more of them settled than may be.</summary>
    private int FindOpen(int firstBand, int nextBand, int length, int settledEndsAtMost, in EdgeEnds ends)
    {
        Buffers.Fit(ref _openCosts, length + 1);
        Buffers.Fit(ref _openEdges, length + 1);
        int open = 0;
        fixed (int* roots = _roots)
        fixed (ulong* costs = _bands.Costs, openCosts = _openCosts)
        fixed (uint* edges = _bands.Edges, openEdges = _openEdges)
        {
            for (int direction = 0; direction < 4; direction++)
            {
                int* first = roots + ends.First[direction], second = roots + ends.Second[direction];
                for (int band = firstBand; band < nextBand; band++)
                {
                    foreach ((int start, int count) in _bands.PlacesOf(direction, band))
                    {
                        for (int i = start; i < start + count; i++)
                        {
                            int pixel = GridEdge.PixelOf(edges[i]), a = first[pixel], b = second[pixel];
                            openCosts[open] = costs[i];
                            openEdges[open] = edges[i];
                            open += (a != b) & ((a >>> 31) + (b >>> 31) <= settledEndsAtMost) ? 1 : 0;
                        }
                    }
                }
            }
        }

        return open;
    }

    private SortedEdges SortOpen(int open, int firstBand, int nextBand)
    {
        _sort.Sort(_openCosts.AsSpan(0, open), _openEdges.AsSpan(0, open), EdgeBands.FloorOf(firstBand), EdgeBands.FloorOf(nextBand));
        return new SortedEdges(_sort.Costs, _sort.Edges, 0, open);
    }

    /// <summary>First pass: joins along edges in order.</summary>
    private void JoinAlike(in SortedEdges sorted, in EdgeEnds ends)
    {
        fixed (int* parents = _forest.Parents, sizes = _forest.Sizes)
        fixed (float* bearable = _bearable)
        fixed (uint* edges = sorted.Edges)
        fixed (ulong* costs = sorted.Costs)
        {
            for (int i = sorted.Start; i < sorted.Start + sorted.Count; i++)
            {
                int a = SegmentForest.RootOf(parents, ends.FirstOf(edges[i])), b = SegmentForest.RootOf(parents, ends.SecondOf(edges[i]));
                double cost = BitConverter.UInt64BitsToDouble(costs[i]);
                if (a != b && cost < Math.Min(bearable[a], bearable[b]))
                {
                    int root = SegmentForest.Join(parents, sizes, a, b);
                    bearable[root] = (float)(cost + _tau / sizes[root]);
                }
            }
        }
    }

    /// <summary>Second pass, over the same order: joins where either side is too small, until no segment is.</summary>
    private void JoinSmall(in SortedEdges sorted, int small, in EdgeEnds ends)
    {
        fixed (int* parents = _forest.Parents, sizes = _forest.Sizes)
        fixed (uint* edges = sorted.Edges)
        {
            for (int i = sorted.Start; i < sorted.Start + sorted.Count && small > 0; i++)
            {
                int a = SegmentForest.RootOf(parents, ends.FirstOf(edges[i])), b = SegmentForest.RootOf(parents, ends.SecondOf(edges[i]));
                int smallEnds = (sizes[a] < _minimumSize ? 1 : 0) + (sizes[b] < _minimumSize ? 1 : 0);
                if (a != b && smallEnds > 0)
                {
                    int root = SegmentForest.Join(parents, sizes, a, b);
                    small -= smallEnds - (sizes[root] < _minimumSize ? 1 : 0);
                }
            }
        }
    }

    /// <summary>Edges in the order of their costs: a stretch of two arrays.</summary>
    private readonly record struct SortedEdges(ulong[] Costs, uint[] Edges, int Start, int Count);
}

using Soco.Vision.Imaging;

namespace Soco.Vision.Proposals.Regions;

/// <summary>
/// Graph-based segmentation (Felzenszwalb and Huttenlocher, IJCV 2004), as scikit-image 0.19 computes it: joins along edges of rising
/// cost while the cost is below what both sides bear, then joins segments that are too small.
/// </summary>
internal sealed unsafe class Segmentation
{
    /// <summary>Bands are taken together until they hold this part of all edges: sorting pays for the flattening before it.</summary>
    private const int GroupsAtMost = 16;

    private const int EdgesBetweenChecks = 1 << 22;

    private readonly double _tau;
    private readonly int _minimumSize;
    private readonly EdgeCosts _costs;
    private readonly EdgeBands _bands = new();
    private readonly EdgeSort _sort = new();
    private readonly SegmentForest _forest = new();
    private float[] _bearable = [];
    private ulong[] _openCosts = [];
    private uint[] _openEdges = [];
    private uint[] _unjoined = [];
    private int _unjoinedCount;

    public Segmentation(SelectiveSearchOptions options)
    {
        _tau = options.Scale / 255;
        _minimumSize = options.MinimumSize;
        _costs = new EdgeCosts(options.Sigma);
    }

    /// <summary>
    /// [height * width] the segment of each pixel of the last image, numbered from 0 in raster order of their first pixels.
    /// </summary>
    public int[] Labels => _forest.Parents;

    /// <summary>Segments an image; <see cref="Labels"/> then holds the segment of each pixel.</summary>
    /// <returns>The number of segments.</returns>
    public int Segment(RgbImage image, CancellationToken cancellationToken)
    {
        int pixels = image.Width * image.Height;
        _costs.Fill(_bands, image, cancellationToken);
        _forest.Start(pixels);
        Buffers.Fit(ref _bearable, pixels);
        _bearable.AsSpan(0, pixels).Fill((float)_tau);
        _unjoinedCount = 0;

        var ends = new EdgeEnds(image.Width);
        JoinEqual(ends, cancellationToken);
        int enough = 4 * pixels / GroupsAtMost;
        for (int first = 1, next; first < EdgeBands.Count; first = next)
        {
            int length = _bands.LengthOf(first);
            for (next = first + 1; next < EdgeBands.Count && length < enough; next++)
            {
                length += _bands.LengthOf(next);
            }

            cancellationToken.ThrowIfCancellationRequested();
            _forest.Flatten(pixels);
            int open = FindOpen(first, next, length, ends);
            cancellationToken.ThrowIfCancellationRequested();
            _sort.Sort(_openCosts.AsSpan(0, open), _openEdges.AsSpan(0, open), EdgeBands.FloorOf(first), EdgeBands.FloorOf(next));
            cancellationToken.ThrowIfCancellationRequested();
            JoinAlike(_sort.Costs, _sort.Edges, 0, open, ends);
        }

        JoinSmall(ends, cancellationToken);
        return _forest.Number(pixels);
    }

    /// <summary>The band of cost 0 is in order as it stands.</summary>
    private void JoinEqual(in EdgeEnds ends, CancellationToken cancellationToken)
    {
        for (int direction = 0; direction < 4; direction++)
        {
            foreach ((int start, int length) in _bands.PlacesOf(direction, band: 0))
            {
                cancellationToken.ThrowIfCancellationRequested();
                JoinAlike(_bands.Costs, _bands.Edges, start, length, ends);
            }
        }
    }

    /// <summary>Collects the edges of some bands whose ends are not in one segment yet.</summary>
    private int FindOpen(int firstBand, int nextBand, int length, in EdgeEnds ends)
    {
        Buffers.Fit(ref _openCosts, length + 1);
        Buffers.Fit(ref _openEdges, length + 1);
        int open = 0;
        fixed (int* parents = _forest.Parents)
        fixed (
            ulong* costs = _bands.Costs,
                openCosts = _openCosts
        )
        fixed (
            uint* edges = _bands.Edges,
                openEdges = _openEdges
        )
        {
            for (int direction = 0; direction < 4; direction++)
            {
                int* first = parents + ends.First[direction],
                    second = parents + ends.Second[direction];
                for (int band = firstBand; band < nextBand; band++)
                {
                    foreach ((int start, int count) in _bands.PlacesOf(direction, band))
                    {
                        for (int i = start; i < start + count; i++)
                        {
                            int pixel = GridEdge.PixelOf(edges[i]);
                            openCosts[open] = costs[i];
                            openEdges[open] = edges[i];
                            open += first[pixel] != second[pixel] ? 1 : 0;
                        }
                    }
                }
            }
        }

        return open;
    }

    /// <summary>First pass: joins along edges in order; keeps those that still ran between two segments.</summary>
    private void JoinAlike(ulong[] allCosts, uint[] allEdges, int start, int count, in EdgeEnds ends)
    {
        Buffers.Grow(ref _unjoined, _unjoinedCount + count);
        int unjoinedCount = _unjoinedCount;
        fixed (
            int* parents = _forest.Parents,
                sizes = _forest.Sizes
        )
        fixed (float* bearable = _bearable)
        fixed (
            uint* edges = allEdges,
                unjoined = _unjoined
        )
        fixed (ulong* costs = allCosts)
        {
            for (int i = start; i < start + count; i++)
            {
                int a = SegmentForest.RootOf(parents, ends.FirstOf(edges[i])),
                    b = SegmentForest.RootOf(parents, ends.SecondOf(edges[i]));
                if (a == b)
                {
                    continue;
                }

                double cost = BitConverter.UInt64BitsToDouble(costs[i]);
                if (cost < Math.Min(bearable[a], bearable[b]))
                {
                    int root = SegmentForest.Join(parents, sizes, a, b);
                    bearable[root] = (float)(cost + _tau / sizes[root]);
                }
                else
                {
                    unjoined[unjoinedCount++] = edges[i];
                }
            }
        }

        _unjoinedCount = unjoinedCount;
    }

    /// <summary>Second pass, over the same order: joins where either side is too small.</summary>
    private void JoinSmall(in EdgeEnds ends, CancellationToken cancellationToken)
    {
        fixed (
            int* parents = _forest.Parents,
                sizes = _forest.Sizes
        )
        {
            for (int start = 0; start < _unjoinedCount; start += EdgesBetweenChecks)
            {
                cancellationToken.ThrowIfCancellationRequested();
                foreach (uint edge in _unjoined.AsSpan(start, Math.Min(EdgesBetweenChecks, _unjoinedCount - start)))
                {
                    int a = SegmentForest.RootOf(parents, ends.FirstOf(edge)),
                        b = SegmentForest.RootOf(parents, ends.SecondOf(edge));
                    if (a != b && (sizes[a] < _minimumSize || sizes[b] < _minimumSize))
                    {
                        SegmentForest.Join(parents, sizes, a, b);
                    }
                }
            }
        }
    }
}

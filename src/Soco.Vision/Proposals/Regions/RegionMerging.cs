namespace Soco.Vision.Proposals.Regions;

/// <summary>
/// Hierarchical grouping (Uijlings et al., IJCV 2013, section 3): joins the most similar pair of neighbors until no pair is left. A union
/// takes the place of its first part, and a pair that it inherits keeps its slot, so nothing grows while regions merge.
/// </summary>
internal sealed class RegionMerging
{
    /// <summary>The insertion number of a slot that holds no pair any more.</summary>
    private const long Gone = 0;

    private readonly SimilarityQueue _queue = new();
    private long[] _numbers = [];
    private int[] _regionOf = [];
    private int[] _next = [];
    private int[] _previous = [];
    private int[] _head = [];
    private int[] _tail = [];
    private int[] _inheritedBy = [];
    private int[] _inherited = [];
    private long _lastNumber;
    private int _live;

    /// <summary>Merges all that has a neighbor, and adds the box of each union to <paramref name="boxes"/>.</summary>
    public void Merge(
        RegionData regions,
        ReadOnlySpan<(int First, int Second)> pairs,
        List<BoxXywh> boxes,
        CancellationToken cancellationToken
    )
    {
        Start(regions, pairs);
        int unions = 0;
        while (_live > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            SimilarityQueue.Entry top = _queue.Pop();
            if (_numbers[top.Pair] != top.Number)
            {
                continue;
            }

            int first = _regionOf[2 * top.Pair],
                second = _regionOf[2 * top.Pair + 1];
            _numbers[top.Pair] = Gone;
            _live--;
            int inherited = Detach(first, second, ++unions);
            regions.Merge(first, second);
            boxes.Add(regions[first].Box);
            for (int i = 0; i < inherited; i++)
            {
                Insert(regions, _inherited[i] >> 1, first, _regionOf[_inherited[i]]);
            }

            if (_queue.Count > 4 * _live + 1024)
            {
                _queue.DropOutdated(_numbers);
            }
        }
    }

    private void Start(RegionData regions, ReadOnlySpan<(int First, int Second)> pairs)
    {
        Buffers.Fit(ref _numbers, pairs.Length);
        Buffers.Fit(ref _regionOf, checked(2 * pairs.Length));
        Buffers.Fit(ref _next, 2 * pairs.Length);
        Buffers.Fit(ref _previous, 2 * pairs.Length);
        Buffers.Fit(ref _head, regions.Count);
        Buffers.Fit(ref _tail, regions.Count);
        Buffers.Fit(ref _inheritedBy, regions.Count);
        Buffers.Fit(ref _inherited, regions.Count);
        _head.AsSpan(0, regions.Count).Fill(-1);
        _tail.AsSpan(0, regions.Count).Fill(-1);
        Array.Clear(_inheritedBy, 0, regions.Count);
        _queue.Clear();
        _lastNumber = Gone;
        _live = 0;
        for (int pair = 0; pair < pairs.Length; pair++)
        {
            Insert(regions, pair, pairs[pair].First, pairs[pair].Second);
        }
    }

    /// <summary>Puts a pair into a slot, with the next insertion number, last in the lists of both its regions.</summary>
    private void Insert(RegionData regions, int pair, int first, int second)
    {
        _numbers[pair] = ++_lastNumber;
        _live++;
        Append(2 * pair, first);
        Append(2 * pair + 1, second);
        _queue.Push(regions.Similarity(first, second), _lastNumber, pair);
    }

    /// <summary>
    /// Empties the lists of two regions and takes each of their pairs out of the other region's list, in the order of insertion; of two
    /// pairs with the same other region the first is inherited and the second goes.
    /// </summary>
    /// <returns>
    /// How many pairs are inherited; for each, <see cref="_inherited"/> has the end (2 * slot + side) at the other region.
    /// </returns>
    private int Detach(int first, int second, int union)
    {
        int inherited = 0,
            a = _head[first],
            b = _head[second];
        while (a >= 0 || b >= 0)
        {
            bool takeA = b < 0 || (a >= 0 && _numbers[a >> 1] < _numbers[b >> 1]);
            int end = takeA ? a : b;
            (a, b) = takeA ? (_next[a], b) : (a, _next[b]);
            if (_numbers[end >> 1] == Gone)
            {
                continue;
            }

            int far = end ^ 1,
                other = _regionOf[far];
            Unlink(far, other);
            _live--;
            if (_inheritedBy[other] == union)
            {
                _numbers[end >> 1] = Gone;
            }
            else
            {
                _inheritedBy[other] = union;
                _inherited[inherited++] = far;
            }
        }

        _head[first] = _tail[first] = -1;
        return inherited;
    }

    private void Append(int end, int region)
    {
        _regionOf[end] = region;
        _previous[end] = _tail[region];
        _next[end] = -1;
        if (_tail[region] < 0)
        {
            _head[region] = end;
        }
        else
        {
            _next[_tail[region]] = end;
        }

        _tail[region] = end;
    }

    private void Unlink(int end, int region)
    {
        int before = _previous[end],
            after = _next[end];
        if (before < 0)
        {
            _head[region] = after;
        }
        else
        {
            _next[before] = after;
        }

        if (after < 0)
        {
            _tail[region] = before;
        }
        else
        {
            _previous[after] = before;
        }
    }
}

namespace Soco.Vision.Proposals.Regions;

/// <summary>
/// Finds the pairs of neighbors: two regions of which the later one's box has a corner strictly inside the earlier one's box. Corners
/// are kept in a grid with about one region a cell, so that an image of many thousands of regions is not searched pair by pair.
/// </summary>
internal sealed class RegionNeighbors
{
    private int[] _cellStart = [];
    private Corner[] _corners = [];
    private int[] _metBy = [];
    private (int First, int Second)[] _pairs = [];

    /// <summary>The pairs, first by the earlier region, then by the later one.</summary>
    public ReadOnlySpan<(int First, int Second)> Find(RegionData regions, int width, int height)
    {
        int count = regions.Count;
        int cell = (int)Math.Max(1, Math.Sqrt((double)width * height / count));
        int columns = (width - 1) / cell + 1,
            cells = columns * ((height - 1) / cell + 1);
        SortCorners(regions, cell, columns, cells);
        Buffers.Fit(ref _metBy, count);
        _metBy.AsSpan(0, count).Fill(-1);
        int pairs = 0;
        for (int first = 0; first < count; first++)
        {
            Region region = regions[first];
            int start = pairs;
            for (int row = (region.MinY + 1) / cell; row <= (region.MaxY - 1) / cell && region.MaxX - region.MinX > 1; row++)
            {
                int from = _cellStart[row * columns + (region.MinX + 1) / cell];
                int to = _cellStart[row * columns + (region.MaxX - 1) / cell + 1];
                foreach (ref readonly Corner corner in _corners.AsSpan(from, to - from))
                {
                    if (corner.Region > first && region.HoldsStrictly(corner.X, corner.Y) && _metBy[corner.Region] != first)
                    {
                        _metBy[corner.Region] = first;
                        Buffers.Grow(ref _pairs, pairs + 1);
                        _pairs[pairs++] = (first, corner.Region);
                    }
                }
            }

            _pairs.AsSpan(start, pairs - start).Sort();
        }

        return _pairs.AsSpan(0, pairs);
    }

    /// <summary>Counting sort of all corners by cell.</summary>
    private void SortCorners(RegionData regions, int cell, int columns, int cells)
    {
        Buffers.Fit(ref _cellStart, cells + 2);
        Buffers.Fit(ref _corners, checked(4 * regions.Count));
        Span<int> starts = _cellStart.AsSpan(0, cells + 2);
        starts.Clear();
        Span<Corner> corners = stackalloc Corner[4];
        for (int region = 0; region < regions.Count; region++)
        {
            CornersOf(regions[region], region, corners);
            foreach (Corner corner in corners)
            {
                starts[corner.Y / cell * columns + corner.X / cell + 2]++;
            }
        }

        for (int i = 2; i < starts.Length; i++)
        {
            starts[i] += starts[i - 1];
        }

        for (int region = 0; region < regions.Count; region++)
        {
            CornersOf(regions[region], region, corners);
            foreach (Corner corner in corners)
            {
                _corners[starts[corner.Y / cell * columns + corner.X / cell + 1]++] = corner;
            }
        }
    }

    private static void CornersOf(in Region box, int region, Span<Corner> corners)
    {
        corners[0] = new Corner(box.MinX, box.MinY, region);
        corners[1] = new Corner(box.MaxX, box.MaxY, region);
        corners[2] = new Corner(box.MinX, box.MaxY, region);
        corners[3] = new Corner(box.MaxX, box.MinY, region);
    }

    private readonly record struct Corner(int X, int Y, int Region);
}

namespace Soco.Vision.Proposals.Regions;

/// <summary>Disjoint sets of pixels. The root of a set is its first pixel in raster order: of two roots the smaller stays.</summary>
internal sealed unsafe class SegmentForest
{
    private int[] _parents = [];
    private int[] _sizes = [];

    /// <summary>[pixels] an earlier or the same pixel of the same set; a root is its own.</summary>
    public int[] Parents => _parents;

    /// <summary>[pixels] the number of pixels in the set, at its root.</summary>
    public int[] Sizes => _sizes;

    /// <summary>Every pixel a set of its own.</summary>
    public void Start(int pixels)
    {
        Buffers.Fit(ref _parents, pixels);
        Buffers.Fit(ref _sizes, pixels);
        _sizes.AsSpan(0, pixels).Fill(1);
        for (int pixel = 0; pixel < pixels; pixel++)
        {
            _parents[pixel] = pixel;
        }
    }

    /// <summary>Joins the sets of two different roots; returns the root.</summary>
    public static int Join(int* parents, int* sizes, int a, int b)
    {
        int root = Math.Min(a, b),
            child = Math.Max(a, b);
        parents[child] = root;
        sizes[root] += sizes[child];
        return root;
    }

    /// <summary>The root of a pixel's set; halves the path on the way.</summary>
    public static int RootOf(int* parents, int pixel)
    {
        int parent = parents[pixel],
            grandparent = parents[parent];
        while (parent != grandparent)
        {
            parents[pixel] = grandparent;
            pixel = grandparent;
            parent = parents[pixel];
            grandparent = parents[parent];
        }

        return parent;
    }

    /// <summary>Makes the parent of every pixel its root. Parents come before their children, so one pass does it.</summary>
    public void Flatten(int pixels)
    {
        fixed (int* parents = _parents)
        {
            for (int pixel = 0; pixel < pixels; pixel++)
            {
                parents[pixel] = parents[parents[pixel]];
            }
        }
    }

    /// <summary>
    /// Turns the parents into the numbers of the sets, from 0 in raster order of their first pixels; returns how many there are.
    /// </summary>
    public int Number(int pixels)
    {
        int count = 0;
        for (int pixel = 0; pixel < pixels; pixel++)
        {
            int parent = _parents[pixel];
            _parents[pixel] = parent == pixel ? count++ : _parents[parent];
        }

        return count;
    }
}

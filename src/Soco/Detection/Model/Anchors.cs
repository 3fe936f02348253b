using Soco.Vision;

namespace Soco.Detection.Model;

/// <summary>The anchors of all levels, for one size of the batch: by level, then row, column and shape of the anchor.</summary>
/// <param name="Boxes">All anchors.</param>
/// <param name="Counts">Anchors of each level.</param>
internal sealed record AnchorGrid(BoxColumns Boxes, int[] Counts)
{
    /// <summary>Anchors of all levels.</summary>
    public int Count => Boxes.Count;
}

/// <summary>Makes anchors (Ren et al., Faster R-CNN, 2015), once for each size of a batch.</summary>
internal sealed class Anchors
{
    private const int MostGrids = 64;

    private readonly Corners[][] _shapes;
    private readonly int _firstStride;
    private readonly bool _rounded;
    private readonly Dictionary<(ImageSize Padded, string Maps), AnchorGrid> _grids = [];

    /// <param name="sizes">For each level the sides of its square anchors, in pixels.</param>
    /// <param name="ratios">Height over width.</param>
    /// <param name="firstStride">Pixels between cells of the first level; each further level has twice the stride.</param>
    /// <param name="rounded">Whether shapes and strides are whole numbers, as torchvision's are.</param>
    public Anchors(IReadOnlyList<IReadOnlyList<int>> sizes, IReadOnlyList<double> ratios, int firstStride, bool rounded)
    {
        _firstStride = firstStride;
        _rounded = rounded;
        _shapes = [.. sizes.Select(level => level.SelectMany(side => ratios.Select(ratio => Shape(side, (float)ratio))).ToArray())];
    }

    /// <summary>Anchors at each cell of a level.</summary>
    public int PerCell => _shapes[0].Length;

    /// <summary>The anchors of a batch.</summary>
    /// <param name="padded">Size of the batch's images with padding.</param>
    /// <param name="maps">Size of each level's map.</param>
    public AnchorGrid On(ImageSize padded, IReadOnlyList<ImageSize> maps)
    {
        (ImageSize, string) key = (padded, string.Join(' ', maps));
        if (!_grids.TryGetValue(key, out AnchorGrid? grid))
        {
            if (_grids.Count == MostGrids)
            {
                _grids.Clear();
            }

            grid = _grids[key] = Make(padded, maps);
        }

        return grid;
    }

    private AnchorGrid Make(ImageSize padded, IReadOnlyList<ImageSize> maps)
    {
        int[] counts = [.. maps.Select(map => map.Height * map.Width * PerCell)];
        var boxes = new BoxColumns(counts.Sum());
        for (int level = 0; level < maps.Count; level++)
        {
            ImageSize map = maps[level];
            int down = _rounded ? padded.Height / map.Height : _firstStride << level;
            int right = _rounded ? padded.Width / map.Width : _firstStride << level;
            for (int y = 0; y < map.Height; y++)
            {
                for (int x = 0; x < map.Width; x++)
                {
                    foreach (Corners shape in _shapes[level])
                    {
                        float left = x * right,
                            top = y * down;
                        boxes.Add(new Corners(left + shape.X1, top + shape.Y1, left + shape.X2, top + shape.Y2));
                    }
                }
            }
        }

        return new AnchorGrid(boxes, counts);
    }

    private Corners Shape(int side, float ratio)
    {
        float high = MathF.Sqrt(ratio),
            wide = 1 / high;
        float halfWidth = wide * side / 2,
            halfHeight = high * side / 2;
        return _rounded
            ? new Corners(MathF.Round(-halfWidth), MathF.Round(-halfHeight), MathF.Round(halfWidth), MathF.Round(halfHeight))
            : new Corners(-halfWidth, -halfHeight, halfWidth, halfHeight);
    }
}

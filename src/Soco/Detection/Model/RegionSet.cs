using Soco.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Detection.Model;

/// <summary>
/// The regions of a batch, ordered by the level that each is read from. On a pyramid a region of the canonical side lies on P4, and each
/// doubling of its side is one level up (Lin et al., Feature Pyramid Networks, 2017, equation 1).
/// </summary>
internal sealed class RegionSet
{
    private const int CanonicalLevel = 4;
    private const int FirstLevel = 2;

    private readonly float[] _rows;
    private readonly int[] _counts;

    /// <param name="boxes">For each image its regions.</param>
    /// <param name="levels">Levels that regions are read from: 4 of a pyramid from stride 4 on, or 1 of stride 16.</param>
    /// <param name="canonicalSide">Square root of the area of a region that lies on P4, pixels.</param>
    public RegionSet(IReadOnlyList<IReadOnlyList<Corners>> boxes, int levels, float canonicalSide)
    {
        _counts = new int[levels];
        var byLevel = new List<(int Image, int Index)>[levels];
        for (int level = 0; level < levels; level++)
        {
            byLevel[level] = [];
        }

        for (int image = 0; image < boxes.Count; image++)
        {
            for (int i = 0; i < boxes[image].Count; i++)
            {
                byLevel[levels == 1 ? 0 : LevelOf(boxes[image][i], levels, canonicalSide)].Add((image, i));
            }
        }

        Sources = [.. byLevel.SelectMany(level => level)];
        _rows = new float[5 * Sources.Length];
        for (int level = 0; level < levels; level++)
        {
            _counts[level] = byLevel[level].Count;
        }

        for (int r = 0; r < Sources.Length; r++)
        {
            (int image, int index) = Sources[r];
            Corners box = boxes[image][index];
            _rows[5 * r] = image;
            (_rows[5 * r + 1], _rows[5 * r + 2], _rows[5 * r + 3], _rows[5 * r + 4]) = (box.X1, box.Y1, box.X2, box.Y2);
        }
    }

    private RegionSet(RegionSet all, IReadOnlyList<int> chosen)
    {
        Sources = [.. chosen.Select(r => all.Sources[r])];
        _rows = [.. chosen.SelectMany(r => all._rows.AsSpan(5 * r, 5).ToArray())];
        _counts = new int[all._counts.Length];
        for (int level = 0, end = 0, next = 0; level < _counts.Length; level++)
        {
            end += all._counts[level];
            for (; next < chosen.Count && chosen[next] < end; next++)
            {
                _counts[level]++;
            }
        }
    }

    /// <summary>For each region the image, and the place among that image's boxes.</summary>
    public (int Image, int Index)[] Sources { get; }

    /// <summary>Regions, R.</summary>
    public int Count => Sources.Length;

    /// <summary>The box of a region.</summary>
    public Corners this[int region] => Corners.Of(_rows.AsSpan(5 * region + 1, 4))[0];

    /// <summary>Some of the regions.</summary>
    /// <param name="chosen">Which, ascending.</param>
    public RegionSet Only(IReadOnlyList<int> chosen) => new(this, chosen);

    /// <summary>Pools the regions, each from its level.</summary>
    /// <param name="maps">The levels, each [N, C, H, W]; those above the regions' levels are not read.</param>
    /// <param name="bins">Bins along a side.</param>
    /// <param name="convention">How to sample.</param>
    /// <returns>[R, C, bins, bins].</returns>
    public Tensor PoolFrom(IReadOnlyList<Tensor> maps, int bins, DetectionConvention convention)
    {
        using DisposeScope scope = NewDisposeScope();
        var pooled = new List<Tensor>();
        int firstStride = _counts.Length == 1 ? 16 : 4;
        for (int level = 0, first = 0; level < _counts.Length; first += _counts[level++])
        {
            if (_counts[level] > 0)
            {
                Tensor regions = tensor(_rows.AsSpan(5 * first, 5 * _counts[level]).ToArray(), [_counts[level], 5]);
                var sampling = new RoiAlignOptions(bins, 1f / (firstStride << level), convention.RoiSamplingRatio, convention.RoiAligned);
                pooled.Add(RoiAlign.Apply(maps[level], regions, sampling));
            }
        }

        if (pooled.Count == 0)
        {
            pooled.Add(RoiAlign.Apply(maps[0], empty(0, 5), new RoiAlignOptions(bins)));
        }

        return (pooled.Count == 1 ? pooled[0] : cat(pooled)).MoveToOuterDisposeScope();
    }

    private static int LevelOf(Corners box, int levels, float canonicalSide)
    {
        float level = MathF.Floor(CanonicalLevel + MathF.Log2(MathF.Sqrt(box.Area) / canonicalSide) + 1e-6f);
        return (int)Math.Clamp(level - FirstLevel, 0, levels - 1);
    }
}

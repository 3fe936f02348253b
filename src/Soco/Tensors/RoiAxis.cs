namespace Soco.Tensors;

/// <summary>
/// RoIAlign along one axis. Bilinear sampling averaged over a regular grid is separable, so a region is described by two small tables: bin
/// p of region r averages cells First[r, p] .. First[r, p] + Count[r, p] - 1 with the given weights. A sample beyond one cell outside the
/// map counts as zero, as in torchvision's roi_align.
/// </summary>
internal sealed class RoiAxis
{
    private readonly float[] _weights;
    private readonly int[] _firsts;
    private readonly int[] _counts;
    private readonly int _stride;

    private RoiAxis(int regions, int bins, int stride)
    {
        Regions = regions;
        Bins = bins;
        _stride = stride;
        _weights = new float[regions * bins * stride];
        _firsts = new int[regions * bins];
        _counts = new int[regions * bins];
    }

    public int Regions { get; }

    public int Bins { get; }

    /// <summary>Builds the table of one axis.</summary>
    /// <param name="starts">Near coordinate of each region, in units of the image.</param>
    /// <param name="ends">Far coordinate of each region.</param>
    /// <param name="cells">Cells of the feature map along this axis.</param>
    /// <param name="options">How the regions are sampled.</param>
    public static RoiAxis Build(ReadOnlySpan<float> starts, ReadOnlySpan<float> ends, int cells, RoiAlignOptions options)
    {
        int bins = options.OutputSize;
        float offset = options.Aligned ? 0.5f : 0f;
        float longest = 0;
        for (int r = 0; r < starts.Length; r++)
        {
            longest = Math.Max(longest, (ends[r] - starts[r]) * options.SpatialScale);
        }

        var axis = new RoiAxis(starts.Length, bins, Math.Min(cells, (int)MathF.Ceiling(longest / bins) + 3));
        for (int r = 0; r < starts.Length; r++)
        {
            float start = starts[r] * options.SpatialScale - offset;
            float length = ends[r] * options.SpatialScale - offset - start;
            if (!options.Aligned)
            {
                length = Math.Max(length, 1f);
            }

            float bin = length / bins;
            int samples = options.SamplingRatio > 0 ? options.SamplingRatio : (int)MathF.Ceiling(length / bins);
            for (int p = 0; p < bins; p++)
            {
                axis.Fill(r * bins + p, start + p * bin, bin, samples, cells);
            }
        }

        return axis;
    }

    /// <summary>First cell of a bin.</summary>
    public int First(int region, int bin) => _firsts[region * Bins + bin];

    /// <summary>Weights of the cells from <see cref="First"/> on; empty where nothing of the bin lies on the map.</summary>
    public ReadOnlySpan<float> Weights(int region, int bin)
    {
        int row = region * Bins + bin;
        return _weights.AsSpan(row * _stride, _counts[row]);
    }

    /// <summary>First and one-past-last cell that any bin of a region touches; (0, 0) where none does.</summary>
    public (int First, int End) Reach(int region)
    {
        int first = int.MaxValue;
        int end = 0;
        for (int row = region * Bins; row < (region + 1) * Bins; row++)
        {
            if (_counts[row] > 0)
            {
                first = Math.Min(first, _firsts[row]);
                end = Math.Max(end, _firsts[row] + _counts[row]);
            }
        }

        return end == 0 ? (0, 0) : (first, end);
    }

    private void Fill(int row, float binStart, float bin, int samples, int cells)
    {
        Span<float> weights = _weights.AsSpan(row * _stride, _stride);
        int first = -1;
        int last = -1;
        for (int i = 0; i < samples; i++)
        {
            float at = binStart + (i + 0.5f) * bin / samples;
            if (at < -1f || at > cells)
            {
                continue;
            }

            at = Math.Max(at, 0f);
            int low = (int)at;
            float part = at - low;
            if (low >= cells - 1)
            {
                low = cells - 1;
                part = 0;
            }

            if (first < 0)
            {
                first = low;
            }

            weights[low - first] += (1 - part) / samples;
            last = low;
            if (part > 0)
            {
                last = low + 1;
                weights[last - first] += part / samples;
            }
        }

        _firsts[row] = Math.Max(first, 0);
        _counts[row] = first < 0 ? 0 : last - first + 1;
    }
}

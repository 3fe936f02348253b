using System.Numerics;
using Soco.Tensors;
using static TorchSharp.torch;

namespace Soco.Detection.Model;

/// <summary>What the mask head shall say: the object's mask, pooled from the region by RoIAlign (He et al., Mask R-CNN, 2017).</summary>
internal static class MaskTargets
{
    /// <param name="masks">[G, H, W] uint8 on the CPU.</param>
    /// <param name="regions">Regions of this image, in its pixels; the object of each; and the place of its target.</param>
    /// <param name="side">Side of the predicted masks, M.</param>
    /// <param name="convention">How to sample.</param>
    /// <param name="targets">Takes M * M values in [0, 1] for each region, at its place.</param>
    public static unsafe void Pool(
        Tensor masks,
        (Corners Box, int Object, int Place)[] regions,
        int side,
        DetectionConvention convention,
        float[] targets
    )
    {
        int height = (int)masks.shape[1],
            width = (int)masks.shape[2];
        var sampling = new RoiAlignOptions(side, SamplingRatio: 0, Aligned: convention.RoiAligned);
        RoiAxis rows = RoiAxis.Build(Column(b => b.Y1), Column(b => b.Y2), height, sampling);
        RoiAxis columns = RoiAxis.Build(Column(b => b.X1), Column(b => b.X2), width, sampling);
        using Tensor dense = masks.contiguous();
        byte* pixels = NativeMemory.BytesOf(dense);
        var options = new ParallelOptions { MaxDegreeOfParallelism = get_num_threads() };
        Parallel.For(
            0,
            regions.Length,
            options,
            () => new float[width],
            (region, _, mix) =>
            {
                var mask = new ReadOnlySpan<byte>(pixels + (long)regions[region].Object * height * width, height * width);
                Span<float> target = targets.AsSpan(regions[region].Place * side * side, side * side);
                PoolOne(mask, width, rows, columns, region, mix, target);
                if (!convention.SoftMaskTargets)
                {
                    Cut(target);
                }

                return mix;
            },
            _ => { }
        );

        float[] Column(Func<Corners, float> of) => Array.ConvertAll(regions, region => of(region.Box));
    }

    private static void PoolOne(
        ReadOnlySpan<byte> image,
        int width,
        RoiAxis rows,
        RoiAxis columns,
        int region,
        float[] mix,
        Span<float> target
    )
    {
        (int left, int right) = columns.Reach(region);
        Span<float> span = mix.AsSpan(left, right - left);
        for (int row = 0, at = 0; row < rows.Bins; row++)
        {
            span.Clear();
            int y = rows.First(region, row);
            foreach (float weight in rows.Weights(region, row))
            {
                AddScaled(image.Slice(y++ * width + left, span.Length), weight, span);
            }

            for (int column = 0; column < columns.Bins; column++, at++)
            {
                ReadOnlySpan<float> weights = columns.Weights(region, column);
                ReadOnlySpan<float> cells = mix.AsSpan(columns.First(region, column), weights.Length);
                float sum = 0;
                for (int i = 0; i < weights.Length; i++)
                {
                    sum += weights[i] * cells[i];
                }

                target[at] = sum;
            }
        }
    }

    /// <summary>target += weight * pixels.</summary>
    private static void AddScaled(ReadOnlySpan<byte> pixels, float weight, Span<float> target)
    {
        int i = 0;
        var factor = new Vector<float>(weight);
        int lanes = Vector<float>.Count;
        for (; i <= target.Length - Vector<byte>.Count; i += Vector<byte>.Count)
        {
            Vector.Widen(new Vector<byte>(pixels[i..]), out Vector<ushort> low, out Vector<ushort> high);
            Vector.Widen(low, out Vector<uint> first, out Vector<uint> second);
            Vector.Widen(high, out Vector<uint> third, out Vector<uint> fourth);
            Add(first, i, target);
            Add(second, i + lanes, target);
            Add(third, i + 2 * lanes, target);
            Add(fourth, i + 3 * lanes, target);
        }

        for (; i < target.Length; i++)
        {
            target[i] += weight * pixels[i];
        }

        void Add(Vector<uint> values, int at, Span<float> sums) =>
            (new Vector<float>(sums[at..]) + factor * Vector.ConvertToSingle(values)).CopyTo(sums[at..]);
    }

    private static void Cut(Span<float> values)
    {
        foreach (ref float value in values)
        {
            value = value >= 0.5f ? 1 : 0;
        }
    }
}

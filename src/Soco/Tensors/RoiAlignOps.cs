using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Tensors;

/// <summary>
/// RoIAlign as two batched matrix products, V * F * H^T, with the sampling tables as matrices: for devices without a kernel of ours, and as
/// the plain form that the kernel is tested against. The gradient is autograd's.
/// </summary>
internal static class RoiAlignOps
{
    /// <param name="features">[N, C, H, W] float32.</param>
    /// <param name="regions">Sampling tables for that map.</param>
    /// <returns>[R, C, bins, bins].</returns>
    public static Tensor Apply(Tensor features, RoiAlign.Regions regions)
    {
        long images = features.shape[0],
            channels = features.shape[1],
            height = features.shape[2],
            width = features.shape[3];
        int bins = regions.Bins;

        // Regions of one image share its rows of the product, so every image gets as many slots as the fullest one needs.
        var taken = new int[images];
        var slots = new long[regions.Count];
        int perImage = 0;
        for (int r = 0; r < regions.Count; r++)
        {
            slots[r] = taken[regions.Images[r]]++;
            perImage = Math.Max(perImage, taken[regions.Images[r]]);
        }

        for (int r = 0; r < regions.Count; r++)
        {
            slots[r] += (long)regions.Images[r] * perImage;
        }

        long total = images * perImage;
        using DisposeScope scope = NewDisposeScope();
        Tensor vertical = Matrix(regions.Vertical, slots, total, height, features.device);
        Tensor horizontal = Matrix(regions.Horizontal, slots, total, width, features.device);
        Tensor rows = vertical
            .view(images, perImage * bins, height)
            .bmm(features.permute(0, 2, 1, 3).reshape(images, height, channels * width))
            .view(total, bins * channels, width);
        Tensor pooled = rows.bmm(horizontal.transpose(1, 2)).view(total, bins, channels, bins).permute(0, 2, 1, 3);
        return pooled.index_select(0, tensor(slots, device: features.device)).MoveToOuterDisposeScope();
    }

    private static Tensor Matrix(RoiAxis axis, long[] slots, long total, long cells, Device device)
    {
        var dense = new float[total * axis.Bins * cells];
        for (int r = 0; r < axis.Regions; r++)
        {
            for (int p = 0; p < axis.Bins; p++)
            {
                axis.Weights(r, p).CopyTo(dense.AsSpan((int)((slots[r] * axis.Bins + p) * cells) + axis.First(r, p)));
            }
        }

        return tensor(dense, [total, axis.Bins, cells], device: device);
    }
}

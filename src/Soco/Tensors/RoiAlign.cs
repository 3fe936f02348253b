using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Tensors;

/// <summary>How RoIAlign samples (He et al., Mask R-CNN, 2017; the options are torchvision's).</summary>
/// <param name="OutputSize">Bins along each side of a region, at least 1.</param>
/// <param name="SpatialScale">Cells of the map per unit of the boxes.</param>
/// <param name="SamplingRatio">Samples along each side of a bin; 0 or less adapts: ceil(region length / bins).</param>
/// <param name="Aligned">
/// True puts samples at pixel centers (shift by half a cell); false is the older reading, with regions of at least one cell.
/// </param>
public sealed record RoiAlignOptions(int OutputSize, float SpatialScale = 1f, int SamplingRatio = 0, bool Aligned = true);

/// <summary>RoIAlign with gradient: the one entry point.</summary>
public static class RoiAlign
{
    /// <summary>Pools each region of a feature map to a fixed grid.</summary>
    /// <param name="features">
    /// [N, C, H, W]; float32, or bfloat16, which is widened for the pooling and narrowed after it. Channels-last memory is fastest.
    /// </param>
    /// <param name="regions">
    /// [R, 5]: image index in 0..N-1, then x1, y1, x2, y2 in units of the image; on the CPU, float32, no gradient.
    /// </param>
    /// <param name="options">How to sample.</param>
    /// <returns>[R, C, OutputSize, OutputSize], in channels-last memory on the CPU, with the type of the features.</returns>
    /// <exception cref="ArgumentException">The shapes are not as above, or an image index is out of range.</exception>
    public static Tensor Apply(Tensor features, Tensor regions, RoiAlignOptions options)
    {
        Regions table = Regions.Read(features, regions, options);
        using DisposeScope scope = NewDisposeScope();
        Tensor wide = features.to_type(ScalarType.Float32);
        Tensor pooled = features.device_type == DeviceType.CPU ? RoiAlignKernel.Apply(wide, table) : RoiAlignOps.Apply(wide, table);
        return pooled.to_type(features.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>Regions as the two forms of the function read them: sampling tables and the image of each.</summary>
    /// <param name="Images">Image index of each region.</param>
    /// <param name="Vertical">Table of rows.</param>
    /// <param name="Horizontal">Table of columns.</param>
    internal sealed record Regions(int[] Images, RoiAxis Vertical, RoiAxis Horizontal)
    {
        public int Count => Images.Length;

        public int Bins => Vertical.Bins;

        public static Regions Read(Tensor features, Tensor regions, RoiAlignOptions options)
        {
            if (features.dim() != 4 || regions.dim() != 2 || regions.shape[1] != 5)
            {
                throw new ArgumentException(
                    $"RoIAlign takes features [N, C, H, W] and regions [R, 5], not [{string.Join(", ", features.shape)}] and [{string.Join(", ", regions.shape)}]."
                );
            }

            int count = (int)regions.shape[0];
            float[] rows = count == 0 ? [] : regions.data<float>().ToArray();
            var images = new int[count];
            var sides = new float[4][];
            for (int side = 0; side < 4; side++)
            {
                sides[side] = new float[count];
            }

            for (int r = 0; r < count; r++)
            {
                images[r] = (int)rows[5 * r];
                if (images[r] < 0 || images[r] >= features.shape[0])
                {
                    throw new ArgumentException($"Region {r} lies in image {images[r]} of a batch of {features.shape[0]}.");
                }

                for (int side = 0; side < 4; side++)
                {
                    sides[side][r] = rows[5 * r + 1 + side];
                }
            }

            return new Regions(
                images,
                RoiAxis.Build(sides[1], sides[3], (int)features.shape[2], options),
                RoiAxis.Build(sides[0], sides[2], (int)features.shape[3], options)
            );
        }
    }
}

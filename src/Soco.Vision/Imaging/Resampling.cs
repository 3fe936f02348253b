using System.Buffers;
using System.Runtime.Intrinsics;

namespace Soco.Vision.Imaging;

/// <summary>
/// Resizing by antialiased bilinear averaging, bit for bit as Pillow's <c>resize(BILINEAR)</c>: columns first, rounded to 8 bits, then
/// rows; fixed point.
/// </summary>
public static class Resampling
{
    /// <summary>The whole image at another size.</summary>
    /// <param name="source">Left as it is.</param>
    /// <param name="width">Columns of the result, at least 1.</param>
    /// <param name="height">Rows of the result, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size below 1.</exception>
    public static RgbImage ResizeBilinear(RgbImage source, int width, int height) =>
        CropAndResizeBilinear(source, 0, 0, source.Width, source.Height, width, height);

    /// <summary>A part of the image at another size; pixels outside the part do not count, as if it were cut out first.</summary>
    /// <param name="source">Left as it is.</param>
    /// <param name="left">First column of the part, from 0.</param>
    /// <param name="top">First row of the part, from 0.</param>
    /// <param name="cropWidth">Columns of the part, at least 1, inside the image.</param>
    /// <param name="cropHeight">Rows of the part, at least 1, inside the image.</param>
    /// <param name="width">Columns of the result, at least 1.</param>
    /// <param name="height">Rows of the result, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size below 1, or a part that is not inside the image.</exception>
    public static RgbImage CropAndResizeBilinear(
        RgbImage source,
        int left,
        int top,
        int cropWidth,
        int cropHeight,
        int width,
        int height
    ) => Resize(source, left, top, cropWidth, cropHeight, width, height, Vector128.IsHardwareAccelerated);

    internal static RgbImage Resize(
        RgbImage source,
        int left,
        int top,
        int cropWidth,
        int cropHeight,
        int width,
        int height,
        bool vectorized
    )
    {
        ArgumentOutOfRangeException.ThrowIfNegative(left);
        ArgumentOutOfRangeException.ThrowIfNegative(top);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(cropWidth);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(cropHeight);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(cropWidth, source.Width - left);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(cropHeight, source.Height - top);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        byte[] pixels = PixelPool.Rent(checked(3 * width * height));
        byte[] narrow = ArrayPool<byte>.Shared.Rent(checked(3 * width * cropHeight));
        try
        {
            ReadOnlySpan<byte> part = source.Pixels.AsSpan(3 * (top * source.Width + left));
            var columns = new BilinearWeights(cropWidth, width);
            ResamplingKernels.ResizeColumns(part, 3 * source.Width, narrow, cropHeight, width, columns, vectorized);
            var rows = new BilinearWeights(cropHeight, height);
            for (int y = 0; y < height; y++)
            {
                ResamplingKernels.AverageRows(narrow, pixels.AsSpan(3 * width * y, 3 * width), rows, y, vectorized);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(narrow);
        }

        return new RgbImage(width, height, pixels);
    }
}

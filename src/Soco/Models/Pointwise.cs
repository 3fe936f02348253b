using Soco.Tensors;
using Soco.Tensors.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Models;

/// <summary>
/// The convolution by a 1 × 1 kernel on the way that this machine is fast on. It is a product of matrices, and libtorch has three ways to
/// take it: oneDNN, its own gather with MKL (float32, one thread, fewer than 16 images; on AMD's processors half as fast), or NNPACK.
/// </summary>
internal static class Pointwise
{
    // From so many images on, libtorch leaves float32 to oneDNN on one thread too.
    private const long OneDnnImages = 16;

    /// <param name="input">[N, C, H, W] float32 or bfloat16.</param>
    /// <param name="weight">[outputs, C, 1, 1] of that type.</param>
    /// <param name="bias">[outputs] of that type, or none.</param>
    /// <param name="stride">Step between outputs.</param>
    /// <returns>[N, outputs, H / stride, W / stride], rounded up.</returns>
    public static Tensor Convolve(Tensor input, Tensor weight, Tensor? bias, long stride)
    {
        if (input.device.type != DeviceType.CPU)
        {
            return Whole(input, weight, bias, stride);
        }

        if (Processor.HidesCacheSharing)
        {
            return IsChannelsLast(input) ? AsProduct(input, weight, bias, stride) : AsProducts(input, weight, bias, stride);
        }

        return
            input.dtype == ScalarType.Float32
            && stride == 1
            && get_num_threads() == 1
            && IsChannelsLast(input)
            && Pieces(input) is long pieces
            ? InPieces(input, weight, bias, pieces)
            : Whole(input, weight, bias, stride);
    }

    /// <summary>One product of the pixels, as rows, and the weight.</summary>
    /// <param name="input">[N, C, H, W], channels-last in memory.</param>
    /// <param name="weight">[outputs, C, 1, 1].</param>
    /// <param name="bias">[outputs] or none.</param>
    /// <param name="stride">Step between outputs.</param>
    internal static Tensor AsProduct(Tensor input, Tensor weight, Tensor? bias, long stride)
    {
        Tensor pixels = Kept(input, stride).permute(0, 2, 3, 1);
        return nn.functional.linear(pixels, weight.flatten(1), bias!).permute(0, 3, 1, 2);
    }

    /// <summary>A product of the weight and the planes of each image, of any memory order.</summary>
    /// <param name="input">[N, C, H, W].</param>
    /// <param name="weight">[outputs, C, 1, 1].</param>
    /// <param name="bias">[outputs] or none.</param>
    /// <param name="stride">Step between outputs.</param>
    internal static Tensor AsProducts(Tensor input, Tensor weight, Tensor? bias, long stride)
    {
        Tensor kept = Kept(input, stride);
        Tensor planes = weight.flatten(1).matmul(kept.flatten(2));
        return (bias is null ? planes : planes.Plus(bias.unsqueeze(1))).view(kept.shape[0], -1, kept.shape[2], kept.shape[3]);
    }

    /// <summary>Each image as several of fewer pixels: the same memory, and enough images for oneDNN.</summary>
    /// <param name="input">[N, C, H, W], channels-last in memory.</param>
    /// <param name="weight">[outputs, C, 1, 1].</param>
    /// <param name="bias">[outputs] or none.</param>
    /// <param name="pieces">How many pieces of an image; divides H · W.</param>
    internal static Tensor InPieces(Tensor input, Tensor weight, Tensor? bias, long pieces)
    {
        (long images, long channels, long height, long width) = (input.shape[0], input.shape[1], input.shape[2], input.shape[3]);
        Tensor rows = input.permute(0, 2, 3, 1).view(images * pieces, height * width / pieces, 1, channels).permute(0, 3, 1, 2);
        return Whole(rows, weight, bias, 1).permute(0, 2, 3, 1).reshape(images, height, width, weight.shape[0]).permute(0, 3, 1, 2);
    }

    private static bool IsChannelsLast(Tensor input) => input.permute(0, 2, 3, 1).is_contiguous();

    /// <summary>The pixels that a stride meets.</summary>
    private static Tensor Kept(Tensor input, long stride) =>
        stride == 1 ? input : input.slice(2, 0, input.shape[2], stride).slice(3, 0, input.shape[3], stride);

    private static Tensor Whole(Tensor input, Tensor weight, Tensor? bias, long stride) =>
        nn.functional.conv2d(input, weight, bias!, [stride, stride], [0, 0], [1, 1], 1);

    /// <returns>The least number of pieces an image that makes enough images, or null where it takes none or cannot be.</returns>
    private static long? Pieces(Tensor input)
    {
        (long images, long pixels) = (input.shape[0], input.shape[2] * input.shape[3]);
        if (images is 0 or >= OneDnnImages)
        {
            return null;
        }

        for (long pieces = (OneDnnImages + images - 1) / images; pieces <= pixels; pieces++)
        {
            if (pixels % pieces == 0)
            {
                return pieces;
            }
        }

        return null;
    }
}

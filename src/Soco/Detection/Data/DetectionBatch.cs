using Soco.Distributed;
using Soco.Tensors;
using Soco.Vision;
using static TorchSharp.torch;

namespace Soco.Detection.Data;

/// <summary>What one image shows: its objects, without crowds. Owns its tensors, which lie on the CPU.</summary>
/// <param name="Boxes">
/// [G, 4] float32: x1, y1, x2, y2 in pixels of the resized image; each of positive width and height. G may be 0.
/// </param>
/// <param name="Labels">[G] int64, the class of each object, 0..C-1.</param>
/// <param name="Masks">
/// [G, H, W] uint8, 0 or 1, of the resized image's own size (without padding); null where boxes alone are learned.
/// </param>
public sealed record DetectionTarget(Tensor Boxes, Tensor Labels, Tensor? Masks = null) : IDisposable
{
    /// <summary>
    /// The objects whose mask is not known: their rows of <see cref="Masks"/> are not read, and they take no part in the mask loss.
    /// </summary>
    public IReadOnlyCollection<int> WithoutMask { get; init; } = [];

    /// <summary>Objects in the image, G.</summary>
    public int Count => (int)Boxes.shape[0];

    /// <inheritdoc/>
    public void Dispose()
    {
        Boxes.Dispose();
        Labels.Dispose();
        Masks?.Dispose();
    }
}

/// <summary>N images of different sizes in one tensor, and what they show. Owns its tensors.</summary>
/// <param name="Images">
/// [N, 3, H, W] float32, normalized; each image lies in the top left corner, and the rest is 0. H and W are multiples of 32.
/// </param>
/// <param name="Sizes">For each image the size that it was resized to, at most H x W.</param>
/// <param name="Targets">For each image its objects; empty where nothing is learned.</param>
public sealed record DetectionBatch(Tensor Images, IReadOnlyList<ImageSize> Sizes, IReadOnlyList<DetectionTarget> Targets) : IDisposable
{
    /// <summary>Place of the first image in the batch of all processes.</summary>
    public int FirstImage { get; init; }

    /// <summary>Images of the batch in all processes.</summary>
    public int WholeImages
    {
        get => field == 0 ? Sizes.Count : field;
        init;
    }

    /// <summary>
    /// A batch of its own, padded as far as the largest of all processes, as one batch of all their images is. The targets are the same
    /// tensors.
    /// </summary>
    internal DetectionBatch PaddedAmong(ICollective processes)
    {
        (long height, long width) = (Images.shape[2], Images.shape[3]);
        long[] most = processes.IsShared() ? processes.Max(height, width) : [height, width];
        return this with
        {
            Images =
                most[0] == height && most[1] == width
                    ? Images.alias()
                    : nn.functional.pad(Images, [0, most[1] - width, 0, most[0] - height]),
        };
    }

    /// <summary>A batch of its own with the images on a device. The targets are the same tensors, on the CPU.</summary>
    internal DetectionBatch To(Device device) => this with { Images = Images.On(device) };

    /// <inheritdoc/>
    public void Dispose()
    {
        Images.Dispose();
        foreach (DetectionTarget target in Targets)
        {
            target.Dispose();
        }
    }
}

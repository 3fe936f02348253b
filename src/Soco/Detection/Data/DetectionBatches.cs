using Soco.Tensors;
using Soco.Vision;
using Soco.Vision.Imaging;
using static TorchSharp.torch;

namespace Soco.Detection.Data;

/// <summary>An image of a batch: resized, and its objects in pixels of that size.</summary>
/// <param name="Pixels">The resized image.</param>
/// <param name="Flipped">Whether left and right are to be swapped; the objects are already.</param>
/// <param name="Objects">Its objects; null where nothing is learned.</param>
internal sealed record DetectionSample(RgbImage Pixels, bool Flipped, IReadOnlyList<LabelledObject>? Objects);

/// <summary>Gathers images of different sizes into one batch.</summary>
internal static unsafe class DetectionBatches
{
    /// <summary>What the sides of a batch are rounded up to a multiple of: the stride of C5.</summary>
    public const int Multiple = 32;

    /// <summary>The batch; its sides are the largest of the images, rounded up.</summary>
    /// <param name="samples">The images.</param>
    /// <param name="withMasks">Whether the targets have masks; those of the objects have the resized size.</param>
    /// <param name="multiple">What the sides are rounded up to a multiple of.</param>
    public static DetectionBatch Build(IReadOnlyList<DetectionSample> samples, bool withMasks, int multiple = Multiple)
    {
        long height = RoundedUp(samples.Max(sample => sample.Pixels.Height), multiple),
            width = RoundedUp(samples.Max(sample => sample.Pixels.Width), multiple);
        Tensor images = zeros(samples.Count, 3, height, width).DetachFromDisposeScope();
        float* memory = NativeMemory.Of(images);
        for (int i = 0; i < samples.Count; i++)
        {
            NormalizedPixels.Write(samples[i].Pixels, memory + 3 * height * width * i, width, height * width, samples[i].Flipped);
        }

        return new DetectionBatch(
            images,
            [.. samples.Select(sample => new ImageSize(sample.Pixels.Height, sample.Pixels.Width))],
            [.. samples.Where(sample => sample.Objects is not null).Select(sample => TargetOf(sample, withMasks))]
        );
    }

    private static DetectionTarget TargetOf(DetectionSample sample, bool withMasks)
    {
        IReadOnlyList<LabelledObject> objects = sample.Objects!;
        float[] corners =
        [
            .. objects.SelectMany(item => new[] { (float)item.Box.X1, (float)item.Box.Y1, (float)item.Box.X2, (float)item.Box.Y2 }),
        ];
        long[] labels = [.. objects.Select(item => (long)item.Label)];
        return new DetectionTarget(
            tensor(corners, [objects.Count, 4]).DetachFromDisposeScope(),
            tensor(labels).DetachFromDisposeScope(),
            withMasks ? MasksOf(sample.Pixels, objects).DetachFromDisposeScope() : null
        )
        {
            WithoutMask = withMasks ? [.. objects.Index().Where(item => item.Item.Mask is null).Select(item => item.Index)] : [],
        };
    }

    private static Tensor MasksOf(RgbImage image, IReadOnlyList<LabelledObject> objects)
    {
        byte[] pixels = new byte[objects.Count * image.Height * image.Width];
        for (int i = 0; i < objects.Count; i++)
        {
            objects[i].Mask?.Decode().CopyTo(pixels, i * image.Height * image.Width);
        }

        return tensor(pixels, [objects.Count, image.Height, image.Width], ScalarType.Byte);
    }

    private static long RoundedUp(int side, int multiple) => (side + multiple - 1) / multiple * multiple;
}

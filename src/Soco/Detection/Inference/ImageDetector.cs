using Soco.Data;
using Soco.Detection.Data;
using Soco.Detection.Model;
using Soco.Recipes;
using Soco.Tensors;
using Soco.Vision;
using Soco.Vision.Imaging;
using Soco.Vision.Inference;
using Soco.Vision.Sources;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Detection.Inference;

/// <summary>An image and the objects that were found in it.</summary>
/// <param name="Index">Index in the source.</param>
/// <param name="Image">The image itself.</param>
/// <param name="Objects">The objects, best score first, in its pixels.</param>
public sealed record DetectedImage(int Index, RgbImage Image, IReadOnlyList<DetectedObject> Objects);

/// <summary>Finds the objects in images of a source.</summary>
internal interface IImageDetector
{
    /// <summary>The images one after the other, without those that cannot be read.</summary>
    /// <param name="source">The images.</param>
    /// <param name="indices">Which of them, in which order.</param>
    /// <param name="check">
    /// Looks at a decoded image and its place in the order before it is taken; may throw <see cref="UnreadableImageException"/>.
    /// </param>
    /// <param name="onUnreadable">Told of each image that cannot be read; from any thread, one call at a time.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    IEnumerable<DetectedImage> Detect(
        ImageSource source,
        IReadOnlyList<int> indices,
        Action<int, RgbImage>? check,
        Action<UnreadableImageException> onUnreadable,
        CancellationToken cancellationToken = default
    ) =>
        DecodedImages
            .Of(source, indices, check, onUnreadable, cancellationToken)
            .Select(read => new DetectedImage(read.Index, read.Image, Detect(read.Image)));

    /// <summary>Finds the objects in one image.</summary>
    /// <param name="image">The image.</param>
    /// <returns>The objects, best score first, in its pixels.</returns>
    IReadOnlyList<DetectedObject> Detect(RgbImage image);
}

/// <summary>Runs a detector over images of a source: resized by the short side, as its recipe says, and back to their own pixels.</summary>
/// <param name="detector">The network, in evaluation mode while images are asked for.</param>
/// <param name="recipe">Sizes, threads and device.</param>
public sealed class ImageDetector(MaskRcnn detector, DetectionRecipe recipe) : IImageDetector
{
    private const int BatchesAhead = 2;
    private const int ImagesOnCuda = 8;

    private readonly Device _device = Devices.Resolve(recipe.Device);

    /// <summary>The images one after the other, without those that cannot be read.</summary>
    /// <param name="source">The images.</param>
    /// <param name="indices">Which of them, in which order.</param>
    /// <param name="check">
    /// Looks at a decoded image and its place in the order before it is taken; may throw <see cref="UnreadableImageException"/>.
    /// </param>
    /// <param name="onUnreadable">Told of each image that cannot be read; from any thread, one call at a time.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    public IEnumerable<DetectedImage> Detect(
        ImageSource source,
        IReadOnlyList<int> indices,
        Action<int, RgbImage>? check,
        Action<UnreadableImageException> onUnreadable,
        CancellationToken cancellationToken = default
    )
    {
        // Padding costs more than a batch gains where there is no accelerator.
        int pass = _device.type == DeviceType.CUDA ? ImagesOnCuda : 1;
        foreach (
            Pass ready in Prefetch.Ahead(stop => Make(source, indices, pass, check, onUnreadable, stop), BatchesAhead, cancellationToken)
        )
        {
            using (ready)
            {
                using DisposeScope scope = NewDisposeScope();
                IReadOnlyList<Detections> found = detector.Detect(ready.Batch.To(_device));
                for (int i = 0; i < found.Count; i++)
                {
                    RgbImage image = ready.Images[i].Image;
                    yield return new DetectedImage(ready.Images[i].Index, image, ToImage(found[i], ready.Batch.Sizes[i], image));
                }
            }
        }
    }

    /// <summary>Finds the objects in one image.</summary>
    /// <param name="image">The image.</param>
    /// <returns>The objects, best score first, in its pixels.</returns>
    public IReadOnlyList<DetectedObject> Detect(RgbImage image)
    {
        using DetectionBatch batch = DetectionBatches.Build([new DetectionSample(Resize(image), false, null)], withMasks: false);
        using DisposeScope scope = NewDisposeScope();
        return ToImage(detector.Detect(batch.To(_device))[0], batch.Sizes[0], image);
    }

    private IReadOnlyList<DetectedObject> ToImage(Detections found, ImageSize seen, RgbImage image) =>
        DetectionResults.ToImage(found, seen, new ImageSize(image.Height, image.Width), detector.Options.Convention.ResizedMasks);

    private RgbImage Resize(RgbImage image)
    {
        ImageSize seen = ImageResize.SizeOf(image.Width, image.Height, recipe.Input.TestShortSide, recipe.Input.LongSide);
        return Resampling.ResizeBilinear(image, seen.Width, seen.Height);
    }

    private IEnumerable<Pass> Make(
        ImageSource source,
        IReadOnlyList<int> indices,
        int size,
        Action<int, RgbImage>? check,
        Action<UnreadableImageException> onUnreadable,
        CancellationToken cancellationToken
    )
    {
        foreach (int[] places in Enumerable.Range(0, indices.Count).Chunk(size))
        {
            var read = new (int Index, RgbImage Image, RgbImage Resized)?[places.Length];
            Prefetch.ForEach(
                places.Length,
                recipe.ThreadCount,
                cancellationToken,
                i =>
                {
                    int index = indices[places[i]];
                    try
                    {
                        RgbImage image = ImageDecoder.Decode(source.ReadBytes(index), source.NameOf(index));
                        check?.Invoke(places[i], image);
                        read[i] = (index, image, Resize(image));
                    }
                    catch (UnreadableImageException exception)
                    {
                        lock (read)
                        {
                            onUnreadable(exception);
                        }
                    }
                }
            );
            (int Index, RgbImage Image, RgbImage Resized)[] readable = [.. read.OfType<(int, RgbImage, RgbImage)>()];
            if (readable.Length > 0)
            {
                yield return new Pass(
                    DetectionBatches.Build([.. readable.Select(item => new DetectionSample(item.Resized, false, null))], withMasks: false),
                    [.. readable.Select(item => (item.Index, item.Image))]
                );
            }
        }
    }

    private sealed record Pass(DetectionBatch Batch, IReadOnlyList<(int Index, RgbImage Image)> Images) : IDisposable
    {
        public void Dispose() => Batch.Dispose();
    }
}

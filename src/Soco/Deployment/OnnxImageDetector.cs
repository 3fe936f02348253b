using Soco.Data;
using Soco.Detection.Inference;
using Soco.Runtime;
using Soco.Vision.Imaging;
using Soco.Vision.Sources;

namespace Soco.Deployment;

/// <summary>Runs a detector in ONNX over images of a source. The next image is decoded meanwhile.</summary>
/// <param name="detector">The detector.</param>
internal sealed class OnnxImageDetector(Detector detector) : IImageDetector
{
    private const int ImagesAhead = 2;

    public IEnumerable<DetectedImage> Detect(
        ImageSource source, IReadOnlyList<int> indices, Action<int, RgbImage>? check, Action<UnreadableImageException> onUnreadable, CancellationToken cancellation = default)
    {
        foreach ((int index, RgbImage image) in Prefetch.Ahead(_ => Read(source, indices, check, onUnreadable), ImagesAhead, cancellation))
        {
            yield return new DetectedImage(index, image, detector.Find(image, threshold: 0));
        }
    }

    private static IEnumerable<(int Index, RgbImage Image)> Read(
        ImageSource source, IReadOnlyList<int> indices, Action<int, RgbImage>? check, Action<UnreadableImageException> onUnreadable)
    {
        for (int place = 0; place < indices.Count; place++)
        {
            RgbImage image;
            try
            {
                image = ImageDecoder.Decode(source.ReadBytes(indices[place]), source.NameOf(indices[place]));
                check?.Invoke(place, image);
            }
            catch (UnreadableImageException exception)
            {
                onUnreadable(exception);
                continue;
            }

            yield return (indices[place], image);
        }
    }
}

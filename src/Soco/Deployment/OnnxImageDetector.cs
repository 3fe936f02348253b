using Soco.Detection.Inference;
using Soco.Runtime;
using Soco.Vision.Imaging;
using Soco.Vision.Inference;
using Soco.Vision.Sources;

namespace Soco.Deployment;

/// <summary>Runs a detector in ONNX over images of a source.</summary>
/// <param name="detector">The detector.</param>
internal sealed class OnnxImageDetector(Detector detector) : IImageDetector
{
    public IEnumerable<DetectedImage> Detect(
        ImageSource source,
        IReadOnlyList<int> indices,
        Action<int, RgbImage>? check,
        Action<UnreadableImageException> onUnreadable,
        CancellationToken cancellationToken = default
    ) =>
        DecodedImages
            .Of(source, indices, check, onUnreadable, cancellationToken)
            .Select(read => new DetectedImage(read.Index, read.Image, Detect(read.Image)));

    public IReadOnlyList<DetectedObject> Detect(RgbImage image) => detector.Find(image, threshold: 0);
}

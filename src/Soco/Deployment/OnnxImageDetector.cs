using Soco.Detection.Inference;
using Soco.Runtime;
using Soco.Vision.Imaging;
using Soco.Vision.Inference;

namespace Soco.Deployment;

/// <summary>Runs a detector in ONNX over images of a source.</summary>
/// <param name="detector">The detector.</param>
internal sealed class OnnxImageDetector(Detector detector) : IImageDetector
{
    /// <inheritdoc/>
    public IReadOnlyList<DetectedObject> Detect(RgbImage image) => detector.Find(image, threshold: 0);
}

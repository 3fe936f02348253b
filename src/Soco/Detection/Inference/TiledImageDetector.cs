using Soco.Vision.Imaging;
using Soco.Vision.Inference;

namespace Soco.Detection.Inference;

/// <summary>Runs a detector over the tiles of images that are larger than one.</summary>
/// <param name="detector">The detector.</param>
/// <param name="tiles">The tiles.</param>
internal sealed class TiledImageDetector(IImageDetector detector, TileOptions tiles) : IImageDetector
{
    /// <inheritdoc/>
    public IReadOnlyList<DetectedObject> Detect(RgbImage image) => TiledDetection.Detect(image, tiles, detector.Detect);
}

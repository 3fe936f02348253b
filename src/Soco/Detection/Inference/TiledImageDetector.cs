using Soco.Vision.Imaging;
using Soco.Vision.Inference;
using Soco.Vision.Sources;

namespace Soco.Detection.Inference;

/// <summary>Runs a detector over the tiles of images that are larger than one.</summary>
/// <param name="detector">The detector.</param>
/// <param name="tiles">The tiles.</param>
internal sealed class TiledImageDetector(IImageDetector detector, TileOptions tiles) : IImageDetector
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

    public IReadOnlyList<DetectedObject> Detect(RgbImage image) => TiledDetection.Detect(image, tiles, detector.Detect);
}

using Soco.Data;
using Soco.Vision.Imaging;
using Soco.Vision.Sources;

namespace Soco.Detection.Inference;

/// <summary>Decoded images of a source, for detectors that take one at a time.</summary>
internal static class DecodedImages
{
    private const int ImagesAhead = 2;

    /// <summary>The images one after the other, the next ones decoded meanwhile; parameters as in <see cref="IImageDetector"/>.</summary>
    public static IEnumerable<(int Index, RgbImage Image)> Of(
        ImageSource source,
        IReadOnlyList<int> indices,
        Action<int, RgbImage>? check,
        Action<UnreadableImageException> onUnreadable,
        CancellationToken cancellationToken
    ) => Prefetch.Ahead(_ => Read(source, indices, check, onUnreadable), ImagesAhead, cancellationToken);

    private static IEnumerable<(int Index, RgbImage Image)> Read(
        ImageSource source,
        IReadOnlyList<int> indices,
        Action<int, RgbImage>? check,
        Action<UnreadableImageException> onUnreadable
    )
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

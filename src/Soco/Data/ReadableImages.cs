using System.Collections.Concurrent;
using Soco.Vision;
using Soco.Vision.Imaging;
using Soco.Vision.Sources;

namespace Soco.Data;

/// <summary>The images of a source as far as they can be read. Thread-safe.</summary>
/// <param name="source">Where the images come from.</param>
/// <param name="onUnreadable">Told once of each image that cannot be read; from any thread, one call at a time.</param>
internal sealed class ReadableImages(ImageSource source, Action<UnreadableImageException> onUnreadable)
{
    private readonly ConcurrentDictionary<int, bool> _unreadable = [];

    /// <summary>
    /// Makes something of the first of some images that can be read, and used: what makes it may refuse it as unreadable too.
    /// </summary>
    /// <param name="candidates">Indices of the source, in the order they are tried.</param>
    /// <param name="make">Takes the image and its index.</param>
    /// <exception cref="SocoRunException">None can be read.</exception>
    public T First<T>(IEnumerable<int> candidates, Func<RgbImage, int, T> make)
    {
        int tried = 0;
        foreach (int index in candidates)
        {
            tried++;
            if (_unreadable.ContainsKey(index))
            {
                continue;
            }

            try
            {
                return ImageDecoder.Use(source.ReadBytes(index), source.NameOf(index), image => make(image, index));
            }
            catch (UnreadableImageException exception)
            {
                if (_unreadable.TryAdd(index, true))
                {
                    lock (_unreadable)
                    {
                        onUnreadable(exception);
                    }
                }
            }
        }

        throw new SocoRunException($"None of the {tried} images can be read; see skipped.csv for the reasons.");
    }
}

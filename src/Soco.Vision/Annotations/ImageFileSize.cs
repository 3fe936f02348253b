using Soco.Vision.Imaging;

namespace Soco.Vision.Annotations;

/// <summary>Sizes of images, for labels that do not state them.</summary>
internal static class ImageFileSize
{
    private const int HeaderBytes = 1 << 18;

    /// <summary>The size of an image; 0 by 0 where it cannot be read, which training and evaluation then say.</summary>
    public static (int Width, int Height) Of(string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            byte[] start = new byte[Math.Min(HeaderBytes, stream.Length)];
            stream.ReadExactly(start);
            try
            {
                return ImageDecoder.ReadSize(start, path);
            }
            catch (UnreadableImageException) when (start.Length < stream.Length)
            {
                return ImageDecoder.ReadSize(File.ReadAllBytes(path), path);
            }
        }
        catch (Exception error) when (error is UnreadableImageException or IOException or UnauthorizedAccessException)
        {
            return (0, 0);
        }
    }
}

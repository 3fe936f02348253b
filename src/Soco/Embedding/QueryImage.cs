using Soco.Vision;
using Soco.Vision.Imaging;
using Soco.Vision.IO;
using Soco.Vision.Sources;

namespace Soco.Embedding;

/// <summary>An image whose neighbors are asked for.</summary>
/// <param name="Path">As it was named.</param>
/// <param name="Name">Its name among the images; null for a file that is none of them.</param>
internal sealed record QueryImage(string Path, string? Name)
{
    /// <summary>
    /// Finds queries among images: by the end of a path, as labels name images; a file of the same name but other content is another image.
    /// </summary>
    /// <param name="paths">Names among the images, or files.</param>
    /// <param name="source">The images.</param>
    /// <exception cref="SocoRequestException">One is neither, or fits several images.</exception>
    public static IReadOnlyList<QueryImage> Resolve(IReadOnlyList<string> paths, ImageSource source)
    {
        var names = new ImageNameResolver(Enumerable.Range(0, source.Count).Select(source.NameOf));
        return [.. paths.Select(path => Resolve(path, names.Find(path), source))];
    }

    private static QueryImage Resolve(string path, ImageNameMatch match, ImageSource source)
    {
        bool isFile = File.Exists(path);
        return match.Candidates switch
        {
            1 when !isFile || IsSame(path, source, match.Index) => new QueryImage(path, source.NameOf(match.Index)),
            > 1 when !isFile => throw new SocoRequestException(
                $"--query {path} fits {match.Candidates} of the {source.Count} images: name one of them with its folder."
            ),
            _ when isFile => new QueryImage(path, null),
            _ => throw new SocoRequestException(
                $"--query {path} is none of the {source.Count} images, which are named like {source.NameOf(0)}, and no file: name one of them, or an image file."
            ),
        };
    }

    private static bool IsSame(string path, ImageSource source, int index)
    {
        try
        {
            return File.ReadAllBytes(path).AsSpan().SequenceEqual(source.ReadBytes(index));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or UnreadableImageException)
        {
            return false;
        }
    }
}

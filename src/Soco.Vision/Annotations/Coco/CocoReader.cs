using System.Text.Json;
using Soco.Vision.IO;

namespace Soco.Vision.Annotations.Coco;

/// <summary>
/// Reads COCO and LVIS annotation files (<c>instances_*.json</c>) as a stream: boxes, areas, crowds, and masks as polygons or run lengths.
/// Captions, keypoints and whatever else the file holds are passed over.
/// </summary>
public static class CocoReader
{
    /// <summary>
    /// Reads a file as pycocotools does. Ids may be numbers or texts, numbers may be written as texts, sizes of images may be missing.
    /// Nothing is changed but what <see cref="CocoDataset.Mended"/> counts: polygons of fewer than three points, masks that are damaged or
    /// do not fit their image, boxes that are not finite, and annotations of images that are not listed are left out.
    /// </summary>
    /// <param name="path">The JSON file.</param>
    /// <exception cref="SocoDataException">
    /// It is not there or cannot be read; it is no JSON in UTF-8 or not of this form (with line or byte); an id comes twice; an annotation
    /// has no box, or names a category that is not listed.
    /// </exception>
    public static CocoDataset Read(string path) => ReadFile(path, (ref JsonTokens json) => new CocoFileReader(path).Read(ref json));

    internal delegate T Reading<T>(ref JsonTokens json);

    /// <summary>Opens a JSON file and says in one sentence what is wrong with it.</summary>
    internal static T ReadFile<T>(string path, Reading<T> read)
    {
        try
        {
            using var stream = new FileStream(
                path,
                FileMode.Open,
                FileAccess.Read,
                FileShare.Read,
                bufferSize: 0,
                FileOptions.SequentialScan
            );
            var json = new JsonTokens(path, stream);
            return read(ref json);
        }
        catch (JsonException error)
        {
            throw new SocoDataException(
                $"{path} is no whole JSON file: it breaks at line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1} of the line; "
                    + "mend it or fetch it again.",
                error
            );
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new SocoDataException($"{path} does not exist; name a JSON file.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new SocoDataException($"{path} cannot be read ({error.Message.TrimEnd('.')}); name a JSON file.", error);
        }
    }
}

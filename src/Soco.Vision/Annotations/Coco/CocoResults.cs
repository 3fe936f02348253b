using System.Text.Json;
using Soco.Vision.IO;

namespace Soco.Vision.Annotations.Coco;

/// <summary>The detections of a COCO results file: a list of <c>{image_id, category_id, bbox, score, segmentation}</c>.</summary>
/// <param name="Detections">In the order of the file.</param>
/// <param name="UnknownCategories">Detections left out: their category is not in the ground truth.</param>
/// <param name="NotFinite">Detections left out: their box or score is not finite.</param>
public sealed record CocoResults(IReadOnlyList<CocoDetection> Detections, int UnknownCategories, int NotFinite)
{
    /// <summary>
    /// Reads a results file as a stream. Masks are run lengths; where the first detection has no box, boxes and areas are those of the
    /// masks, as in the COCO API. A <c>file_name</c> goes before the <c>image_id</c>, which may also be a name, as
    /// <see cref="ImageNameResolver"/> finds it.
    /// </summary>
    /// <param name="path">The JSON file.</param>
    /// <param name="truth">The images and categories that detections may name.</param>
    /// <exception cref="SocoDataException">
    /// It is not there, is no JSON or not of this form (with line and byte), names an image that the truth has not, or a detection has
    /// neither a box nor a mask that can be used.
    /// </exception>
    public static CocoResults Read(string path, CocoDataset truth) =>
        CocoReader.ReadFile(path, (ref JsonTokens json) => new ResultsReader(path, truth).Read(ref json));

    /// <summary>Writes a results file, whole or not at all: boxes as [x, y, width, height], masks as compressed run lengths.</summary>
    /// <param name="detections">What to write.</param>
    /// <param name="path">The file; its folder is made if it is missing.</param>
    /// <exception cref="SocoRunException">The folder cannot be written or the disk is full.</exception>
    public static void Save(IEnumerable<CocoDetection> detections, string path) =>
        AtomicFile.Write(path, stream => Write(detections, stream));

    /// <summary>Writes detections as JSON in UTF-8.</summary>
    /// <param name="detections">What to write.</param>
    /// <param name="stream">Where to; it stays open.</param>
    public static void Write(IEnumerable<CocoDetection> detections, Stream stream)
    {
        using var json = new Utf8JsonWriter(stream, CocoWriter.Options);
        json.WriteStartArray();
        foreach (CocoDetection detection in detections)
        {
            json.WriteStartObject();
            json.WriteNumber("image_id", detection.ImageId);
            if (detection.FileName is { } name)
            {
                json.WriteString("file_name", name);
            }

            json.WriteNumber("category_id", detection.CategoryId);
            CocoWriter.WriteBox(json, detection.Box);
            json.WriteNumber("score", detection.Score);
            if (detection.Mask is { } mask)
            {
                CocoWriter.WriteMask(json, mask);
            }

            json.WriteEndObject();
            CocoWriter.FlushSometimes(json);
        }

        json.WriteEndArray();
    }
}

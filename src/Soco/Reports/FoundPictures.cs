using System.Text.Json;
using Soco.Vision;
using Soco.Vision.IO;

namespace Soco.Reports;

/// <summary>The pictures of what a detector found beside the truth.</summary>
/// <param name="Score">Detections of this score and above are drawn.</param>
/// <param name="Pictures">The pictures, the worst errors first, then those of middling errors.</param>
public sealed record FoundPictures(double Score, IReadOnlyList<FoundPicture> Pictures)
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
    };

    /// <summary>Reads the list of a run; one without pictures where there is none that can be read.</summary>
    public static FoundPictures Read(string path) =>
        JsonFile.Find<FoundPictures>(path, s_json) is { Pictures: not null } read ? read : new FoundPictures(1, []);

    /// <summary>Writes the list.</summary>
    /// <exception cref="SocoRunException">The disk is full.</exception>
    public void Save(string path) => AtomicFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(this, s_json));
}

/// <summary>A picture of what a detector found in one image beside the truth.</summary>
/// <param name="Picture">The picture's file name.</param>
/// <param name="Image">The image that it shows.</param>
/// <param name="Objects">Objects in the image.</param>
/// <param name="Missed">Objects that were not found.</param>
/// <param name="FalseAlarms">Detections that found nothing.</param>
/// <param name="IsTypical">Whether it was taken as one of middling errors, and not as one of the worst.</param>
public sealed record FoundPicture(string Picture, string Image, int Objects, int Missed, int FalseAlarms, bool IsTypical);

using System.Text.Json;

namespace Soco.Reports;

/// <summary>A picture of what a detector found beside the truth.</summary>
/// <param name="Picture">The picture's file name.</param>
/// <param name="Image">The image that it shows.</param>
/// <param name="Objects">Objects in the image.</param>
/// <param name="Missed">Objects that were not found.</param>
/// <param name="FalseAlarms">Detections that found nothing.</param>
/// <param name="IsTypical">Whether it was taken as one of middling errors, and not as one of the worst.</param>
public sealed record FoundPicture(string Picture, string Image, int Objects, int Missed, int FalseAlarms, bool IsTypical)
{
    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    /// <summary>Writes the list of a run's pictures.</summary>
    /// <exception cref="SocoRunException">The disk is full.</exception>
    public static void Save(IReadOnlyList<FoundPicture> pictures, string path) => AtomicFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(pictures, s_json));

    /// <summary>Reads such a list; empty where there is none that can be read.</summary>
    public static IReadOnlyList<FoundPicture> Read(string path)
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<FoundPicture[]>(File.ReadAllBytes(path), s_json) ?? [] : [];
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}

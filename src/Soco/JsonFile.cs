using System.Text.Json;

namespace Soco;

/// <summary>Small JSON files of a run folder that a reader can do without.</summary>
internal static class JsonFile
{
    /// <summary>Reads a file; null where there is none that can be read.</summary>
    public static T? Find<T>(string path, JsonSerializerOptions options)
        where T : class
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<T>(File.ReadAllBytes(path), options) : null;
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

using Soco.Vision;

namespace Soco.Embedding;

/// <summary>Files of vectors; the extension says which: <c>.parquet</c> or <c>.npy</c>.</summary>
public static class VectorFile
{
    /// <summary>Refuses a name that no file of vectors has, before the work.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="SocoRequestException">It has another extension.</exception>
    public static void CheckName(string path)
    {
        if (ExtensionOf(path) is not (".parquet" or ".npy"))
        {
            throw new SocoRequestException($"{path} is no name for a file of vectors: let it end with .parquet or .npy.");
        }
    }

    /// <summary>Writes vectors, each file whole or not at all.</summary>
    /// <param name="path">The file; beside an .npy the names are in a file of the same name that ends with .json.</param>
    /// <param name="vectors">The vectors.</param>
    /// <exception cref="SocoRequestException">It has another extension, or there is a folder of that name.</exception>
    /// <exception cref="SocoRunException">The disk is full or the folder cannot be written.</exception>
    public static void Write(string path, VectorSet vectors)
    {
        CheckName(path);
        if (ExtensionOf(path) == ".npy")
        {
            NumpyVectors.Write(path, vectors);
        }
        else
        {
            ParquetVectors.Write(path, vectors);
        }
    }

    /// <summary>Reads a Parquet file of vectors.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The vectors; the caller disposes them.</returns>
    /// <exception cref="SocoRequestException">It is not named *.parquet.</exception>
    /// <exception cref="SocoDataException">It is not there, damaged, or of another form.</exception>
    public static VectorSet Read(string path) =>
        ExtensionOf(path) == ".parquet"
            ? ParquetVectors.Read(path)
            : throw new SocoRequestException($"{path} cannot be read as vectors: name a .parquet file of `soco embed`.");

    private static string ExtensionOf(string path) => Path.GetExtension(path).ToLowerInvariant();
}

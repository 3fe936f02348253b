namespace Soco.Vision.IO;

/// <summary>Folders to write into.</summary>
public static class OutputFolder
{
    /// <summary>
    /// Makes a folder, or sees that one that is there can be written into, so that a command finds out before its work and not after it.
    /// </summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="SocoRequestException">It cannot be made or written into.</exception>
    public static void Make(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
            using var trial = new FileStream(
                AtomicFile.TemporaryNameOf(Path.Combine(path, "trial")),
                FileMode.Create,
                FileAccess.Write,
                FileShare.None,
                bufferSize: 0,
                FileOptions.DeleteOnClose
            );
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new SocoRequestException(Unwritable(path, error), error);
        }
    }

    /// <summary>Makes the folder of a file that is written at the end of a command.</summary>
    /// <param name="file">The file; null where none is written.</param>
    /// <exception cref="SocoRequestException">It cannot be made or written into.</exception>
    public static void MakeFor(string? file)
    {
        if (file is not null)
        {
            Make(Path.GetDirectoryName(Path.GetFullPath(file)) ?? file);
        }
    }

    /// <summary>Deletes a folder with all that is in it; one that is not there is as good.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="SocoRequestException">It cannot be deleted.</exception>
    public static void Delete(string path)
    {
        try
        {
            if (Directory.Exists(path))
            {
                Directory.Delete(path, recursive: true);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new SocoRequestException(Unwritable(path, error), error);
        }
    }

    /// <summary>The sentence about a file or folder that cannot be written.</summary>
    internal static string Unwritable(string path, Exception error) =>
        $"{path} cannot be written ({error.Message.TrimEnd('.')}); free space there or name another folder.";
}

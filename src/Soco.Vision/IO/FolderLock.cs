namespace Soco.Vision.IO;

/// <summary>A folder that one process at a time works in.</summary>
internal static class FolderLock
{
    private const string Name = ".lock";

    /// <summary>Takes a folder until the result is disposed or the process ends, however it ends.</summary>
    /// <exception cref="SocoRequestException">Another process has it.</exception>
    public static IDisposable Take(string folder)
    {
        try
        {
            // The operating system holds the lock, so no killed process leaves one behind; the empty file itself stays.
            return new FileStream(Path.Combine(folder, Name), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new SocoRequestException(
                $"{folder} is in use by another run, or not writable; wait for that run or name another folder.",
                error
            );
        }
    }

    /// <summary>Whether a process has a folder.</summary>
    public static bool IsTaken(string folder)
    {
        try
        {
            using var free = new FileStream(Path.Combine(folder, Name), FileMode.Open, FileAccess.Read, FileShare.Read);
            return false;
        }
        catch (IOException error)
        {
            return error is not (FileNotFoundException or DirectoryNotFoundException);
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }
}

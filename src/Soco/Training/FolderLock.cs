namespace Soco.Training;

/// <summary>A folder that one process at a time works in.</summary>
internal static class FolderLock
{
    /// <summary>Takes a folder until the result is disposed or the process ends, however it ends.</summary>
    /// <exception cref="SocoRequestException">Another process has it.</exception>
    public static IDisposable Take(string folder)
    {
        try
        {
            // The operating system holds the lock, so no killed process leaves one behind; the empty file itself stays.
            return new FileStream(Path.Combine(folder, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new SocoRequestException($"{folder} is in use by another run, or not writable; wait for that run or name another folder.", error);
        }
    }
}

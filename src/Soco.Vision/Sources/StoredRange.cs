using Microsoft.Win32.SafeHandles;
using Soco.Vision.Imaging;

namespace Soco.Vision.Sources;

/// <summary>Reads a stretch of a file by position, from any thread.</summary>
internal static class StoredRange
{
    /// <exception cref="UnreadableImageException">The file ends before, or cannot be read.</exception>
    internal static byte[] Read(SafeFileHandle file, long offset, long length, string name)
    {
        try
        {
            // The length is what an archive states: check it before it is allocated.
            if (length < 0 || offset < 0 || length > Array.MaxLength || offset > RandomAccess.GetLength(file) - length)
            {
                throw new UnreadableImageException(name, "the archive ends before the image does");
            }

            byte[] bytes = GC.AllocateUninitializedArray<byte>((int)length);
            for (int done = 0; done < bytes.Length; )
            {
                int read = RandomAccess.Read(file, bytes.AsSpan(done), offset + done);
                done += read > 0 ? read : throw new EndOfStreamException("the archive ends before the image does");
            }

            return bytes;
        }
        catch (IOException error)
        {
            throw new UnreadableImageException(name, $"the archive cannot be read ({error.Message.TrimEnd('.')})", error);
        }
    }
}

namespace Soco.Vision.Imaging;

/// <summary>
/// Pixels of images that nobody needs any more, a few for each thread: a sample's images would otherwise be new large objects, each of them
/// cleared by the system and collected with the whole heap.
/// </summary>
internal static class PixelPool
{
    private const int Kept = 8,
        LongestKept = 4 << 20;

    [ThreadStatic]
    private static byte[]?[]? t_kept;

    /// <summary>An array of just this length, with anything in it.</summary>
    internal static byte[] Rent(int length)
    {
        Span<byte[]?> kept = t_kept;
        for (int i = 0; i < kept.Length; i++)
        {
            if (kept[i] is byte[] pixels && pixels.Length == length)
            {
                kept[i] = null;
                return pixels;
            }
        }

        return GC.AllocateUninitializedArray<byte>(length);
    }

    /// <summary>Takes an array that its last user gives up; the one that waited longest makes room.</summary>
    internal static void Return(byte[] pixels)
    {
        if (pixels.Length <= LongestKept)
        {
            Span<byte[]?> kept = t_kept ??= new byte[]?[Kept];
            int free = Array.IndexOf(t_kept, null);
            kept[..(free < 0 ? Kept - 1 : free)].CopyTo(kept[1..]);
            kept[0] = pixels;
        }
    }
}

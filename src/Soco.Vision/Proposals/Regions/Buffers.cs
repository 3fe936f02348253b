namespace Soco.Vision.Proposals.Regions;

/// <summary>Arrays that a worker keeps from one image to the next.</summary>
internal static class Buffers
{
    /// <summary>Makes room for at least <paramref name="length"/> elements; what was inside is lost.</summary>
    public static void Fit<T>(ref T[] buffer, int length)
        where T : unmanaged
    {
        if (buffer.Length < length)
        {
            buffer = [];
            buffer = GC.AllocateUninitializedArray<T>(length);
        }
    }

    /// <summary>Makes room for at least <paramref name="length"/> elements, at least doubling, and keeps what was inside.</summary>
    public static void Grow<T>(ref T[] buffer, int length)
        where T : unmanaged
    {
        if (buffer.Length < length)
        {
            Array.Resize(ref buffer, (int)Math.Min(Array.MaxLength, Math.Max(length, 2L * buffer.Length)));
        }
    }
}

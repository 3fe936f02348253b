using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Soco.Vision.Imaging;

/// <summary>Sixteen pixels in 32-bit lanes: red in the lowest byte, then green and blue, and 0 in the highest.</summary>
internal static class PixelLanes
{
    /// <summary>Pixels at a time.</summary>
    internal const int Count = 16;

    /// <summary>Bytes that <see cref="Load"/> reads: more than its pixels have.</summary>
    private const int Reach = 3 * Count / 2 + 32;

    /// <summary>
    /// How many of the first pixels are taken sixteen at a time; a few are left to the plain loop, since a load reads beyond its own.
    /// </summary>
    internal static int Whole(ReadOnlySpan<byte> pixels) =>
        pixels.Length >= Reach ? ((pixels.Length - Reach) / (3 * Count) + 1) * Count : 0;

    /// <summary>Loads sixteen pixels of interleaved red, green, blue.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<uint> Load(ReadOnlySpan<byte> pixels, int first)
    {
        ref byte source = ref Unsafe.Add(ref MemoryMarshal.GetReference(pixels), 3 * first);
        return Vector512.Create(LoadEight(ref source), LoadEight(ref Unsafe.Add(ref source, 3 * Count / 2)));
    }

    /// <summary>Stores sixteen pixels as interleaved red, green, blue, and nothing beyond.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Store(Vector512<uint> lanes, Span<byte> pixels, int first)
    {
        ref byte target = ref Unsafe.Add(ref MemoryMarshal.GetReference(pixels), 3 * first);
        StoreEight(lanes.GetLower(), ref target);
        StoreEight(lanes.GetUpper(), ref Unsafe.Add(ref target, 3 * Count / 2));
    }

    /// <summary>The last pixel first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<uint> Reverse(Vector512<uint> lanes)
    {
        Vector256<uint> backwards = Vector256.Create(7u, 6, 5, 4, 3, 2, 1, 0);
        return Vector512.Create(Vector256.Shuffle(lanes.GetUpper(), backwards), Vector256.Shuffle(lanes.GetLower(), backwards));
    }

    internal static Vector512<uint> Red(Vector512<uint> lanes) => lanes & Vector512.Create(0xFFu);

    internal static Vector512<uint> Green(Vector512<uint> lanes) => (lanes >>> 8) & Vector512.Create(0xFFu);

    internal static Vector512<uint> Blue(Vector512<uint> lanes) => lanes >>> 16;

    /// <summary>The luma of ITU-R BT.601, as Pillow rounds it.</summary>
    internal static Vector512<uint> Luma(Vector512<uint> lanes) =>
        (Red(lanes) * 19595u + Green(lanes) * 38470u + Blue(lanes) * 7471u + Vector512.Create(0x8000u)) >>> 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> LoadEight(ref byte source)
    {
        Vector256<byte> halves = Vector256
            .Shuffle(Vector256.LoadUnsafe(ref source).AsInt32(), Vector256.Create(0, 1, 2, 3, 3, 4, 5, 6))
            .AsByte();
        return Vector256
            .Shuffle(
                halves,
                Vector256.Create(
                    (byte)0,
                    1,
                    2,
                    255,
                    3,
                    4,
                    5,
                    255,
                    6,
                    7,
                    8,
                    255,
                    9,
                    10,
                    11,
                    255,
                    16,
                    17,
                    18,
                    255,
                    19,
                    20,
                    21,
                    255,
                    22,
                    23,
                    24,
                    255,
                    25,
                    26,
                    27,
                    255
                )
            )
            .AsUInt32();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreEight(Vector256<uint> lanes, ref byte target)
    {
        Vector256<int> halves = Vector256
            .Shuffle(
                lanes.AsByte(),
                Vector256.Create(
                    (byte)0,
                    1,
                    2,
                    4,
                    5,
                    6,
                    8,
                    9,
                    10,
                    12,
                    13,
                    14,
                    255,
                    255,
                    255,
                    255,
                    16,
                    17,
                    18,
                    20,
                    21,
                    22,
                    24,
                    25,
                    26,
                    28,
                    29,
                    30,
                    255,
                    255,
                    255,
                    255
                )
            )
            .AsInt32();
        Vector256<byte> packed = Vector256.Shuffle(halves, Vector256.Create(0, 1, 2, 4, 5, 6, 3, 7)).AsByte();
        packed.GetLower().StoreUnsafe(ref target);
        packed.GetUpper().GetLower().StoreUnsafe(ref target, 16);
    }
}

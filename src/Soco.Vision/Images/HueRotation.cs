using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Soco.Images;

/// <summary>
/// Pixels by way of 8-bit HSV and back, as Pillow converts: hue and saturation cut to 255ths, single and double precision where C mixes
/// them. <see cref="ToHsv"/> and <see cref="ToRgb"/> are the truth; the vectors compute the same bytes.
/// </summary>
internal static class HueRotation
{
    // Where, of the six arrangements of the channels, the largest, the middle and the smallest go: red to yellow, yellow to green, ...
    private static ReadOnlySpan<byte> Largest => [0, 1, 1, 2, 2, 0, 0];
    private static ReadOnlySpan<byte> Middle => [1, 0, 2, 1, 0, 2, 1];
    private static ReadOnlySpan<byte> Smallest => [2, 2, 0, 0, 1, 1, 2];

    /// <summary>Adds to the hue, wrapping at 256 as 8-bit addition does.</summary>
    internal static void Rotate(Span<byte> pixels, byte shift, bool vectorized)
    {
        int i = 0;
        for (int whole = vectorized ? PixelLanes.Whole(pixels) : 0; i < whole; i += PixelLanes.Count)
        {
            PixelLanes.Store(Rotate(PixelLanes.Load(pixels, i), shift), pixels, i);
        }

        for (pixels = pixels[(3 * i)..]; pixels.Length >= 3; pixels = pixels[3..])
        {
            (byte hue, byte saturation, byte value) = ToHsv(pixels[0], pixels[1], pixels[2]);
            ToRgb((byte)(hue + shift), saturation, value, pixels);
        }
    }

    internal static (byte Hue, byte Saturation, byte Value) ToHsv(byte r, byte g, byte b)
    {
        byte largest = Math.Max(r, Math.Max(g, b));
        int range = largest - Math.Min(r, Math.Min(g, b));
        if (range == 0)
        {
            return (0, 0, largest);
        }

        float red = (float)(largest - r) / range, green = (float)(largest - g) / range, blue = (float)(largest - b) / range;
        float sector = r == largest ? blue - green : g == largest ? (float)(2.0 + red - blue) : (float)(4.0 + green - red);
        float hue = (float)((sector / 6.0 + 1.0) % 1.0);
        return ((byte)(hue * 255.0), (byte)((float)range / largest * 255.0), largest);
    }

    internal static void ToRgb(byte hue, byte saturation, byte value, Span<byte> rgb)
    {
        double place = hue * 6.0 / 255.0;
        int sextant = (int)place;
        float part = (float)(place - sextant);
        float strength = (float)(saturation / 255.0);
        // Even sextants lead up to the next pure colour, odd ones away from the last.
        double lack = (sextant & 1) == 0 ? strength * (1.0 - part) : strength * part;
        rgb[Largest[sextant]] = value;
        rgb[Middle[sextant]] = (byte)(value * (1.0 - lack) + 0.5);
        rgb[Smallest[sextant]] = (byte)(value * (1.0 - strength) + 0.5);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Rotate(Vector256<uint> pixels, byte shift)
    {
        Vector256<int> r = PixelLanes.Red(pixels).AsInt32(), g = PixelLanes.Green(pixels).AsInt32(), b = PixelLanes.Blue(pixels).AsInt32();
        Vector256<int> value = Vector256.Max(r, Vector256.Max(g, b)), range = value - Vector256.Min(r, Vector256.Min(g, b));
        Vector256<int> hue = (HueOf(r, g, b, value, range) + Vector256.Create((int)shift)) & Vector256.Create(0xFF);
        Vector256<int> saturation = Vector256.ConvertToInt32Native(
            Vector256.ConvertToSingle(range * 255) / Vector256.ConvertToSingle(Vector256.Max(value, Vector256<int>.One)));

        // 6 * hue is sextant * 255 and a part, by which the middle channel is on its way; all numbers stay below 2^24.
        Vector256<int> sixfold = hue * 6, sextant = ((sixfold + Vector256<int>.One) * 257) >>> 16, part = sixfold - sextant * 255;
        Vector256<int> lack = Vector256.ConditionalSelect(Vector256.Equals(sextant & Vector256<int>.One, Vector256<int>.One), part, Vector256.Create(255) - part);
        Vector256<float> weighed = Vector256.ConvertToSingle(value * (Vector256.Create(255 * 255) - saturation * lack) + Vector256.Create(255 * 255 / 2));
        Vector256<int> middle = Vector256.ConvertToInt32Native(weighed * (1f / (255 * 255)));
        Vector256<int> scaled = value * (Vector256.Create(255) - saturation) + Vector256.Create(128);
        Vector256<int> smallest = (scaled + (scaled >>> 8)) >>> 8;
        Vector256<int> red = Channel(value, middle, smallest, sextant);
        Vector256<int> green = Channel(value, middle, smallest, sextant + Vector256.Create(4));
        Vector256<int> blue = Channel(value, middle, smallest, sextant + Vector256.Create(2));
        return (red | (green << 8) | (blue << 16)).AsUInt32();
    }

    /// <summary>
    /// The hue byte of <see cref="ToHsv"/>. Of the distances to the largest channel one is 0 and one is the range; the third decides the place
    /// between two pure colours: 1 - part or part - 1 where red is the largest, 1 + part or 3 - part for green, 3 + part or 5 - part for blue.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> HueOf(Vector256<int> r, Vector256<int> g, Vector256<int> b, Vector256<int> value, Vector256<int> range)
    {
        Vector256<int> smallest = value - range, distance = smallest + value + value - r - g - b;
        Vector256<float> part = Vector256.ConvertToSingle(distance) / Vector256.ConvertToSingle(Vector256.Max(range, Vector256<int>.One));
        Vector256<int> isRed = Vector256.Equals(r, value), isGreen = Vector256.Equals(g, value);
        Vector256<int> before = Vector256.ConditionalSelect(isRed, g, Vector256.ConditionalSelect(isGreen, b, r));
        Vector256<float> start = Vector256.ConditionalSelect(
            isRed.AsSingle(), Vector256.Create(-1f), Vector256.ConditionalSelect(isGreen.AsSingle(), Vector256.Create(1f), Vector256.Create(3f)));
        Vector256<float> sector = Vector256.ConditionalSelect(
            Vector256.Equals(before, smallest).AsSingle(), start + part, start + Vector256.Create(2f) - part);
        Vector256<float> hue = sector / 6f + (Vector256.LessThan(sector, Vector256<float>.Zero) & Vector256<float>.One);
        // Rounding may lift the product to the next integer; where it did, the comparison adds -1.
        Vector256<float> whole = Vector256.Truncate(hue * 255f);
        Vector256<float> beyond = Vector256.FusedMultiplyAdd(hue, Vector256.Create(255f), -whole);
        return Vector256.ConvertToInt32Native(whole) + Vector256.LessThan(beyond, Vector256<float>.Zero).AsInt32();
    }

    /// <summary>
    /// A channel is the largest in its own two sextants, the middle in those beside them, the smallest in those across. The sextants are counted
    /// so that the channel's own are 0 and 5; 6 and more are 0 and more again.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Channel(Vector256<int> largest, Vector256<int> middle, Vector256<int> smallest, Vector256<int> turned)
    {
        Vector256<int> sextant = turned - (Vector256.GreaterThan(turned, Vector256.Create(5)) & Vector256.Create(6));
        Vector256<int> away = Vector256.Min(sextant, Vector256.Create(5) - sextant);
        return Vector256.ConditionalSelect(
            Vector256.Equals(away, Vector256<int>.Zero), largest, Vector256.ConditionalSelect(Vector256.Equals(away, Vector256<int>.One), middle, smallest));
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Soco.Vision.Imaging.Color;

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

        float red = (float)(largest - r) / range,
            green = (float)(largest - g) / range,
            blue = (float)(largest - b) / range;
        float sector =
            r == largest ? blue - green
            : g == largest ? (float)(2.0 + red - blue)
            : (float)(4.0 + green - red);
        float hue = (float)((sector / 6.0 + 1.0) % 1.0);
        return ((byte)(hue * 255.0), (byte)((float)range / largest * 255.0), largest);
    }

    internal static void ToRgb(byte hue, byte saturation, byte value, Span<byte> rgb)
    {
        double place = hue * 6.0 / 255.0;
        int sextant = (int)place;
        float part = (float)(place - sextant);
        float strength = (float)(saturation / 255.0);
        // Even sextants lead up to the next pure color, odd ones away from the last.
        double lack = (sextant & 1) == 0 ? strength * (1.0 - part) : strength * part;
        rgb[Largest[sextant]] = value;
        rgb[Middle[sextant]] = (byte)(value * (1.0 - lack) + 0.5);
        rgb[Smallest[sextant]] = (byte)(value * (1.0 - strength) + 0.5);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Rotate(Vector512<uint> pixels, byte shift)
    {
        Vector512<int> r = PixelLanes.Red(pixels).AsInt32(),
            g = PixelLanes.Green(pixels).AsInt32(),
            b = PixelLanes.Blue(pixels).AsInt32();
        Vector512<int> full = Vector512.Create(255),
            value = Vector512.Max(r, Vector512.Max(g, b)),
            range = value - Vector512.Min(r, Vector512.Min(g, b));
        Vector512<int> hue = (HueOf(r, g, b, value, range) + Vector512.Create((int)shift)) & full;
        Vector512<int> saturation = Vector512.ConvertToInt32Native(
            Vector512.ConvertToSingle((range << 8) - range) / Vector512.ConvertToSingle(Vector512.Max(value, Vector512<int>.One))
        );

        // 6 * hue is sextant * 255 and a part, by which the middle channel is on its way. All numbers stay below 2^24, products below 2^16.
        Vector512<int> sixfold = (hue << 2) + (hue << 1),
            next = sixfold + Vector512<int>.One,
            sextant = (next + (next << 8)) >>> 16;
        Vector512<int> part = sixfold - (sextant << 8) + sextant;
        Vector512<int> lack = Vector512.ConditionalSelect(
            Vector512.Equals(sextant & Vector512<int>.One, Vector512<int>.One),
            part,
            full - part
        );
        Vector512<float> weight = Vector512.ConvertToSingle(Vector512.Create(255 * 255) - Product(saturation, lack));
        Vector512<int> middle = Vector512.ConvertToInt32Native(
            Vector512.FusedMultiplyAdd(
                Vector512.ConvertToSingle(value) * weight,
                Vector512.Create(1f / (255 * 255)),
                Vector512.Create(0.5f)
            )
        );
        Vector512<int> scaled = Product(value, full - saturation) + Vector512.Create(128);
        Vector512<int> smallest = (scaled + (scaled >>> 8)) >>> 8;
        Vector512<int> red = Channel(value, middle, smallest, sextant);
        Vector512<int> green = Channel(value, middle, smallest, sextant + Vector512.Create(4));
        Vector512<int> blue = Channel(value, middle, smallest, sextant + Vector512.Create(2));
        return (red | (green << 8) | (blue << 16)).AsUInt32();
    }

    /// <summary>
    /// The hue byte of <see cref="ToHsv"/>. Of the distances to the largest channel one is 0 and one is the range; the third decides the
    /// place between two pure colors: 1 - part or part - 1 where red is the largest, 1 + part or 3 - part for green, 3 + part or 5 - part
    /// for blue.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> HueOf(Vector512<int> r, Vector512<int> g, Vector512<int> b, Vector512<int> value, Vector512<int> range)
    {
        Vector512<int> smallest = value - range,
            distance = smallest + value + value - r - g - b;
        Vector512<float> part = Vector512.ConvertToSingle(distance) / Vector512.ConvertToSingle(Vector512.Max(range, Vector512<int>.One));
        Vector512<int> isRed = Vector512.Equals(r, value),
            isGreen = Vector512.Equals(g, value);
        Vector512<int> before = Vector512.ConditionalSelect(isRed, g, Vector512.ConditionalSelect(isGreen, b, r));
        Vector512<float> start = Vector512.ConditionalSelect(
            isRed.AsSingle(),
            Vector512.Create(-1f),
            Vector512.ConditionalSelect(isGreen.AsSingle(), Vector512.Create(1f), Vector512.Create(3f))
        );
        Vector512<float> sector = Vector512.ConditionalSelect(
            Vector512.Equals(before, smallest).AsSingle(),
            start + part,
            start + Vector512.Create(2f) - part
        );
        Vector512<float> turn = sector / 6f + (Vector512.LessThan(sector, Vector512<float>.Zero) & Vector512<float>.One);
        return Vector512.ConvertToInt32Native(turn * 255f);
    }

    /// <summary>Of numbers below 2^16, the product too.</summary>
    private static Vector512<int> Product(Vector512<int> a, Vector512<int> b) => (a.AsUInt16() * b.AsUInt16()).AsInt32();

    /// <summary>
    /// A channel is the largest in its own two sextants, the middle in those beside them, the smallest in those across. The sextants are
    /// counted so that the channel's own are 0 and 5; 6 and more are 0 and more again.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Channel(Vector512<int> largest, Vector512<int> middle, Vector512<int> smallest, Vector512<int> turned)
    {
        Vector512<int> sextant = turned - (Vector512.GreaterThan(turned, Vector512.Create(5)) & Vector512.Create(6));
        Vector512<int> away = Vector512.Min(sextant, Vector512.Create(5) - sextant);
        return Vector512.ConditionalSelect(
            Vector512.Equals(away, Vector512<int>.Zero),
            largest,
            Vector512.ConditionalSelect(Vector512.Equals(away, Vector512<int>.One), middle, smallest)
        );
    }
}

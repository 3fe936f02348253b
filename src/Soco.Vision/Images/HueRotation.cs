namespace Soco.Images;

/// <summary>
/// Pixels by way of 8-bit HSV and back, as Pillow converts: hue and saturation cut to 255ths, single and double precision where C mixes
/// them. <see cref="ToHsv"/> and <see cref="ToRgb"/> are the truth; <see cref="Rotate"/> looks up what they spend divisions on.
/// </summary>
internal static class HueRotation
{
    // Where, of the six arrangements of the channels, the largest, the middle and the smallest go: red to yellow, yellow to green, ...
    private static ReadOnlySpan<byte> Largest => [0, 1, 1, 2, 2, 0, 0];
    private static ReadOnlySpan<byte> Middle => [1, 0, 2, 1, 0, 2, 1];
    private static ReadOnlySpan<byte> Smallest => [2, 2, 0, 0, 1, 1, 2];

    private static readonly byte[] Hues = TabulateHues();
    private static readonly byte[] Saturations = TabulateSaturations();
    private static readonly HueStep[] Steps = [.. Enumerable.Range(0, 256).Select(hue => new HueStep((byte)hue))];

    /// <summary>Adds to the hue, wrapping at 256 as 8-bit addition does.</summary>
    internal static void Rotate(Span<byte> pixels, byte shift)
    {
        ReadOnlySpan<byte> hues = Hues, saturations = Saturations;
        ReadOnlySpan<HueStep> steps = Steps;
        for (; pixels.Length >= 3; pixels = pixels[3..])
        {
            int r = pixels[0], g = pixels[1], b = pixels[2];
            int largest = Math.Max(r, Math.Max(g, b));
            int range = largest - Math.Min(r, Math.Min(g, b));
            int channel = r == largest ? 0 : g == largest ? 1 : 2;
            int excess = r == largest ? g - b : g == largest ? b - r : r - g;
            ref readonly HueStep step = ref steps[(byte)(hues[HueIndex(channel, range, excess)] + shift)];
            double strength = (float)(saturations[(range << 8) + largest] / 255.0);
            double lack = strength * step.Weight;
            int middle = (int)(largest * (1.0 - (step.IsSingle ? (float)lack : lack)) + 0.5);
            int smallest = (int)(largest * (1.0 - strength) + 0.5);
            int rgb = (largest << step.LargestShift) | (middle << step.MiddleShift) | (smallest << step.SmallestShift);
            (pixels[0], pixels[1], pixels[2]) = ((byte)rgb, (byte)(rgb >> 8), (byte)(rgb >> 16));
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

    /// <summary>Excess: how much the channel after the largest exceeds the one before it, -range .. range.</summary>
    private static int HueIndex(int channel, int range, int excess) => (((channel << 8) + range) << 9) + 256 + excess;

    private static byte[] TabulateHues()
    {
        byte[] hues = new byte[3 << 17];
        Span<byte> rgb = stackalloc byte[3];
        for (int channel = 0; channel < 3; channel++)
        {
            for (int range = 1; range < 256; range++)
            {
                for (int excess = -range; excess <= range; excess++)
                {
                    // Hue depends on differences alone, so the largest may stand for all: 255.
                    rgb[channel] = 255;
                    rgb[(channel + 1) % 3] = (byte)(255 - range + Math.Max(excess, 0));
                    rgb[(channel + 2) % 3] = (byte)(255 - range + Math.Max(-excess, 0));
                    hues[HueIndex(channel, range, excess)] = ToHsv(rgb[0], rgb[1], rgb[2]).Hue;
                }
            }
        }

        return hues;
    }

    private static byte[] TabulateSaturations()
    {
        byte[] saturations = new byte[1 << 16];
        for (int largest = 1; largest < 256; largest++)
        {
            for (int range = 0; range <= largest; range++)
            {
                saturations[(range << 8) + largest] = ToHsv((byte)largest, (byte)(largest - range), (byte)(largest - range)).Saturation;
            }
        }

        return saturations;
    }

    /// <summary>What <see cref="ToRgb"/> works out from the hue alone; a channel is a shift into a word of R, G, B bytes.</summary>
    private readonly struct HueStep
    {
        internal readonly double Weight;
        internal readonly bool IsSingle;
        internal readonly byte LargestShift, MiddleShift, SmallestShift;

        internal HueStep(byte hue)
        {
            double place = hue * 6.0 / 255.0;
            int sextant = (int)place;
            float part = (float)(place - sextant);
            IsSingle = (sextant & 1) != 0;
            Weight = IsSingle ? part : 1.0 - part;
            LargestShift = (byte)(8 * Largest[sextant]);
            MiddleShift = (byte)(8 * Middle[sextant]);
            SmallestShift = (byte)(8 * Smallest[sextant]);
        }
    }
}

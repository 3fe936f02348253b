using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Soco.Vision.Imaging;

/// <summary>From bytes to what a network sees: channel by channel, less the mean and over the deviation of ImageNet.</summary>
internal static unsafe class NormalizedPixels
{
    /// <summary>ImageNet's mean of red, green and blue, where 1 is the brightest.</summary>
    public static readonly ImmutableArray<double> Mean = [0.485, 0.456, 0.406];

    /// <summary>ImageNet's deviations.</summary>
    public static readonly ImmutableArray<double> Deviation = [0.229, 0.224, 0.225];

    private static readonly Channel s_red = new(Mean[0], Deviation[0]),
        s_green = new(Mean[1], Deviation[1]),
        s_blue = new(Mean[2], Deviation[2]);

    /// <summary>Writes an image into the top left corner of a place for one.</summary>
    /// <param name="image">The image.</param>
    /// <param name="target">The first value of the place.</param>
    /// <param name="stride">Values from one row of the place to the next, at least the image's width.</param>
    /// <param name="plane">Values from one channel of the place to the next.</param>
    /// <param name="flipped">Whether left and right are swapped.</param>
    public static void Write(RgbImage image, float* target, long stride, long plane, bool flipped = false)
    {
        for (int y = 0; y < image.Height; y++, target += stride)
        {
            // To the end of the image: a load of the row's last pixels reads on.
            ReadOnlySpan<byte> row = image.Pixels.AsSpan(3 * image.Width * y);
            int x = 0;
            for (
                int whole = Vector128.IsHardwareAccelerated ? Math.Min(PixelLanes.Whole(row), image.Width & -PixelLanes.Count) : 0;
                x < whole;
                x += PixelLanes.Count
            )
            {
                Vector512<uint> pixels = PixelLanes.Load(row, x);
                float* place = target + x;
                if (flipped)
                {
                    pixels = PixelLanes.Reverse(pixels);
                    place = target + image.Width - PixelLanes.Count - x;
                }

                s_red.Values(PixelLanes.Red(pixels)).Store(place);
                s_green.Values(PixelLanes.Green(pixels)).Store(place + plane);
                s_blue.Values(PixelLanes.Blue(pixels)).Store(place + 2 * plane);
            }

            for (; x < image.Width; x++)
            {
                float* place = target + (flipped ? image.Width - 1 - x : x);
                place[0] = s_red.Value(row[3 * x]);
                place[plane] = s_green.Value(row[3 * x + 1]);
                place[2 * plane] = s_blue.Value(row[3 * x + 2]);
            }
        }
    }

    /// <summary>The value of a level, (level / 255 - mean) / deviation, as one product and one sum in double precision.</summary>
    private readonly struct Channel(double mean, double deviation)
    {
        private readonly double _scale = 1 / (255 * deviation),
            _start = -mean / deviation;

        public float Value(byte level) => (float)(level * _scale + _start);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Values(Vector512<uint> levels)
        {
            (Vector512<double> lower, Vector512<double> upper) = Vector512.Widen(Vector512.ConvertToSingle(levels.AsInt32()));
            Vector512<double> start = Vector512.Create(_start);
            return Vector512.Narrow(lower * _scale + start, upper * _scale + start);
        }
    }
}

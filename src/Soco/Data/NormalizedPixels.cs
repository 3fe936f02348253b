using Soco.Images;

namespace Soco.Data;

/// <summary>From bytes to what a network sees: channel by channel, less the mean and over the deviation of ImageNet.</summary>
internal static unsafe class NormalizedPixels
{
    private static readonly float[][] s_tables = [Table(0.485, 0.229), Table(0.456, 0.224), Table(0.406, 0.225)];

    /// <summary>Writes an image into the top left corner of a place for one.</summary>
    /// <param name="image">The image.</param>
    /// <param name="target">The first value of the place.</param>
    /// <param name="stride">Values from one row of the place to the next, at least the image's width.</param>
    /// <param name="plane">Values from one channel of the place to the next.</param>
    /// <param name="flipped">Whether left and right are swapped.</param>
    public static void Write(RgbImage image, float* target, long stride, long plane, bool flipped = false)
    {
        byte[] pixels = image.Pixels;
        int step = flipped ? -3 : 3;
        for (int channel = 0; channel < 3; channel++)
        {
            float[] table = s_tables[channel];
            for (int y = 0; y < image.Height; y++)
            {
                float* row = target + channel * plane + y * stride;
                int from = 3 * (y * image.Width + (flipped ? image.Width - 1 : 0)) + channel;
                for (int x = 0; x < image.Width; x++, from += step)
                {
                    row[x] = table[pixels[from]];
                }
            }
        }
    }

    private static float[] Table(double mean, double deviation) =>
        [.. Enumerable.Range(0, 256).Select(value => (float)((value / 255.0 - mean) / deviation))];
}

using Soco.Vision.Imaging;

namespace Soco.Vision.Tests.Imaging;

public sealed unsafe class NormalizedPixelsTests
{
    private static readonly double[] s_mean = [0.485, 0.456, 0.406],
        s_deviation = [0.229, 0.224, 0.225];

    [Theory]
    [InlineData(256, 3, false)]
    [InlineData(256, 3, true)]
    [InlineData(7, 5, false)]
    [InlineData(21, 2, true)]
    public void Every_level_of_every_channel_is_the_nearest_float_to_the_formula(int width, int height, bool flipped)
    {
        const int Margin = 3;
        var image = new RgbImage(width, height, [.. Enumerable.Range(0, 3 * width * height).Select(i => (byte)(i / 3 + 85 * (i % 3)))]);
        int stride = width + Margin,
            plane = stride * height;
        float[] values = [.. Enumerable.Repeat(float.NaN, 3 * plane)];
        fixed (float* target = values)
        {
            NormalizedPixels.Write(image, target, stride, plane, flipped);
        }

        for (int i = 0; i < values.Length; i++)
        {
            int channel = i / plane,
                y = i % plane / stride,
                x = i % stride;
            float expected = float.NaN;
            if (x < width)
            {
                byte level = image.Pixels[3 * (y * width + (flipped ? width - 1 - x : x)) + channel];
                expected = (float)((level / 255.0 - s_mean[channel]) / s_deviation[channel]);
            }

            Assert.Equal(expected, values[i]);
        }
    }
}

using System.Runtime.Intrinsics;
using Soco.Vision.Imaging;

namespace Soco.Vision.Proposals.Regions;

/// <summary>
/// The blur before segmentation: separable Gaussian over RGB / 255 in float64, cut at 4 sigma, borders reflected with the edge pixel
/// repeated. It hands out one blurred row after the other, so that its working set stays in the cache however large the image is.
/// Every sum is taken in the order that scipy takes it (center, then pairs from the far end inwards), for costs that tie as theirs tie.
/// </summary>
internal sealed unsafe class GaussianBlur
{
    /// <summary>Room for one vector past the end of each row, so that rows are worked on in whole vectors.</summary>
    public const int RowSlack = 8;

    private static readonly double[] UnitLevels = [.. Enumerable.Range(0, 256).Select(level => level * (1.0 / 255))];

    private readonly int _radius;
    private readonly double[] _kernel;
    private double[] _ring = [];
    private double[] _column = [];

    public GaussianBlur(double sigma)
    {
        _kernel = HalfKernel(sigma);
        _radius = _kernel.Length - 1;
    }

    /// <summary>The center weight and those to one side of it; the whole kernel sums to 1.</summary>
    internal static double[] HalfKernel(double sigma)
    {
        int radius = (int)(4 * sigma + 0.5);
        var whole = new double[2 * radius + 1];
        for (int x = -radius; x <= radius; x++)
        {
            whole[x + radius] = x == 0 ? 1 : Math.Exp(-0.5 / (sigma * sigma) * (x * x));
        }

        double sum = PairwiseSum(whole);
        return [.. Enumerable.Range(radius, radius + 1).Select(i => whole[i] / sum)];
    }

    /// <summary>The row length of the planes that <see cref="Rows"/> writes for an image of this width.</summary>
    public static int StrideOf(int width) => (width + RowSlack + 7) & ~7;

    /// <summary>Blurs the image row by row.</summary>
    /// <param name="image">The image.</param>
    /// <param name="rows">
    /// [2, 3, stride]: even rows of the image are left in the first half, odd rows in the second; within, the R, G and B planes.
    /// </param>
    /// <param name="rowDone">Called after each row, top row first, with its number.</param>
    public void Rows(RgbImage image, double[] rows, Action<int> rowDone)
    {
        int width = image.Width,
            height = image.Height,
            stride = StrideOf(width),
            ringRows = 2 * _radius + 1;
        int padded = stride + 2 * _radius;
        Buffers.Fit(ref _ring, ringRows * 3 * stride);
        Buffers.Fit(ref _column, padded);
        double** taps = stackalloc double*[ringRows];
        fixed (
            double* ring = _ring,
                column = _column,
                output = rows
        )
        {
            int loaded = 0;
            for (int y = 0; y < height; y++)
            {
                for (; loaded < height && loaded <= y + _radius; loaded++)
                {
                    Load(image, loaded, ring + (long)(loaded % ringRows) * 3 * stride, stride);
                }

                for (int channel = 0; channel < 3; channel++)
                {
                    for (int k = -_radius; k <= _radius; k++)
                    {
                        taps[k + _radius] = ring + ((long)(Reflect(y + k, height) % ringRows) * 3 + channel) * stride;
                    }

                    BlurDown(taps, column + _radius, stride);
                    for (int x = 1; x <= _radius; x++)
                    {
                        column[_radius - x] = column[_radius + Reflect(-x, width)];
                        column[_radius + width - 1 + x] = column[_radius + Reflect(width - 1 + x, width)];
                    }

                    BlurAcross(column + _radius, output + ((y & 1) * 3 + channel) * (long)stride, width);
                }

                rowDone(y);
            }
        }
    }

    private static void Load(RgbImage image, int y, double* planes, int stride)
    {
        ReadOnlySpan<byte> row = image.Pixels.AsSpan(3 * image.Width * y, 3 * image.Width);
        fixed (byte* source = row)
        fixed (double* levels = UnitLevels)
        {
            byte* pixel = source;
            for (int x = 0; x < image.Width; x++, pixel += 3)
            {
                planes[x] = levels[pixel[0]];
                planes[x + stride] = levels[pixel[1]];
                planes[x + 2 * stride] = levels[pixel[2]];
            }
        }
    }

    private void BlurDown(double** taps, double* result, int stride)
    {
        for (int x = 0; x < stride; x += 8)
        {
            Vector512<double> sum = Vector512.Load(taps[_radius] + x) * _kernel[0];
            for (int k = _radius; k > 0; k--)
            {
                sum += (Vector512.Load(taps[_radius - k] + x) + Vector512.Load(taps[_radius + k] + x)) * _kernel[k];
            }

            sum.Store(result + x);
        }
    }

    private void BlurAcross(double* padded, double* result, int width)
    {
        for (int x = 0; x < width; x += 8)
        {
            Vector512<double> sum = Vector512.Load(padded + x) * _kernel[0];
            for (int k = _radius; k > 0; k--)
            {
                sum += (Vector512.Load(padded + x - k) + Vector512.Load(padded + x + k)) * _kernel[k];
            }

            sum.Store(result + x);
        }
    }

    /// <summary>
    /// The index inside 0 .. length-1 that stands for <paramref name="i"/> when the row continues as <c>c b a | a b c | c b a</c>.
    /// </summary>
    private static int Reflect(int i, int length)
    {
        int period = 2 * length;
        int folded = (i % period + period) % period;
        return folded < length ? folded : period - 1 - folded;
    }

    /// <summary>Sum in numpy's order: eight running sums from eight terms on, then the rest one by one.</summary>
    private static double PairwiseSum(double[] terms)
    {
        if (terms.Length is < 8 or > 128)
        {
            return terms.Sum();
        }

        Span<double> lanes = stackalloc double[8];
        int whole = terms.Length & ~7;
        for (int i = 0; i < whole; i++)
        {
            lanes[i & 7] += terms[i];
        }

        double sum = ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
        for (int i = whole; i < terms.Length; i++)
        {
            sum += terms[i];
        }

        return sum;
    }
}

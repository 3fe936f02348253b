using System.Runtime.Intrinsics;
using Soco.Vision.Imaging;

namespace Soco.Vision.Proposals.Regions;

/// <summary>
/// The 8-neighbor grid graph of an image: every edge with its cost, the Euclidean RGB distance of the blurred pixels. The edges of each
/// direction come in raster order of their cell.
/// </summary>
internal sealed unsafe class EdgeCosts(double sigma)
{
    private readonly GaussianBlur _blur = new(sigma);
    private double[] _rows = [];
    private double[] _costs = [];

    /// <summary>Sorts the edges of an image into bands of cost.</summary>
    public void Fill(EdgeBands bands, RgbImage image, CancellationToken cancellationToken)
    {
        int width = image.Width,
            height = image.Height,
            stride = GaussianBlur.StrideOf(width);
        bands.Start(checked(height * (width - 1) + (height - 1) * width + 2 * (height - 1) * (width - 1)));
        Buffers.Fit(ref _rows, checked(6 * stride));
        Buffers.Fit(ref _costs, checked(4 * stride));
        _blur.Rows(
            image,
            _rows,
            y =>
            {
                cancellationToken.ThrowIfCancellationRequested();
                fixed (
                    double* rows = _rows,
                        costs = _costs
                )
                {
                    double* here = rows + (y & 1) * 3L * stride,
                        above = rows + (1 - (y & 1)) * 3L * stride;
                    if (y > 0)
                    {
                        Distances(above, above + 1, stride, costs, width - 1);
                        Distances(above, here, stride, costs + stride, width);
                        Distances(above, here + 1, stride, costs + 2 * stride, width - 1);
                        Distances(above + 1, here, stride, costs + 3 * stride, width - 1);
                        bands.Add(costs, stride, width, (y - 1) * width, last: false);
                    }

                    if (y == height - 1)
                    {
                        Distances(here, here + 1, stride, costs, width - 1);
                        bands.Add(costs, stride, width, y * width, last: true);
                    }
                }
            }
        );
    }

    private static void Distances(double* from, double* to, int stride, double* costs, int count)
    {
        for (int x = 0; x < count; x += 8)
        {
            Vector512<double> red = Vector512.Load(to + x) - Vector512.Load(from + x);
            Vector512<double> green = Vector512.Load(to + stride + x) - Vector512.Load(from + stride + x);
            Vector512<double> blue = Vector512.Load(to + 2 * stride + x) - Vector512.Load(from + 2 * stride + x);
            Vector512.Sqrt(red * red + green * green + blue * blue).Store(costs + x);
        }
    }
}

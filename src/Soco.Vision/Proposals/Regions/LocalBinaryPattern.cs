using System.Runtime.Intrinsics;
using Soco.Vision.Imaging;

namespace Soco.Vision.Proposals.Regions;

/// <summary>
/// The 8-neighbor, radius-1 local binary pattern of each color channel (Ojala et al., 2002), as scikit-image 0.19 computes it: the
/// diagonal neighbors are bilinear samples in float64, 0 outside the image. In flat areas the rounding of those samples decides a bit,
/// so the arithmetic is theirs, operation by operation. It hands out one row of codes after the other.
/// </summary>
internal sealed unsafe class LocalBinaryPattern
{
    /// <summary>How far a diagonal neighbor lies along each axis: cos 45 degrees, rounded to five decimals.</summary>
    private const double Diagonal = 0.70711;

    /// <summary>Zeros before each row: the neighbor at the left of the first pixel, and whole vectors.</summary>
    private const int Margin = 8;

    private double[] _rows = [];
    private double[] _fractions = [];
    private byte[] _codes = [];

    /// <summary>The distance between the planes of codes for an image of this width.</summary>
    public static int CodeStrideOf(int width) => (width + 7) & ~7;

    /// <summary>Computes the codes of an image row by row.</summary>
    /// <param name="image">The image.</param>
    /// <param name="rowDone">
    /// Called after each row, top row first, with its number and its codes, [3, <see cref="CodeStrideOf"/>] for R, G and B.
    /// </param>
    public void Rows(RgbImage image, Action<int, byte[]> rowDone)
    {
        int width = image.Width,
            height = image.Height,
            codeStride = CodeStrideOf(width),
            stride = codeStride + 2 * Margin;

        // A row has, for each channel, its pixels and their blends with the left and with the right neighbor.
        int rowLength = checked(9 * stride);
        Buffers.Fit(ref _rows, checked(4 * rowLength));
        Buffers.Fit(ref _fractions, 2 * codeStride);
        Buffers.Fit(ref _codes, 3 * codeStride);
        for (int x = 0; x < codeStride; x++)
        {
            _fractions[x] = x - Diagonal - (x - 1);
            _fractions[codeStride + x] = x + Diagonal - x;
        }

        Array.Clear(_rows, 0, 4 * rowLength);
        fixed (
            double* rows = _rows,
                fractions = _fractions
        )
        fixed (byte* codes = _codes)
        {
            // Three rows in turn, and one of zeros that stands above and below the image.
            double* outside = rows + 3L * rowLength + Margin,
                above = outside,
                here = rows + Margin;
            Load(image, 0, here, stride, fractions, codeStride);
            for (int y = 0; y < height; y++)
            {
                double* below = outside;
                if (y + 1 < height)
                {
                    below = rows + (y + 1) % 3 * (long)rowLength + Margin;
                    Load(image, y + 1, below, stride, fractions, codeStride);
                }

                double up = y - Diagonal - (y - 1),
                    down = y + Diagonal - y;
                for (int channel = 0; channel < 3; channel++)
                {
                    long plane = 3L * channel * stride;
                    Encode(above + plane, here + plane, below + plane, stride, up, down, codes + channel * codeStride, codeStride);
                }

                rowDone(y, _codes);
                above = here;
                here = below;
            }
        }
    }

    private static void Load(RgbImage image, int y, double* row, int stride, double* fractions, int codeStride)
    {
        fixed (byte* source = image.Pixels)
        {
            byte* pixel = source + 3L * image.Width * y;
            for (int x = 0; x < image.Width; x++, pixel += 3)
            {
                row[x] = pixel[0];
                row[x + 3 * stride] = pixel[1];
                row[x + 6 * stride] = pixel[2];
            }
        }

        for (int channel = 0; channel < 3; channel++)
        {
            double* plain = row + 3L * channel * stride,
                left = plain + stride,
                right = left + stride;
            for (int x = 0; x < codeStride; x += 8)
            {
                Vector512<double> leftFraction = Vector512.Load(fractions + x),
                    rightFraction = Vector512.Load(fractions + codeStride + x);
                Vector512<double> pixels = Vector512.Load(plain + x);
                Blend(Vector512.Load(plain + x - 1), pixels, leftFraction).Store(left + x);
                Blend(pixels, Vector512.Load(plain + x + 1), rightFraction).Store(right + x);
            }
        }
    }

    private static void Encode(double* above, double* here, double* below, int stride, double up, double down, byte* codes, int count)
    {
        Vector512<double> upFraction = Vector512.Create(up),
            downFraction = Vector512.Create(down);
        for (int x = 0; x < count; x += 8)
        {
            Vector512<double> center = Vector512.Load(here + x);
            Vector512<double> hereLeft = Vector512.Load(here + stride + x),
                hereRight = Vector512.Load(here + 2 * stride + x);
            ulong bits =
                NotBelow(Vector512.Load(here + x + 1), center)
                | NotBelow(Blend(Vector512.Load(above + 2 * stride + x), hereRight, upFraction), center) << 8
                | NotBelow(Vector512.Load(above + x), center) << 16
                | NotBelow(Blend(Vector512.Load(above + stride + x), hereLeft, upFraction), center) << 24
                | NotBelow(Vector512.Load(here + x - 1), center) << 32
                | NotBelow(Blend(hereLeft, Vector512.Load(below + stride + x), downFraction), center) << 40
                | NotBelow(Vector512.Load(below + x), center) << 48
                | NotBelow(Blend(hereRight, Vector512.Load(below + 2 * stride + x), downFraction), center) << 56;
            *(ulong*)(codes + x) = Transpose(bits);
        }
    }

    private static Vector512<double> Blend(Vector512<double> near, Vector512<double> far, Vector512<double> fraction) =>
        (Vector512<double>.One - fraction) * near + fraction * far;

    private static ulong NotBelow(Vector512<double> neighbor, Vector512<double> center) =>
        Vector512.GreaterThanOrEqual(neighbor, center).ExtractMostSignificantBits();

    /// <summary>
    /// Transposes 8x8 bits: in, byte = neighbor and bit = pixel; out, byte = pixel and bit = neighbor (Warren, Hacker's Delight, 7-3).
    /// </summary>
    private static ulong Transpose(ulong bits)
    {
        ulong swap = (bits ^ (bits >> 7)) & 0x00AA00AA00AA00AAUL;
        bits ^= swap ^ (swap << 7);
        swap = (bits ^ (bits >> 14)) & 0x0000CCCC0000CCCCUL;
        bits ^= swap ^ (swap << 14);
        swap = (bits ^ (bits >> 28)) & 0x00000000F0F0F0F0UL;
        return bits ^ swap ^ (swap << 28);
    }
}

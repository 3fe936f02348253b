using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace Soco.Tensors;

/// <summary>
/// Sums over all but the channel dimension of rows of channels, made in float64, and lines with factors for each channel: each in one pass
/// over the memory. How the rows are shared among threads never changes a sum.
/// </summary>
/// <typeparam name="T">The type of the tensors; factors and shifts are float32.</typeparam>
internal static unsafe class ChannelKernel<T>
    where T : unmanaged, IChannelElement<T>
{
    // Rows that are summed in float32 before they join the float64 sum; and rows of one piece, of which a thread takes one at a time.
    private const int BlockRows = 64;
    private const int PieceRows = 4096;

    private delegate void Piece(long row, long rows, double* sums);

    private delegate void Rows(long row, long rows);

    /// <summary>
    /// Sum and sum of squares of each channel, without taking large numbers from large ones where the mean is far from 0.
    /// </summary>
    /// <param name="values">[rows, channels].</param>
    /// <param name="rows">Rows, at least 1.</param>
    /// <param name="channels">Channels.</param>
    /// <returns>The sums, then the sums of squares.</returns>
    public static double[] Moments(T* values, long rows, int channels)
    {
        // Squares of distances to the first row, which is about as far from the mean as any.
        float[] centers = new float[channels];
        for (int channel = 0; channel < channels; channel++)
        {
            centers[channel] = T.Get(values + channel);
        }

        double[] sums;
        fixed (float* pinned = centers)
        {
            float* from = pinned;
            sums = Sum(rows, 2 * channels, (row, count, into) => DistanceSums(from, values + row * channels, count, channels, into));
        }

        for (int channel = 0; channel < channels; channel++)
        {
            double center = centers[channel],
                sum = sums[channel];
            sums[channel] = rows * center + sum;
            sums[channels + channel] += 2 * center * sum + rows * center * center;
        }

        return sums;
    }

    /// <summary>The sum of values, and of their products with others.</summary>
    /// <param name="values">[rows, channels].</param>
    /// <param name="others">[rows, channels].</param>
    /// <param name="rows">Rows.</param>
    /// <param name="channels">Channels.</param>
    /// <returns>The sums, then the sums of products.</returns>
    public static double[] Products(T* values, T* others, long rows, int channels) =>
        Sum(rows, 2 * channels, (row, count, into) => ProductSums(values + row * channels, others + row * channels, count, channels, into));

    /// <summary>target = a * x + b * y + c, for each channel.</summary>
    /// <param name="x">[rows, channels].</param>
    /// <param name="a">[channels].</param>
    /// <param name="y">[rows, channels].</param>
    /// <param name="b">[channels].</param>
    /// <param name="c">[channels].</param>
    /// <param name="target">[rows, channels]; may be x or y.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="channels">Channels.</param>
    public static void Line(T* x, float[] a, T* y, float[] b, float[] c, T* target, long rows, int channels)
    {
        fixed (
            float* ofX = a,
                ofY = b,
                shift = c
        )
        {
            float* fromX = ofX,
                fromY = ofY,
                plus = shift;
            Split(
                rows,
                (row, count) =>
                    Combine(x + row * channels, fromX, y + row * channels, fromY, plus, target + row * channels, count, channels)
            );
        }
    }

    /// <summary>target = a * x + c, for each channel.</summary>
    /// <param name="x">[rows, channels].</param>
    /// <param name="a">[channels].</param>
    /// <param name="c">[channels].</param>
    /// <param name="target">[rows, channels]; may be x.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="channels">Channels.</param>
    public static void Line(T* x, float[] a, float[] c, T* target, long rows, int channels)
    {
        fixed (
            float* factors = a,
                shift = c
        )
        {
            float* from = factors,
                plus = shift;
            Split(rows, (row, count) => Combine(x + row * channels, from, plus, target + row * channels, count, channels));
        }
    }

    /// <summary>The sums of all pieces, added in order: they never depend on the threads.</summary>
    private static double[] Sum(long rows, long length, Piece piece)
    {
        int pieces = (int)((rows + PieceRows - 1) / PieceRows);
        double[] all = new double[pieces * length];
        fixed (double* sums = all)
        {
            double* into = sums;
            Split(rows, (row, count) => piece(row, count, into + row / PieceRows * length));
        }

        for (int other = 1; other < pieces; other++)
        {
            for (long i = 0; i < length; i++)
            {
                all[i] += all[other * length + i];
            }
        }

        return all[..(int)length];
    }

    private static void Split(long rows, Rows work)
    {
        int pieces = (int)((rows + PieceRows - 1) / PieceRows),
            threads = Math.Min(get_num_threads(), pieces);
        void Do(int piece) => work((long)piece * PieceRows, Math.Min(PieceRows, rows - (long)piece * PieceRows));
        if (threads <= 1)
        {
            for (int piece = 0; piece < pieces; piece++)
            {
                Do(piece);
            }
        }
        else
        {
            Parallel.For(0, pieces, new ParallelOptions { MaxDegreeOfParallelism = threads }, Do);
        }
    }

    /// <summary>Sums of d and of d * d, with d the distance to a center of each channel.</summary>
    private static void DistanceSums(float* centers, T* values, long rows, int channels, double* sums)
    {
        const int Width = 8;
        for (long start = 0; start < rows; start += BlockRows)
        {
            int block = (int)Math.Min(BlockRows, rows - start),
                channel = 0;
            T* top = values + start * channels;

            // Four vectors at a time: one alone waits for its own sums.
            for (; channel <= channels - 4 * Width; channel += 4 * Width)
            {
                float* mid = centers + channel;
                T* place = top + channel;
                Vector256<float> c0 = Vector256.Load(mid),
                    c1 = Vector256.Load(mid + Width),
                    c2 = Vector256.Load(mid + 2 * Width),
                    c3 = Vector256.Load(mid + 3 * Width);
                Vector256<float> s0 = Vector256<float>.Zero,
                    s1 = s0,
                    s2 = s0,
                    s3 = s0,
                    q0 = s0,
                    q1 = s0,
                    q2 = s0,
                    q3 = s0;
                for (int row = 0; row < block; row++, place += channels)
                {
                    Vector256<float> d0 = T.Load(place) - c0,
                        d1 = T.Load(place + Width) - c1,
                        d2 = T.Load(place + 2 * Width) - c2,
                        d3 = T.Load(place + 3 * Width) - c3;
                    s0 += d0;
                    s1 += d1;
                    s2 += d2;
                    s3 += d3;
                    q0 = Vector256.FusedMultiplyAdd(d0, d0, q0);
                    q1 = Vector256.FusedMultiplyAdd(d1, d1, q1);
                    q2 = Vector256.FusedMultiplyAdd(d2, d2, q2);
                    q3 = Vector256.FusedMultiplyAdd(d3, d3, q3);
                }

                AddTo(sums + channel, s0, s1, s2, s3);
                AddTo(sums + channels + channel, q0, q1, q2, q3);
            }

            for (; channel <= channels - Width; channel += Width)
            {
                Vector256<float> center = Vector256.Load(centers + channel),
                    sum = Vector256<float>.Zero,
                    squares = sum;
                T* place = top + channel;
                for (int row = 0; row < block; row++, place += channels)
                {
                    Vector256<float> distance = T.Load(place) - center;
                    sum += distance;
                    squares = Vector256.FusedMultiplyAdd(distance, distance, squares);
                }

                AddTo(sums + channel, sum);
                AddTo(sums + channels + channel, squares);
            }

            for (; channel < channels; channel++)
            {
                float sum = 0,
                    squares = 0;
                for (int row = 0; row < block; row++)
                {
                    float distance = T.Get(top + (long)row * channels + channel) - centers[channel];
                    sum += distance;
                    squares = MathF.FusedMultiplyAdd(distance, distance, squares);
                }

                sums[channel] += sum;
                sums[channels + channel] += squares;
            }
        }
    }

    private static void ProductSums(T* left, T* right, long rows, int channels, double* sums)
    {
        const int Width = 8;
        for (long start = 0; start < rows; start += BlockRows)
        {
            int block = (int)Math.Min(BlockRows, rows - start),
                channel = 0;
            T* a = left + start * channels,
                b = right + start * channels;
            for (; channel <= channels - 4 * Width; channel += 4 * Width)
            {
                Vector256<float> s0 = Vector256<float>.Zero,
                    s1 = s0,
                    s2 = s0,
                    s3 = s0,
                    p0 = s0,
                    p1 = s0,
                    p2 = s0,
                    p3 = s0;
                T* x = a + channel,
                    y = b + channel;
                for (int row = 0; row < block; row++, x += channels, y += channels)
                {
                    Vector256<float> x0 = T.Load(x),
                        x1 = T.Load(x + Width),
                        x2 = T.Load(x + 2 * Width),
                        x3 = T.Load(x + 3 * Width);
                    s0 += x0;
                    s1 += x1;
                    s2 += x2;
                    s3 += x3;
                    p0 = Vector256.FusedMultiplyAdd(x0, T.Load(y), p0);
                    p1 = Vector256.FusedMultiplyAdd(x1, T.Load(y + Width), p1);
                    p2 = Vector256.FusedMultiplyAdd(x2, T.Load(y + 2 * Width), p2);
                    p3 = Vector256.FusedMultiplyAdd(x3, T.Load(y + 3 * Width), p3);
                }

                AddTo(sums + channel, s0, s1, s2, s3);
                AddTo(sums + channels + channel, p0, p1, p2, p3);
            }

            for (; channel <= channels - Width; channel += Width)
            {
                Vector256<float> sum = Vector256<float>.Zero,
                    product = sum;
                T* x = a + channel,
                    y = b + channel;
                for (int row = 0; row < block; row++, x += channels, y += channels)
                {
                    Vector256<float> value = T.Load(x);
                    sum += value;
                    product = Vector256.FusedMultiplyAdd(value, T.Load(y), product);
                }

                AddTo(sums + channel, sum);
                AddTo(sums + channels + channel, product);
            }

            for (; channel < channels; channel++)
            {
                float sum = 0,
                    product = 0;
                for (int row = 0; row < block; row++)
                {
                    float value = T.Get(a + (long)row * channels + channel);
                    sum += value;
                    product = MathF.FusedMultiplyAdd(value, T.Get(b + (long)row * channels + channel), product);
                }

                sums[channel] += sum;
                sums[channels + channel] += product;
            }
        }
    }

    private static void Combine(T* x, float* a, T* y, float* b, float* c, T* target, long rows, int channels)
    {
        const int Width = 8;
        for (long row = 0; row < rows; row++, x += channels, y += channels, target += channels)
        {
            int channel = 0;
            for (; channel <= channels - Width; channel += Width)
            {
                Vector256<float> line = Vector256.FusedMultiplyAdd(
                    T.Load(y + channel),
                    Vector256.Load(b + channel),
                    Vector256.Load(c + channel)
                );
                T.Store(Vector256.FusedMultiplyAdd(T.Load(x + channel), Vector256.Load(a + channel), line), target + channel);
            }

            for (; channel < channels; channel++)
            {
                float line = MathF.FusedMultiplyAdd(T.Get(y + channel), b[channel], c[channel]);
                T.Set(MathF.FusedMultiplyAdd(T.Get(x + channel), a[channel], line), target + channel);
            }
        }
    }

    private static void Combine(T* x, float* a, float* c, T* target, long rows, int channels)
    {
        const int Width = 8;
        for (long row = 0; row < rows; row++, x += channels, target += channels)
        {
            int channel = 0;
            for (; channel <= channels - Width; channel += Width)
            {
                T.Store(
                    Vector256.FusedMultiplyAdd(T.Load(x + channel), Vector256.Load(a + channel), Vector256.Load(c + channel)),
                    target + channel
                );
            }

            for (; channel < channels; channel++)
            {
                T.Set(MathF.FusedMultiplyAdd(T.Get(x + channel), a[channel], c[channel]), target + channel);
            }
        }
    }

    private static void AddTo(
        double* sums,
        Vector256<float> first,
        Vector256<float> second,
        Vector256<float> third,
        Vector256<float> fourth
    )
    {
        AddTo(sums, first);
        AddTo(sums + 8, second);
        AddTo(sums + 16, third);
        AddTo(sums + 24, fourth);
    }

    private static void AddTo(double* sums, Vector256<float> values)
    {
        (Vector256<double> low, Vector256<double> high) = Vector256.Widen(values);
        (Vector256.Load(sums) + low).Store(sums);
        (Vector256.Load(sums + 4) + high).Store(sums + 4);
    }
}

namespace Soco.Images;

/// <summary>
/// Along one axis, which samples each output sample averages and how much each counts: a triangle as wide as two output samples (two
/// input samples where the image grows), cut at the edges and scaled to sum 1, then rounded to 22 fractional bits, as Pillow does.
/// </summary>
internal sealed class BilinearWeights
{
    /// <summary>Fractional bits of a weight: 32 less 8 for the sample and 2 to spare.</summary>
    internal const int FractionBits = 32 - 8 - 2;

    private readonly int[] _weights;
    private readonly int[] _starts;
    private readonly int[] _counts;
    private readonly int _stride;

    internal BilinearWeights(int inSize, int outSize)
    {
        double scale = (double)inSize / outSize;
        double support = Math.Max(scale, 1.0);
        _stride = (int)Math.Ceiling(support) * 2 + 1;
        _weights = new int[outSize * _stride];
        _starts = new int[outSize];
        _counts = new int[outSize];
        double[] exact = new double[_stride];
        for (int i = 0; i < outSize; i++)
        {
            double center = (i + 0.5) * scale;
            int start = Math.Max((int)(center - support + 0.5), 0);
            int count = Math.Min((int)(center + support + 0.5), inSize) - start;
            double sum = 0;
            for (int k = 0; k < count; k++)
            {
                exact[k] = Triangle((k + start - center + 0.5) * (1.0 / support));
                sum += exact[k];
            }

            (_starts[i], _counts[i]) = (start, count);
            for (int k = 0; k < count; k++)
            {
                _weights[i * _stride + k] = (int)(0.5 + exact[k] / sum * (1 << FractionBits));
            }
        }
    }

    /// <summary>The first input sample of output sample i, and the weights of it and those that follow.</summary>
    internal ReadOnlySpan<int> Of(int i, out int start)
    {
        start = _starts[i];
        return _weights.AsSpan(i * _stride, _counts[i]);
    }

    private static double Triangle(double x) => Math.Max(1 - Math.Abs(x), 0);
}

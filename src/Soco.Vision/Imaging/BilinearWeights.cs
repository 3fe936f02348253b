namespace Soco.Vision.Imaging;

/// <summary>
/// Along one axis, which samples each output sample averages and how much each counts: a triangle as wide as two output samples (two
/// input samples where the image grows), cut at the edges and scaled to sum 1, then rounded to 22 fractional bits, as Pillow does.
/// </summary>
internal sealed class BilinearWeights
{
    /// <summary>Fractional bits of a weight: 32 less 8 for the sample and 2 to spare.</summary>
    internal const int FractionBits = 32 - 8 - 2;

    /// <summary>Of these, the lower ones: a weight in two halves fits 16 bits twice.</summary>
    internal const int LowBits = FractionBits / 2;

    private readonly int[] _weights;
    private readonly int[] _counts;
    private readonly int _stride;

    internal BilinearWeights(int inSize, int outSize)
    {
        double scale = (double)inSize / outSize;
        double support = Math.Max(scale, 1.0);
        _stride = (int)Math.Ceiling(support) * 2 + 1;
        _weights = new int[outSize * _stride];
        Starts = new int[outSize];
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

            (Starts[i], _counts[i]) = (start, count);
            for (int k = 0; k < count; k++)
            {
                _weights[i * _stride + k] = (int)(0.5 + exact[k] / sum * (1 << FractionBits));
            }
        }

        PairCount = (_counts.Max() + 1) / 2;
        Pairs = new int[outSize * 2 * PairCount];
        for (int i = 0; i < outSize; i++)
        {
            for (int k = 0; k < _counts[i]; k++)
            {
                int weight = _weights[i * _stride + k],
                    shift = 16 * (k & 1),
                    pair = 2 * (i * PairCount + k / 2);
                Pairs[pair] |= (weight & ((1 << LowBits) - 1)) << shift;
                Pairs[pair + 1] |= (weight >> LowBits) << shift;
            }
        }
    }

    /// <summary>[outputs] the first input sample of each output sample.</summary>
    internal int[] Starts { get; }

    /// <summary>Pairs of weights of each output sample; where it needs fewer, the last ones are 0.</summary>
    internal int PairCount { get; }

    /// <summary>
    /// [outputs, <see cref="PairCount"/>, 2] the weights of each output sample in pairs, the first in the lower 16 bits: their lower
    /// halves, then their upper ones.
    /// </summary>
    internal int[] Pairs { get; }

    /// <summary>The weights of the first input sample of output sample i and of those that follow.</summary>
    internal ReadOnlySpan<int> Of(int i) => _weights.AsSpan(i * _stride, _counts[i]);

    private static double Triangle(double x) => Math.Max(1 - Math.Abs(x), 0);
}

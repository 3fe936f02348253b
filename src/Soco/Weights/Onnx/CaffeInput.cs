using Soco.Vision.Imaging;

namespace Soco.Weights.Onnx;

/// <summary>
/// Networks that take blue, green and red of 0 to 255 without their mean, as Caffe's and CNTK's do: the first convolution is rewritten for
/// red, green and blue that are normalized. The mean is that of the preprocessing beside CNTK's ResNet-18 (NuGet's
/// Microsoft.ML.DnnImageFeaturizer.ResNet18), over all its pixels.
/// </summary>
internal static class CaffeInput
{
    private const int Channels = 3;
    private const float Largest = 255;

    private static readonly float[] s_mean = [123.15163f, 115.902885f, 103.06262f];

    /// <summary>Whether a model is one of CNTK.</summary>
    public static bool IsOf(ModelProto model) => model.ProducerName == "CNTK";

    /// <summary>Rewrites a first convolution; what cannot be in its weights the mean of its norm takes.</summary>
    /// <param name="weight">[out, 3, high, wide].</param>
    /// <param name="mean">[out].</param>
    public static void Rewrite(float[] weight, float[] mean)
    {
        int kernel = weight.Length / mean.Length,
            area = kernel / Channels;
        if (kernel * mean.Length != weight.Length || area * Channels != kernel)
        {
            throw new FormatException("its first convolution is not one of three channels");
        }

        for (int o = 0; o < mean.Length; o++)
        {
            Span<float> filter = weight.AsSpan(o * kernel, kernel);
            float[] blue = filter[..area].ToArray();
            filter[^area..].CopyTo(filter);
            blue.CopyTo(filter[^area..]);
            for (int c = 0; c < Channels; c++)
            {
                (float normalMean, float deviation) = (
                    (float)NormalizedPixels.Mean[c] * Largest,
                    (float)NormalizedPixels.Deviation[c] * Largest
                );
                foreach (ref float value in filter.Slice(c * area, area))
                {
                    mean[o] -= value * (normalMean - s_mean[c]);
                    value *= deviation;
                }
            }
        }
    }
}

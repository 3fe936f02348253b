using BenchmarkDotNet.Attributes;
using Soco.Vision.Imaging;
using Soco.Vision.Imaging.Color;

namespace Soco.Benchmarks.Kernels;

/// <summary>The colors of one view of 224x224, and what follows them.</summary>
public unsafe class ColorKernels
{
    private const int Side = 224;

    private readonly RgbImage _view = KernelImages.Noise(Side, Side);
    private readonly float[] _values = new float[3 * Side * Side];

    /// <summary>Brightness: every sample towards a level.</summary>
    [Benchmark]
    public void Brightness() => ColorTransforms.AdjustBrightness(_view, 1.01);

    /// <summary>Contrast: the mean luma, then every sample towards it.</summary>
    [Benchmark]
    public void Contrast() => ColorTransforms.AdjustContrast(_view, 1.01);

    /// <summary>Saturation: every pixel towards its luma.</summary>
    [Benchmark]
    public void Saturation() => ColorTransforms.AdjustSaturation(_view, 1.01);

    /// <summary>Hue: to HSV and back.</summary>
    [Benchmark]
    public void Hue() => ColorTransforms.AdjustHue(_view, 0.05);

    /// <summary>Blur whose boxes have three samples.</summary>
    [Benchmark]
    public void Blur_sigma_1() => ColorTransforms.GaussianBlur(_view, 1);

    /// <summary>Blur whose boxes have five samples.</summary>
    [Benchmark]
    public void Blur_sigma_2() => ColorTransforms.GaussianBlur(_view, 2);

    /// <summary>Left and right swapped.</summary>
    [Benchmark]
    public void Flip() => ColorTransforms.FlipHorizontal(_view);

    /// <summary>Bytes to normalized numbers, channel by channel.</summary>
    [Benchmark]
    public void Normalize()
    {
        fixed (float* target = _values)
        {
            NormalizedPixels.Write(_view, target, Side, Side * Side);
        }
    }
}

using BenchmarkDotNet.Attributes;
using Soco.Vision.Imaging;

namespace Soco.Benchmarks.Kernels;

/// <summary>The resizing of a sample's views.</summary>
public class ResizeKernels
{
    private readonly RgbImage _image = KernelImages.Noise(500, 375),
        _view = KernelImages.Noise(224, 224);

    /// <summary>The whole image to V1.</summary>
    [Benchmark]
    public void Resize_500x375_to_224() => Resampling.ResizeBilinear(_image, 224, 224).Recycle();

    /// <summary>Three quarters of the image to V2.</summary>
    [Benchmark]
    public void Crop_433x325_to_224() => Resampling.CropAndResizeBilinear(_image, 30, 20, 433, 325, 224, 224).Recycle();

    /// <summary>V2 to V3.</summary>
    [Benchmark]
    public void Resize_224_to_112() => Resampling.ResizeBilinear(_view, 112, 112).Recycle();
}

using BenchmarkDotNet.Attributes;
using Soco.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Benchmarks.Kernels;

/// <summary>RoIAlign 7x7 of 96 regions on [8, 256, 56, 56], channels last, adaptive sampling, on one thread.</summary>
public class RoiAlignKernels
{
    private Tensor _features = null!,
        _boxes = null!,
        _upstream = null!;

    /// <summary>Draws maps and regions.</summary>
    [GlobalSetup]
    public void SetUp()
    {
        set_num_threads(1);
        manual_seed(0);
        _features = randn(8, 56, 56, 256).permute(0, 3, 1, 2).requires_grad_(true);
        Tensor corner = rand(96, 2) * 33,
            size = 56 * (0.1 + 0.3 * rand(96, 2));
        _boxes = cat([(arange(96) % 8).to_type(ScalarType.Float32).unsqueeze(1), corner, corner + size], 1);
        _upstream = randn(96, 7, 7, 256).permute(0, 3, 1, 2);
    }

    /// <summary>Forward.</summary>
    [Benchmark]
    public void RoIAlign_forward()
    {
        using DisposeScope scope = NewDisposeScope();
        RoiAlign.Apply(_features, _boxes, new RoiAlignOptions(7));
    }

    /// <summary>Forward and backward.</summary>
    [Benchmark]
    public void RoIAlign_forward_and_backward()
    {
        using DisposeScope scope = NewDisposeScope();
        RoiAlign.Apply(_features, _boxes, new RoiAlignOptions(7)).backward([_upstream]);
        _features.grad = null;
    }
}

using BenchmarkDotNet.Attributes;
using Soco.Vision.Imaging;
using Soco.Vision.Proposals;
using Soco.Vision.Proposals.Regions;

namespace Soco.Benchmarks.Kernels;

/// <summary>The parts of selective search on a drawn scene of 500x375.</summary>
public class ProposalKernels
{
    private const double Sigma = 0.9;

    private readonly RgbImage _image = KernelImages.Scene(500, 375);
    private readonly GaussianBlur _blur = new(Sigma);
    private readonly double[] _rows = new double[6 * GaussianBlur.StrideOf(500)];
    private readonly EdgeCosts _costs = new(Sigma);
    private readonly EdgeBands _bands = new();
    private readonly Segmentation _segmentation = new(new SelectiveSearchOptions());
    private readonly LocalBinaryPattern _texture = new();
    private readonly SelectiveSearch _search = new();

    /// <summary>The blur alone.</summary>
    [Benchmark]
    public void Blur_float64() => _blur.Rows(_image, _rows, _ => { });

    /// <summary>The blur, the costs of all edges, and their bands.</summary>
    [Benchmark]
    public void Edges_into_bands() => _costs.Fill(_bands, _image, CancellationToken.None);

    /// <summary>The segmentation, the edges included.</summary>
    [Benchmark]
    public void Segmentation() => _segmentation.Segment(_image, CancellationToken.None);

    /// <summary>The texture codes.</summary>
    [Benchmark]
    public void Local_binary_pattern() => _texture.Rows(_image, (_, _) => { });

    /// <summary>All of it.</summary>
    [Benchmark]
    public void Selective_search() => _search.Propose(_image);
}

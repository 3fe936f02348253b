using Soco.Tensors;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Soco.Models;

/// <summary>
/// A 2-D convolution, He-normal (fan out) as in the paper's code; the bias, if any, starts at 0. Runs in the type of its input; the weight
/// stays float32.
/// </summary>
internal sealed class Convolution : nn.Module<Tensor, Tensor>
{
    private readonly Parameter weight;
    private readonly Parameter? bias;
    private readonly long[] _stride;
    private readonly long[] _padding;

    /// <param name="inputs">Input channels.</param>
    /// <param name="outputs">Output channels.</param>
    /// <param name="kernel">Side of the kernel; the padding keeps the size at stride 1.</param>
    /// <param name="stride">Step between outputs.</param>
    /// <param name="withBias">Whether there is a bias.</param>
    /// <param name="std">Standard deviation of the weight at the start, where it is not He's.</param>
    public Convolution(long inputs, long outputs, long kernel, long stride = 1, bool withBias = false, double? std = null)
        : base(nameof(Convolution))
    {
        weight = new Parameter(randn(outputs, inputs, kernel, kernel).Scale(std ?? Math.Sqrt(2.0 / (kernel * kernel * outputs))));
        bias = withBias ? new Parameter(zeros(outputs)) : null;
        _stride = [stride, stride];
        _padding = [kernel / 2, kernel / 2];
        RegisterComponents();
    }

    /// <param name="input">[N, C, H, W].</param>
    /// <returns>[N, outputs, H / stride, W / stride], rounded up.</returns>
    public override Tensor forward(Tensor input)
    {
        Tensor castWeight = weight.As(input.dtype);
        Tensor? castBias = bias?.As(input.dtype);
        return _padding[0] == 0
            ? Pointwise.Convolve(input, castWeight, castBias, _stride[0])
            : nn.functional.conv2d(input, castWeight, castBias!, _stride, _padding, [1, 1], 1);
    }

    /// <summary>The weights of some outputs.</summary>
    /// <param name="outputs">[M] int64.</param>
    /// <param name="type">Type of the weights.</param>
    /// <returns>[M, inputs, kernel, kernel] of that type, and the biases [M] in float32.</returns>
    public (Tensor Weight, Tensor Bias) Rows(Tensor outputs, ScalarType type) =>
        (weight.As(type).index_select(0, outputs), bias!.index_select(0, outputs));
}

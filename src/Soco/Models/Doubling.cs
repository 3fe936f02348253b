using Soco.Tensors;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Soco.Models;

/// <summary>
/// A transposed convolution with kernel and stride 2: each cell becomes four, and no output cell sees two inputs. So it is one matrix
/// product. He-normal (fan out), the bias starts at 0. Runs in the type of its input.
/// </summary>
internal sealed class Doubling : nn.Module
{
    private readonly Parameter weight;
    private readonly Parameter bias;

    /// <param name="inputs">Input channels.</param>
    /// <param name="outputs">Output channels.</param>
    public Doubling(long inputs, long outputs)
        : base(nameof(Doubling))
    {
        weight = new Parameter(randn(inputs, outputs, 2, 2).Scale(Math.Sqrt(2.0 / (4 * inputs))));
        bias = new Parameter(zeros(outputs));
        RegisterComponents();
    }

    /// <param name="input">[N, inputs, H, W].</param>
    /// <returns>[N, H, W, 2, 2, outputs]: the output cells by the input cell that they come from, then row and column within it.</returns>
    public Tensor Quarters(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor matrix = weight.As(input.dtype).permute(2, 3, 1, 0).reshape(-1, weight.shape[0]);
        Tensor shift = bias.As(input.dtype).repeat(4);
        Tensor cells = nn.functional.linear(input.permute(0, 2, 3, 1), matrix, shift);
        return cells.view(input.shape[0], input.shape[2], input.shape[3], 2, 2, weight.shape[1]).MoveToOuterDisposeScope();
    }
}

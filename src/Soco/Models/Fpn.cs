using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Soco.Models;

/// <summary>A convolution without bias and its norm, named as mmcv's ConvModule.</summary>
internal sealed class ConvNorm : nn.Module<Tensor, Tensor>
{
    private readonly Convolution conv;
    private readonly BatchNorm bn;

    /// <param name="inputs">Input channels.</param>
    /// <param name="outputs">Output channels.</param>
    /// <param name="kernel">Side of the kernel.</param>
    public ConvNorm(long inputs, long outputs, long kernel)
        : base(nameof(ConvNorm))
    {
        conv = new Convolution(inputs, outputs, kernel);
        bn = new BatchNorm(outputs);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        return bn.forward(conv.forward(input)).MoveToOuterDisposeScope();
    }
}

/// <summary>
/// Feature pyramid (Lin et al., 2017) with batch norm after each lateral 1x1 and each output 3x3 and nearest upsampling (SoCo, section 3.3).
/// </summary>
public sealed class Fpn : nn.Module
{
    private readonly ModuleList<ConvNorm> lateral_convs;
    private readonly ModuleList<ConvNorm> fpn_convs;

    /// <param name="inputs">Channels of C2..C5.</param>
    /// <param name="channels">Channels of every output.</param>
    public Fpn(IReadOnlyList<int> inputs, int channels)
        : base(nameof(Fpn))
    {
        lateral_convs = nn.ModuleList([.. inputs.Select(c => new ConvNorm(c, channels, 1))]);
        fpn_convs = nn.ModuleList([.. inputs.Select(_ => new ConvNorm(channels, channels, 3))]);
        RegisterComponents();
    }

    /// <param name="stages">C2..C5, each [N, C, H, W].</param>
    /// <returns>P2..P5, of the sizes of C2..C5.</returns>
    public Tensor[] Forward(IReadOnlyList<Tensor> stages)
    {
        using DisposeScope scope = NewDisposeScope();
        var merged = new Tensor[stages.Count];
        for (int i = stages.Count - 1; i >= 0; i--)
        {
            merged[i] = lateral_convs[i].forward(stages[i]);
            if (i + 1 < stages.Count)
            {
                merged[i].add_(nn.functional.interpolate(merged[i + 1], size: [merged[i].shape[2], merged[i].shape[3]], mode: InterpolationMode.Nearest));
            }
        }

        return [.. merged.Select((map, i) => fpn_convs[i].forward(map).MoveToOuterDisposeScope())];
    }
}

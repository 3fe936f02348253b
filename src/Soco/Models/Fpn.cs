using Soco.Tensors;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Soco.Models;

/// <summary>
/// Feature pyramid (Lin et al., 2017) with batch norm after each lateral 1x1 and each output 3x3 and nearest upsampling (SoCo, section
/// 3.3).
/// </summary>
public sealed class Fpn : nn.Module
{
    private readonly ModuleList<ConvNorm> _lateral;
    private readonly ModuleList<ConvNorm> _output;

    /// <param name="inputs">Channels of C2..C5.</param>
    /// <param name="channels">Channels of every output.</param>
    /// <param name="naming">
    /// How its parts are called: <c>lateral_convs.0.conv</c>, <c>fpn_convs.0.bn</c> or <c>inner_blocks.0.0</c>, <c>layer_blocks.0.1</c>.
    /// </param>
    public Fpn(IReadOnlyList<int> inputs, int channels, Naming naming = Naming.Soco)
        : base(nameof(Fpn))
    {
        _lateral = nn.ModuleList([.. inputs.Select(c => new ConvNorm(c, channels, 1, naming))]);
        _output = nn.ModuleList([.. inputs.Select(_ => new ConvNorm(channels, channels, 3, naming))]);
        register_module(naming == Naming.Soco ? "lateral_convs" : "inner_blocks", _lateral);
        register_module(naming == Naming.Soco ? "fpn_convs" : "layer_blocks", _output);
    }

    /// <param name="stages">C2..C5, each [N, C, H, W].</param>
    /// <returns>P2..P5, of the sizes of C2..C5.</returns>
    public Tensor[] Forward(IReadOnlyList<Tensor> stages)
    {
        using DisposeScope scope = NewDisposeScope();
        var merged = new Tensor[stages.Count];
        for (int i = stages.Count - 1; i >= 0; i--)
        {
            merged[i] = _lateral[i].forward(stages[i]);
            if (i + 1 < stages.Count)
            {
                merged[i]
                    .Add(
                        nn.functional.interpolate(
                            merged[i + 1],
                            size: [merged[i].shape[2], merged[i].shape[3]],
                            mode: InterpolationMode.Nearest
                        )
                    );
            }
        }

        return [.. merged.Select((map, i) => _output[i].forward(map).MoveToOuterDisposeScope())];
    }

    /// <summary>The constructor has registered the parts by their names.</summary>
    protected override void RegisterComponents() { }
}

using Soco.Models;
using Soco.Recipes;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Detection.Model;

/// <summary>The backbone and its pyramid: from images to the maps that proposals and regions are read from.</summary>
internal sealed class DetectorBackbone : nn.Module
{
    private readonly ResNet body;
    private readonly Fpn? fpn;

    /// <param name="options">The detector.</param>
    public DetectorBackbone(MaskRcnnOptions options)
        : base(nameof(DetectorBackbone))
    {
        body = new ResNet(options.Arch, options.Width, options.ZeroInitResidual);
        fpn = options.Variant == DetectorVariant.Fpn ? new Fpn(body.Channels, options.FpnChannels, Naming.Torchvision) : null;
        Channels = fpn is null ? body.Channels[2] : options.FpnChannels;
        RegisterComponents();
        body.FreezeStages(options.FrozenStages);
        if (options.BackboneNorm == BackboneNorm.Frozen)
        {
            body.FreezeNorms();
        }
    }

    /// <summary>The encoder.</summary>
    public ResNet Body => body;

    /// <summary>Channels of the maps.</summary>
    public int Channels { get; }

    /// <param name="images">[N, 3, H, W].</param>
    /// <returns>P2 to P6, the last of them every second cell of P5, for the RPN alone (Lin et al., 2017); or C4.</returns>
    public Tensor[] Forward(Tensor images)
    {
        if (fpn is null)
        {
            return [body.C4(images)];
        }

        using DisposeScope scope = NewDisposeScope();
        Tensor[] levels = fpn.Forward(body.Stages(images));
        Tensor[] all = [.. levels, nn.functional.max_pool2d(levels[^1], 1, 2)];
        return [.. all.Select(level => level.MoveToOuterDisposeScope())];
    }
}

using Soco.Models;
using Soco.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Detection.Model;

/// <summary>The convolutions of the mask head: 3x3 with norm and ReLU (He et al., Mask R-CNN, 2017).</summary>
internal sealed class MaskHead : nn.Module<Tensor, Tensor>
{
    private const int Convolutions = 4;

    private readonly ConvNorm[] _blocks;

    /// <param name="inputs">Channels of the regions.</param>
    /// <param name="channels">Channels of the convolutions.</param>
    public MaskHead(int inputs, int channels)
        : base(nameof(MaskHead))
    {
        _blocks =
        [
            .. Enumerable.Range(0, Convolutions).Select(i => new ConvNorm(i == 0 ? inputs : channels, channels, 3, Naming.Torchvision)),
        ];
        for (int i = 0; i < Convolutions; i++)
        {
            register_module($"{i}", _blocks[i]);
        }
    }

    /// <param name="regions">[P, inputs, bins, bins].</param>
    /// <returns>[P, channels, bins, bins].</returns>
    public override Tensor forward(Tensor regions)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = regions;
        foreach (ConvNorm block in _blocks)
        {
            x = block.forward(x).relu_();
        }

        return x.MoveToOuterDisposeScope();
    }
}

/// <summary>
/// Doubles the resolution by a transposed convolution, and predicts masks. Only the mask of one class is asked of a region, so only that
/// class's is computed: the cost does not grow with the classes.
/// </summary>
internal sealed class MaskPredictor : nn.Module
{
    private readonly Doubling conv5_mask;
    private readonly Convolution mask_fcn_logits;

    /// <param name="inputs">Channels of the region's maps.</param>
    /// <param name="channels">Channels at the doubled resolution.</param>
    /// <param name="classes">Classes that have masks.</param>
    public MaskPredictor(int inputs, int channels, int classes)
        : base(nameof(MaskPredictor))
    {
        conv5_mask = new Doubling(inputs, channels);
        mask_fcn_logits = new Convolution(channels, classes, 1, withBias: true, std: 0.001);
        RegisterComponents();
    }

    /// <param name="maps">[P, inputs, S, S].</param>
    /// <param name="classes">[P] int64, the class whose mask is wanted.</param>
    /// <returns>[P, 2S, 2S] logits, float32.</returns>
    public Tensor Forward(Tensor maps, Tensor classes)
    {
        using DisposeScope scope = NewDisposeScope();
        long regions = maps.shape[0],
            side = maps.shape[2];
        Tensor quarters = conv5_mask.Quarters(maps).relu_();
        (Tensor weight, Tensor bias) = mask_fcn_logits.Rows(classes, maps.dtype);
        Tensor logits = quarters.view(regions, -1, weight.shape[1]).bmm(weight.view(regions, -1, 1)).to_type(ScalarType.Float32);
        return logits
            .view(regions, -1)
            .Plus(bias.view(regions, 1))
            .view(regions, side, side, 2, 2)
            .permute(0, 1, 3, 2, 4)
            .reshape(regions, 2 * side, 2 * side)
            .MoveToOuterDisposeScope();
    }
}

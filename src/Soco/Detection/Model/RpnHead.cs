using Soco.Vision;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using Convolution = Soco.Models.Convolution;

namespace Soco.Detection.Model;

/// <summary>What the RPN says of every anchor, in the order of an <see cref="AnchorGrid"/>. In float32.</summary>
/// <param name="Logits">[N, anchors], object or not.</param>
/// <param name="Offsets">[N, anchors, 4].</param>
/// <param name="Maps">Size of each level's map.</param>
internal sealed record RpnOutput(Tensor Logits, Tensor Offsets, ImageSize[] Maps);

/// <summary>
/// The RPN's head, the same on every level: 3x3 convolutions with ReLU, then a logit and four offsets for each anchor (Ren et al., 2015).
/// </summary>
internal sealed class RpnHead : nn.Module
{
    private const double Std = 0.01;

    private readonly ModuleList<Sequential> conv;
    private readonly Convolution cls_logits;
    private readonly Convolution bbox_pred;

    /// <param name="channels">Channels of the maps.</param>
    /// <param name="depth">3x3 convolutions.</param>
    /// <param name="anchors">Anchors at each cell.</param>
    public RpnHead(int channels, int depth, int anchors)
        : base(nameof(RpnHead))
    {
        conv = nn.ModuleList([
            .. Enumerable
                .Range(0, depth)
                .Select(_ => nn.Sequential(("0", new Convolution(channels, channels, 3, withBias: true, std: Std)))),
        ]);
        cls_logits = new Convolution(channels, anchors, 1, withBias: true, std: Std);
        bbox_pred = new Convolution(channels, 4 * anchors, 1, withBias: true, std: Std);
        RegisterComponents();
    }

    /// <param name="maps">The levels, each [N, channels, H, W].</param>
    public RpnOutput Forward(IReadOnlyList<Tensor> maps)
    {
        using DisposeScope scope = NewDisposeScope();
        var logits = new List<Tensor>();
        var offsets = new List<Tensor>();
        foreach (Tensor map in maps)
        {
            Tensor x = map;
            foreach (Sequential layer in conv)
            {
                x = layer.forward(x).relu_();
            }

            logits.Add(ByAnchor(cls_logits.forward(x), 1));
            offsets.Add(ByAnchor(bbox_pred.forward(x), 4));
        }

        return new RpnOutput(
            cat(logits, 1).squeeze(-1).MoveToOuterDisposeScope(),
            cat(offsets, 1).MoveToOuterDisposeScope(),
            [.. maps.Select(map => new ImageSize((int)map.shape[2], (int)map.shape[3]))]
        );
    }

    /// <summary>[N, anchors * numbers, H, W] as [N, H * W * anchors, numbers].</summary>
    private static Tensor ByAnchor(Tensor map, long numbers) =>
        map.to_type(ScalarType.Float32).permute(0, 2, 3, 1).reshape(map.shape[0], -1, numbers);
}

using Soco.Vision;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Soco.Models;

/// <summary>ResNet without its classifier (He et al., 2016): the encoder. Parameter names are torchvision's.</summary>
public sealed class ResNet : nn.Module<Tensor, Tensor>
{
    /// <summary>The stem's channels are a multiple of this at every width.</summary>
    public const int StemStep = 4;

    private const int PublishedStem = 64;

    private readonly Convolution conv1;
    private readonly BatchNorm bn1;
    private readonly Sequential layer1;
    private readonly Sequential layer2;
    private readonly Sequential layer3;
    private readonly Sequential layer4;

    /// <param name="arch">resnet18, resnet34, resnet50 or resnet101.</param>
    /// <param name="width">
    /// Factor on all channels, rounded so that the stem has a multiple of <see cref="StemStep"/>; 1 is the published network.
    /// </param>
    /// <param name="zeroInitResidual">
    /// Whether the last norm of a residual block starts at 0, so that the block starts as its shortcut (Goyal et al., 2017); else at 1.
    /// </param>
    /// <exception cref="SocoRequestException">Another name.</exception>
    public ResNet(string arch, double width = 1, bool zeroInitResidual = true)
        : base(nameof(ResNet))
    {
        (bool bottleneck, int[] depths) = BlocksOf(arch);
        int expansion = bottleneck ? 4 : 1;
        int stem = StemOf(width);
        double lastGamma = zeroInitResidual ? 0 : 1;
        Channels = [stem * expansion, 2 * stem * expansion, 4 * stem * expansion, 8 * stem * expansion];
        conv1 = new Convolution(3, stem, 7, 2);
        bn1 = new BatchNorm(stem);
        layer1 = Stage(stem, stem, depths[0], 1);
        layer2 = Stage(Channels[0], 2 * stem, depths[1], 2);
        layer3 = Stage(Channels[1], 4 * stem, depths[2], 2);
        layer4 = Stage(Channels[2], 8 * stem, depths[3], 2);
        RegisterComponents();

        Sequential Stage(long inputs, long channels, int depth, long stride) =>
            nn.Sequential([
                .. Enumerable
                    .Range(0, depth)
                    .Select(i =>
                    {
                        long from = i == 0 ? inputs : channels * expansion;
                        long step = i == 0 ? stride : 1;
                        ResidualBlock block = bottleneck
                            ? new Bottleneck(from, channels, step, lastGamma)
                            : new BasicBlock(from, channels, step, lastGamma);
                        return (i.ToString(), (nn.Module<Tensor, Tensor>)block);
                    }),
            ]);
    }

    /// <summary>
    /// The kind of the residual blocks of an architecture, and how many each of its four stages has (He et al., 2015, table 1).
    /// </summary>
    /// <exception cref="SocoRequestException">Another name.</exception>
    internal static (bool Bottleneck, int[] Depths) BlocksOf(string arch) =>
        arch switch
        {
            "resnet18" => (false, [2, 2, 2, 2]),
            "resnet34" => (false, [3, 4, 6, 3]),
            "resnet50" => (true, [3, 4, 6, 3]),
            "resnet101" => (true, [3, 4, 23, 3]),
            _ => throw new SocoRequestException($"Unknown backbone '{arch}': choose resnet18, resnet34, resnet50 or resnet101."),
        };

    /// <summary>Channels of the stem of a network of a width.</summary>
    internal static int StemOf(double width) => StemStep * Math.Max(1, (int)Math.Round(width * PublishedStem / StemStep));

    /// <summary>The factor on the channels that a stem of this many has.</summary>
    internal static double WidthOf(long stemChannels) => (double)stemChannels / PublishedStem;

    /// <summary>Channels of C2, C3, C4 and C5 (strides 4, 8, 16 and 32).</summary>
    public IReadOnlyList<int> Channels { get; }

    /// <summary>Fixes the first stages: their parameters do not learn, and their norms keep their statistics.</summary>
    /// <param name="count">0 to 5: the stem, then C2 to C5.</param>
    internal void FreezeStages(int count)
    {
        nn.Module[][] stages =
        [
            [conv1, bn1],
            [layer1],
            [layer2],
            [layer3],
            [layer4],
        ];
        foreach (nn.Module part in stages.Take(count).SelectMany(parts => parts))
        {
            foreach (Parameter parameter in part.parameters())
            {
                parameter.requires_grad = false;
            }

            FreezeNorms(part);
        }
    }

    /// <summary>Fixes all norms.</summary>
    internal void FreezeNorms() => FreezeNorms(this);

    /// <summary>C5 of a batch of images.</summary>
    /// <param name="images">[N, 3, H, W], normalized.</param>
    /// <returns>[N, Channels[3], H/32, W/32], sizes rounded up.</returns>
    public override Tensor forward(Tensor images) => C5(C4(images));

    /// <summary>C4 of a batch of images.</summary>
    /// <param name="images">[N, 3, H, W], normalized.</param>
    /// <returns>[N, Channels[2], H/16, W/16].</returns>
    public Tensor C4(Tensor images)
    {
        using DisposeScope scope = NewDisposeScope();
        return layer3.forward(layer2.forward(layer1.forward(Stem(images)))).MoveToOuterDisposeScope();
    }

    /// <summary>The last stage, on a C4 map or on regions of one.</summary>
    /// <param name="c4">[N, Channels[2], H, W].</param>
    /// <returns>[N, Channels[3], H/2, W/2].</returns>
    public Tensor C5(Tensor c4) => layer4.forward(c4);

    /// <summary>All four stages.</summary>
    /// <param name="images">[N, 3, H, W], normalized.</param>
    /// <returns>C2, C3, C4, C5.</returns>
    public Tensor[] Stages(Tensor images)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor c2 = layer1.forward(Stem(images));
        Tensor c3 = layer2.forward(c2);
        Tensor c4 = layer3.forward(c3);
        Tensor c5 = layer4.forward(c4);
        return [c2.MoveToOuterDisposeScope(), c3.MoveToOuterDisposeScope(), c4.MoveToOuterDisposeScope(), c5.MoveToOuterDisposeScope()];
    }

    private static void FreezeNorms(nn.Module part)
    {
        foreach (BatchNorm norm in part.modules().Prepend(part).OfType<BatchNorm>())
        {
            norm.Freeze();
        }
    }

    private Tensor Stem(Tensor images)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = bn1.forward(conv1.forward(images)).relu_();
        return nn.functional.max_pool2d(x, 3, 2, 1).MoveToOuterDisposeScope();
    }
}

using Soco.Tensors;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Soco.Models;

/// <summary>
/// A residual block of ResNet (He et al., 2016), with the stride on the 3x3 convolution as in torchvision.
/// </summary>
internal abstract class ResidualBlock(string name) : nn.Module<Tensor, Tensor>(name)
{
    /// <param name="input">[N, C, H, W].</param>
    /// <returns>[N, C', H / stride, W / stride].</returns>
    public sealed override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor shortcut = Downsample is { } projection ? projection.forward(input) : input;
        return Residual(input).Add(shortcut).relu_().MoveToOuterDisposeScope();
    }

    /// <summary>The projection of the shortcut where the shape changes.</summary>
    protected abstract Sequential? Downsample { get; }

    /// <summary>The convolutions, up to the last norm.</summary>
    protected abstract Tensor Residual(Tensor input);

    /// <summary>1x1 convolution and norm for the shortcut, or nothing where the shape stays.</summary>
    protected static Sequential? ShortcutOf(long inputs, long outputs, long stride) =>
        stride == 1 && inputs == outputs
            ? null
            : nn.Sequential(("0", new Convolution(inputs, outputs, 1, stride)), ("1", new BatchNorm(outputs)));
}

/// <summary>Two 3x3 convolutions: resnet18 and resnet34.</summary>
internal sealed class BasicBlock : ResidualBlock
{
    private readonly Convolution conv1;
    private readonly BatchNorm bn1;
    private readonly Convolution conv2;
    private readonly BatchNorm bn2;
    private readonly Sequential? downsample;

    /// <param name="inputs">Input channels.</param>
    /// <param name="width">Channels of the convolutions and of the output.</param>
    /// <param name="stride">Stride of the first convolution.</param>
    /// <param name="lastGamma">What the scale of the last norm starts at.</param>
    public BasicBlock(long inputs, long width, long stride, double lastGamma)
        : base(nameof(BasicBlock))
    {
        conv1 = new Convolution(inputs, width, 3, stride);
        bn1 = new BatchNorm(width);
        conv2 = new Convolution(width, width, 3);
        bn2 = new BatchNorm(width, lastGamma);
        downsample = ShortcutOf(inputs, width, stride);
        RegisterComponents();
    }

    /// <inheritdoc/>
    protected override Sequential? Downsample => downsample;

    /// <inheritdoc/>
    protected override Tensor Residual(Tensor input)
    {
        Tensor x = bn1.forward(conv1.forward(input)).relu_();
        return bn2.forward(conv2.forward(x));
    }
}

/// <summary>1x1, 3x3, 1x1 with four times the width at the end: resnet50 and resnet101.</summary>
internal sealed class Bottleneck : ResidualBlock
{
    private readonly Convolution conv1;
    private readonly BatchNorm bn1;
    private readonly Convolution conv2;
    private readonly BatchNorm bn2;
    private readonly Convolution conv3;
    private readonly BatchNorm bn3;
    private readonly Sequential? downsample;

    /// <param name="inputs">Input channels.</param>
    /// <param name="width">Channels of the first two convolutions; the output has four times as many.</param>
    /// <param name="stride">Stride of the 3x3 convolution.</param>
    /// <param name="lastGamma">What the scale of the last norm starts at.</param>
    public Bottleneck(long inputs, long width, long stride, double lastGamma)
        : base(nameof(Bottleneck))
    {
        conv1 = new Convolution(inputs, width, 1);
        bn1 = new BatchNorm(width);
        conv2 = new Convolution(width, width, 3, stride);
        bn2 = new BatchNorm(width);
        conv3 = new Convolution(width, 4 * width, 1);
        bn3 = new BatchNorm(4 * width, lastGamma);
        downsample = ShortcutOf(inputs, 4 * width, stride);
        RegisterComponents();
    }

    /// <inheritdoc/>
    protected override Sequential? Downsample => downsample;

    /// <inheritdoc/>
    protected override Tensor Residual(Tensor input)
    {
        Tensor x = bn1.forward(conv1.forward(input)).relu_();
        x = bn2.forward(conv2.forward(x)).relu_();
        return bn3.forward(conv3.forward(x));
    }
}

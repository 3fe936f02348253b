using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Models;

/// <summary>The box head: four 3x3 convolutions with norm and ReLU, then one fully connected layer with ReLU (SoCo, section 3.3).</summary>
public sealed class ConvFcHead : nn.Module<Tensor, Tensor>
{
    private readonly Convolution conv1;
    private readonly BatchNorm bn1;
    private readonly Convolution conv2;
    private readonly BatchNorm bn2;
    private readonly Convolution conv3;
    private readonly BatchNorm bn3;
    private readonly Convolution conv4;
    private readonly BatchNorm bn4;
    private readonly FullyConnected fc1;

    /// <param name="inputs">Channels of the regions.</param>
    /// <param name="channels">Channels of the convolutions.</param>
    /// <param name="bins">Side of the regions.</param>
    /// <param name="outputs">Width of the fully connected layer.</param>
    public ConvFcHead(int inputs, int channels, int bins, int outputs)
        : base(nameof(ConvFcHead))
    {
        conv1 = new Convolution(inputs, channels, 3);
        bn1 = new BatchNorm(channels);
        conv2 = new Convolution(channels, channels, 3);
        bn2 = new BatchNorm(channels);
        conv3 = new Convolution(channels, channels, 3);
        bn3 = new BatchNorm(channels);
        conv4 = new Convolution(channels, channels, 3);
        bn4 = new BatchNorm(channels);
        fc1 = new FullyConnected(channels * bins * bins, outputs);
        RegisterComponents();
    }

    /// <param name="regions">[R, inputs, bins, bins].</param>
    /// <returns>[R, outputs].</returns>
    public override Tensor forward(Tensor regions)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = bn1.forward(conv1.forward(regions)).relu_();
        x = bn2.forward(conv2.forward(x)).relu_();
        x = bn3.forward(conv3.forward(x)).relu_();
        x = bn4.forward(conv4.forward(x)).relu_();
        return fc1.forward(x.flatten(1)).relu_().MoveToOuterDisposeScope();
    }
}

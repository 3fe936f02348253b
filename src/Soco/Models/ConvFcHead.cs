using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Models;

/// <summary>The box head: four 3x3 convolutions with norm and ReLU, then one fully connected layer with ReLU (SoCo, section 3.3).</summary>
public sealed class ConvFcHead : nn.Module<Tensor, Tensor>
{
    private const int Convolutions = 4;

    private readonly ConvNorm[] _blocks;
    private readonly FullyConnected _full;

    /// <param name="inputs">Channels of the regions.</param>
    /// <param name="channels">Channels of the convolutions.</param>
    /// <param name="bins">Side of the regions.</param>
    /// <param name="outputs">Width of the fully connected layer.</param>
    /// <param name="naming">How its parts are called: <c>conv1</c>, <c>bn1</c> .. <c>fc1</c> or <c>0.0</c>, <c>0.1</c> .. <c>5</c>.</param>
    public ConvFcHead(int inputs, int channels, int bins, int outputs, Naming naming = Naming.Soco)
        : base(nameof(ConvFcHead))
    {
        _blocks = [.. Enumerable.Range(0, Convolutions).Select(i => new ConvNorm(i == 0 ? inputs : channels, channels, 3, naming))];
        _full = new FullyConnected(channels * bins * bins, outputs);
        for (int i = 0; i < Convolutions; i++)
        {
            if (naming == Naming.Torchvision)
            {
                register_module($"{i}", _blocks[i]);
                continue;
            }

            register_module($"conv{i + 1}", _blocks[i].Conv);
            register_module($"bn{i + 1}", _blocks[i].Norm);
        }

        // torchvision counts the flattening as a part of its own.
        register_module(naming == Naming.Soco ? "fc1" : $"{Convolutions + 1}", _full);
    }

    /// <param name="regions">[R, inputs, bins, bins].</param>
    /// <returns>[R, outputs].</returns>
    public override Tensor forward(Tensor regions)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = regions;
        foreach (ConvNorm block in _blocks)
        {
            x = block.forward(x).relu_();
        }

        return _full.forward(x.flatten(1)).relu_().MoveToOuterDisposeScope();
    }

    /// <summary>The constructor has registered the parts by their names.</summary>
    protected override void RegisterComponents() { }
}

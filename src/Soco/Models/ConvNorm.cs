using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Models;

/// <summary>How the parts of a module are called in a state dictionary.</summary>
public enum Naming
{
    /// <summary>As in the authors' pretraining checkpoints.</summary>
    Soco,

    /// <summary>As in torchvision's detectors.</summary>
    Torchvision,
}

/// <summary>
/// A convolution without bias and its norm: <c>conv</c> and <c>bn</c> (mmcv's ConvModule), or <c>0</c> and <c>1</c> (torchvision).
/// </summary>
internal sealed class ConvNorm : nn.Module<Tensor, Tensor>
{
    /// <param name="inputs">Input channels.</param>
    /// <param name="outputs">Output channels.</param>
    /// <param name="kernel">Side of the kernel.</param>
    /// <param name="naming">How the two are called.</param>
    public ConvNorm(long inputs, long outputs, long kernel, Naming naming = Naming.Soco)
        : base(nameof(ConvNorm))
    {
        Conv = new Convolution(inputs, outputs, kernel);
        Norm = new BatchNorm(outputs);
        register_module(naming == Naming.Soco ? "conv" : "0", Conv);
        register_module(naming == Naming.Soco ? "bn" : "1", Norm);
    }

    /// <summary>The convolution.</summary>
    public Convolution Conv { get; }

    /// <summary>The norm.</summary>
    public BatchNorm Norm { get; }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        return Norm.forward(Conv.forward(input)).MoveToOuterDisposeScope();
    }

    /// <summary>The constructor has registered the parts by their names.</summary>
    protected override void RegisterComponents() { }
}

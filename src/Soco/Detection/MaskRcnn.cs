using static TorchSharp.torch;

namespace Soco.Detection;

/// <summary>
/// Mask R-CNN (He et al., 2017) on a feature pyramid or on C4. Parameters carry torchvision's names: <c>backbone.body.*</c> is the
/// pretraining encoder, <c>backbone.fpn.*</c> its neck and <c>roi_heads.box_head.*</c> its head.
/// </summary>
public sealed class MaskRcnn : nn.Module
{
    /// <summary>Draws the weights from libtorch's generator.</summary>
    /// <param name="options">The network.</param>
    /// <exception cref="SocoRequestException">The backbone is unknown.</exception>
    public MaskRcnn(MaskRcnnOptions options)
        : base(nameof(MaskRcnn))
    {
        Options = options;
    }

    /// <summary>The network.</summary>
    public MaskRcnnOptions Options { get; }

    /// <summary>The losses of a batch, with their graph. Norms take part as the mode of the model says.</summary>
    /// <param name="batch">Images and targets.</param>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="step">Step of the run. What is sampled depends on seed, step and the place in the batch alone.</param>
    public DetectionLosses Losses(DetectionBatch batch, long seed, long step) => throw new NotImplementedException();

    /// <summary>Finds the objects of each image, without gradient; call it in evaluation mode.</summary>
    /// <param name="batch">Images; targets are not read.</param>
    /// <returns>For each image what was found.</returns>
    public IReadOnlyList<Detections> Detect(DetectionBatch batch) => throw new NotImplementedException();

    /// <summary>The parameters that learn: all that are not frozen.</summary>
    public IEnumerable<(string Name, TorchSharp.Modules.Parameter Parameter)> LearnedParameters() => named_parameters().Where(p => p.parameter.requires_grad);

    /// <summary>Forgets the narrowed copies of the weights; call it when the weights have changed.</summary>
    public void DropNarrowedWeights() => throw new NotImplementedException();
}

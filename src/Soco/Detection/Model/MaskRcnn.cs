using Soco.Detection.Data;
using Soco.Distributed;
using Soco.Models;
using Soco.Tensors;
using Soco.Vision;
using Soco.Vision.Inference;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using BatchNorm = Soco.Models.BatchNorm;

namespace Soco.Detection.Model;

/// <summary>What a detector saw of a batch before its heads.</summary>
/// <param name="Maps">The levels, each [N, C, H, W].</param>
/// <param name="Output">What the RPN says.</param>
/// <param name="Anchors">Of what it says it.</param>
/// <param name="Proposals">For each image its proposals, best first.</param>
internal sealed record DetectorTrace(Tensor[] Maps, RpnOutput Output, AnchorGrid Anchors, Corners[][] Proposals);

/// <summary>
/// Mask R-CNN (He et al., 2017) on a feature pyramid or on C4. Parameters carry torchvision's names: <c>backbone.body.*</c> is the
/// pretraining's <c>encoder.*</c>, <c>backbone.fpn.inner_blocks.i.0</c> and <c>.1</c> its <c>neck.lateral_convs.i.conv</c> and <c>.bn</c>,
/// <c>layer_blocks</c> its <c>fpn_convs</c>, <c>roi_heads.box_head.i.0</c> and <c>.1</c> its <c>head.conv(i+1)</c> and <c>bn(i+1)</c>, and
/// <c>roi_heads.box_head.5</c> its <c>head.fc1</c>. On C4 the backbone's last stage is the box head and keeps its name,
/// <c>backbone.body.layer4</c>; the norm after it is <c>roi_heads.box_head.norm</c>.
/// </summary>
public sealed class MaskRcnn : nn.Module
{
    private readonly DetectorBackbone backbone;
    private readonly RegionProposalNetwork rpn;
    private readonly RoiHeads roi_heads;
    private ICollective _processes = SingleProcess.Instance;

    /// <summary>Draws the weights from libtorch's generator.</summary>
    /// <param name="options">The network.</param>
    /// <exception cref="SocoRequestException">The backbone is unknown.</exception>
    public MaskRcnn(MaskRcnnOptions options)
        : base(nameof(MaskRcnn))
    {
        Options = options;
        backbone = new DetectorBackbone(options);
        rpn = new RegionProposalNetwork(backbone.Channels, options);
        roi_heads = new RoiHeads(backbone.Body, options);
        RegisterComponents();
    }

    /// <summary>The network.</summary>
    public MaskRcnnOptions Options { get; }

    /// <summary>
    /// Lets processes learn one batch together, each some images of it: norms are those of the whole batch, and <see cref="Losses"/> gives
    /// each its part of the losses, which add up to those of the batch.
    /// </summary>
    /// <param name="processes">The processes; all of them call <see cref="Losses"/> at the same time.</param>
    public void Share(ICollective processes)
    {
        _processes = processes;
        BatchNorm.Share(this, processes);
    }

    /// <summary>The losses of a batch, with their graph. Norms and the count of proposals are as the mode of the model says.</summary>
    /// <param name="batch">Images and targets.</param>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="step">Step of the run. What is sampled depends on seed, step and the place in the batch of all processes alone.</param>
    /// <returns>Scalars that the caller disposes.</returns>
    /// <exception cref="ArgumentException">The targets do not fit the images, a label is not a class, or masks are missing.</exception>
    public DetectionLosses Losses(DetectionBatch batch, long seed, long step)
    {
        using DisposeScope scope = NewDisposeScope();
        ObjectsOfImage[] objects = Objects(batch);
        var sampling = new LossSampling(seed, step, batch.FirstImage, _processes);
        Corners[][] boxes = Array.ConvertAll(objects, o => o.Boxes);
        Tensor[] maps = backbone.Forward(Activations.Of(batch.Images, Options.Bfloat16, channelsLast: true));
        (RpnOutput output, AnchorGrid anchors) = rpn.Forward(maps, Padded(batch));
        (Tensor objectness, Tensor rpnBox) = rpn.Losses(output, anchors, boxes, sampling);
        Corners[][] proposals = rpn.Propose(output, anchors, batch.Sizes);
        (Tensor classifier, Tensor box, Tensor? mask) = roi_heads.Losses(maps, proposals, objects, sampling);
        Tensor total = objectness.Plus(rpnBox).Plus(classifier).Plus(box);
        return new DetectionLosses(
            (mask is null ? total : total.Plus(mask)).MoveToOuterDisposeScope(),
            objectness.MoveToOuterDisposeScope(),
            rpnBox.MoveToOuterDisposeScope(),
            classifier.MoveToOuterDisposeScope(),
            box.MoveToOuterDisposeScope(),
            mask?.MoveToOuterDisposeScope()
        );
    }

    /// <summary>Finds the objects of each image, without gradient; call it in evaluation mode.</summary>
    /// <param name="batch">Images; targets are not read.</param>
    /// <returns>For each image what was found.</returns>
    public IReadOnlyList<Detections> Detect(DetectionBatch batch)
    {
        using IDisposable guard = no_grad();
        using DisposeScope scope = NewDisposeScope();
        DetectorTrace trace = Trace(batch);
        return roi_heads.Detect(trace.Maps, trace.Proposals, batch.Sizes);
    }

    /// <summary>The first half of a detection: maps, what the RPN says of them, and the proposals.</summary>
    internal DetectorTrace Trace(DetectionBatch batch)
    {
        Tensor[] maps = backbone.Forward(Activations.Of(batch.Images, Options.Bfloat16, channelsLast: true));
        (RpnOutput output, AnchorGrid anchors) = rpn.Forward(maps, Padded(batch));
        return new DetectorTrace(maps, output, anchors, rpn.Propose(output, anchors, batch.Sizes));
    }

    /// <summary>The parameters that learn: all that are not frozen.</summary>
    public IEnumerable<(string Name, Parameter Parameter)> TrainableParameters() =>
        named_parameters().Where(p => p.parameter.requires_grad);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            CastWeights.Changed(this);
        }

        base.Dispose(disposing);
    }

    private static ImageSize Padded(DetectionBatch batch) => new((int)batch.Images.shape[2], (int)batch.Images.shape[3]);

    private ObjectsOfImage[] Objects(DetectionBatch batch)
    {
        if (batch.Targets.Count != batch.Sizes.Count || batch.Sizes.Count != batch.Images.shape[0])
        {
            throw new ArgumentException(
                $"{batch.Images.shape[0]} images have {batch.Sizes.Count} sizes and {batch.Targets.Count} targets.",
                nameof(batch)
            );
        }

        return
        [
            .. batch.Targets.Select(target =>
            {
                int[] labels = Array.ConvertAll(target.Labels.data<long>().ToArray(), label => (int)label);
                return
                    Array.Find(labels, label => label < 0 || label >= Options.Classes) is var wrong
                    && (wrong < 0 || wrong >= Options.Classes)
                    ? throw new ArgumentException($"Label {wrong} is not one of {Options.Classes} classes.", nameof(batch))
                    : new ObjectsOfImage(
                        Corners.Of(NativeMemory.Copy(target.Boxes)).ToArray(),
                        labels,
                        target.Masks,
                        target.WithoutMask.ToHashSet()
                    );
            }),
        ];
    }
}

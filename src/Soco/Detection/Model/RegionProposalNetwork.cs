using Soco.Distributed;
using Soco.Tensors;
using Soco.Vision;
using Soco.Vision.Random;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Detection.Model;

/// <summary>The region proposal network (Ren et al., Faster R-CNN, 2015): which anchors are objects, and where exactly.</summary>
internal sealed class RegionProposalNetwork : nn.Module
{
    private readonly RpnHead head;
    private readonly MaskRcnnOptions _options;
    private readonly Anchors _anchors;
    private readonly BoxMatcher _matcher;
    private readonly BalancedSampler _sampler;

    /// <param name="channels">Channels of the maps.</param>
    /// <param name="options">The detector.</param>
    public RegionProposalNetwork(int channels, MaskRcnnOptions options)
        : base(nameof(RegionProposalNetwork))
    {
        RpnOptions rpn = options.Rpn;
        bool pyramid = options.Variant == DetectorVariant.Fpn;
        IReadOnlyList<IReadOnlyList<int>> sizes = pyramid ? [.. rpn.AnchorSizes.Select(size => new[] { size })] : [rpn.AnchorSizes];
        _options = options;
        _anchors = new Anchors(sizes, rpn.AspectRatios, pyramid ? 4 : 16, options.Convention.RoundedAnchors);
        _matcher = new BoxMatcher(rpn.ForegroundThreshold, rpn.BackgroundThreshold, KeepBest: true);
        _sampler = new BalancedSampler(rpn.SamplesPerImage, rpn.PositiveFraction);
        head = new RpnHead(channels, options.RpnConvolutions, _anchors.PerCell);
        RegisterComponents();
    }

    /// <summary>What is said of the anchors, and the anchors.</summary>
    /// <param name="maps">The levels, each [N, channels, H, W].</param>
    /// <param name="padded">Size of the batch's images with padding.</param>
    public (RpnOutput Output, AnchorGrid Anchors) Forward(IReadOnlyList<Tensor> maps, ImageSize padded)
    {
        RpnOutput output = head.Forward(maps);
        return (output, _anchors.On(padded, output.Maps));
    }

    /// <summary>
    /// The best boxes of each image: the best anchors of each level, decoded, clipped, and thinned by NMS within their level.
    /// </summary>
    /// <param name="output">What is said of the anchors.</param>
    /// <param name="anchors">The anchors.</param>
    /// <param name="images">Size of each image.</param>
    /// <returns>For each image its proposals, best first.</returns>
    public Corners[][] Propose(RpnOutput output, AnchorGrid anchors, IReadOnlyList<ImageSize> images)
    {
        int preNms = training ? _options.Rpn.TrainPreNms : _options.Rpn.TestPreNms;
        int postNms = training ? _options.Rpn.TrainPostNms : _options.Rpn.TestPostNms;
        long[] best = BestOfLevels(output.Logits, anchors.Counts, preNms);
        int perImage = best.Length / images.Count;
        float[] logits = NativeMemory.Copy(output.Logits),
            offsets = NativeMemory.Copy(output.Offsets);
        var proposals = new Corners[images.Count][];
        for (int image = 0; image < images.Count; image++)
        {
            var boxes = new List<Corners>(perImage);
            var scores = new List<float>(perImage);
            var levels = new List<int>(perImage);
            foreach (long anchor in best.AsSpan(image * perImage, perImage))
            {
                long row = (long)image * anchors.Count + anchor;
                Corners box = BoxCoder
                    .Proposals.Decode(anchors.Boxes[(int)anchor], offsets.AsSpan((int)(4 * row), 4))
                    .ClippedTo(images[image]);
                if (box.IsAtLeast(_options.Convention.SmallestProposal))
                {
                    boxes.Add(box);
                    scores.Add(logits[row]);
                    levels.Add(LevelOf(anchor, anchors.Counts));
                }
            }

            Corners[] all = [.. boxes];
            int[] kept = NonMaximumSuppression.Keep(all, scores.ToArray(), levels.ToArray(), _options.Rpn.NmsThreshold, postNms);
            proposals[image] = Array.ConvertAll(kept, i => all[i]);
        }

        return proposals;
    }

    /// <summary>The losses over sampled anchors.</summary>
    /// <param name="output">What is said of the anchors.</param>
    /// <param name="anchors">The anchors.</param>
    /// <param name="objects">The objects of each image.</param>
    /// <param name="sampling">What decides the sample.</param>
    /// <returns>This process's part of the losses of the batch.</returns>
    public (Tensor Objectness, Tensor Box) Losses(RpnOutput output, AnchorGrid anchors, Corners[][] objects, LossSampling sampling)
    {
        using DisposeScope scope = NewDisposeScope();
        var positives = new List<long>();
        var negatives = new List<long>();
        var targets = new List<float>();
        Span<float> offsets = stackalloc float[4];
        for (int image = 0; image < objects.Length; image++)
        {
            CounterRandom random = sampling.Of(image, Purpose.AnchorSample);
            int[] matches = _matcher.Match(anchors.Boxes, objects[image]);
            (int[] foreground, int[] background) = _sampler.Sample(matches, ref random);
            long first = (long)image * anchors.Count;
            negatives.AddRange(background.Select(i => first + i));
            foreach (int i in foreground)
            {
                positives.Add(first + i);
                BoxCoder.Proposals.Encode(anchors.Boxes[i], objects[image][matches[i]], offsets);
                targets.AddRange(offsets);
            }
        }

        Device device = output.Logits.device;
        double[] counts = sampling.Processes.Sum(positives.Count + negatives.Count, objects.Length);
        double count = _options.Convention.MeanOverSampledAnchors ? Math.Max(counts[0], 1) : _options.Rpn.SamplesPerImage * counts[1];
        Tensor logits = output.Logits.flatten().index_select(0, tensor(positives.Concat(negatives).ToArray(), device: device));
        Tensor labels = cat([ones(positives.Count, device: device), zeros(negatives.Count, device: device)]);
        Tensor objectness = nn.functional.binary_cross_entropy_with_logits(logits, labels, reduction: nn.Reduction.Sum).DividedBy(count);
        Tensor predicted = output.Offsets.view(-1, 4).index_select(0, tensor(positives.ToArray(), device: device));
        Tensor wanted = tensor(targets.ToArray(), [positives.Count, 4], device: device);
        Tensor box = BoxLoss.Sum(predicted, wanted, _options.Convention.SmoothL1Beta).DividedBy(count);
        return (objectness.MoveToOuterDisposeScope(), box.MoveToOuterDisposeScope());
    }

    /// <summary>
    /// For each image the anchors with the largest logits, level by level; in a level in the order of the anchors, so that the first of
    /// equal ones is the best.
    /// </summary>
    private static long[] BestOfLevels(Tensor logits, int[] counts, int most)
    {
        using IDisposable guard = no_grad();
        using DisposeScope scope = NewDisposeScope();
        var best = new List<Tensor>();
        long first = 0;
        foreach (int count in counts)
        {
            (_, Tensor indices) = logits.narrow(1, first, count).topk(Math.Min(most, count), 1);
            (Tensor ordered, _) = indices.sort(1);
            best.Add(ordered.Plus(first));
            first += count;
        }

        return cat(best, 1).cpu().data<long>().ToArray();
    }

    private static int LevelOf(long anchor, int[] counts)
    {
        int level = 0;
        while (anchor >= counts[level])
        {
            anchor -= counts[level++];
        }

        return level;
    }
}

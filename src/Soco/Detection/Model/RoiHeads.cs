using Soco.Distributed;
using Soco.Models;
using Soco.Tensors;
using Soco.Vision;
using Soco.Vision.Inference;
using Soco.Vision.Random;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Detection.Model;

/// <summary>The objects of one image, as the losses read them.</summary>
/// <param name="Boxes">G boxes.</param>
/// <param name="Labels">G classes.</param>
/// <param name="Masks">[G, H, W] uint8.</param>
/// <param name="WithoutMask">The objects whose mask is not known.</param>
internal sealed record ObjectsOfImage(Corners[] Boxes, int[] Labels, Tensor? Masks, IReadOnlySet<int> WithoutMask);

/// <summary>
/// Box head and mask head: from proposals to losses or detections (Girshick, Fast R-CNN, 2015; He et al., Mask R-CNN, 2017).
/// </summary>
internal sealed class RoiHeads : nn.Module
{
    private const int BoxBins = 7;
    private const int MaskBins = 14;

    private readonly nn.Module<Tensor, Tensor> box_head;
    private readonly BoxPredictor box_predictor;
    private readonly MaskHead? mask_head;
    private readonly MaskPredictor? mask_predictor;
    private readonly MaskRcnnOptions _options;
    private readonly BoxMatcher _matcher;
    private readonly BalancedSampler _sampler;

    /// <param name="body">The backbone; on C4 its last stage is the box head.</param>
    /// <param name="options">The detector.</param>
    public RoiHeads(ResNet body, MaskRcnnOptions options)
        : base(nameof(RoiHeads))
    {
        _options = options;
        bool pyramid = options.Variant == DetectorVariant.Fpn;
        box_head = pyramid
            ? new ConvFcHead(options.FpnChannels, options.HeadChannels, BoxBins, options.HeadFc, Naming.Torchvision)
            : new LastStageHead(body);
        box_predictor = new BoxPredictor(pyramid ? options.HeadFc : body.Channels[^1], options.Classes + 1, BoxClasses);
        if (options.WithMasks)
        {
            mask_head = pyramid ? new MaskHead(options.FpnChannels, options.HeadChannels) : null;
            mask_predictor = new MaskPredictor(pyramid ? options.HeadChannels : body.Channels[^1], options.HeadChannels, BoxClasses);
        }

        RoiOptions roi = options.Roi;
        _matcher = new BoxMatcher(roi.ForegroundThreshold, roi.ForegroundThreshold, KeepBest: false);
        _sampler = new BalancedSampler(roi.SamplesPerImage, roi.PositiveFraction);
        RegisterComponents();
    }

    /// <summary>Channel of class 0; before it lies the background where it is the first class.</summary>
    private int FirstClass => _options.Convention.BackgroundFirst ? 1 : 0;

    /// <summary>Channel of the background.</summary>
    private int Background => _options.Convention.BackgroundFirst ? 0 : _options.Classes;

    /// <summary>Classes that have boxes and masks.</summary>
    private int BoxClasses => _options.Classes + FirstClass;

    /// <summary>Levels that regions are read from.</summary>
    private int Levels => _options.Variant == DetectorVariant.Fpn ? 4 : 1;

    /// <summary>The losses over sampled regions; the objects' own boxes are among the candidates.</summary>
    /// <param name="maps">The levels, each [N, C, H, W].</param>
    /// <param name="proposals">For each image its proposals.</param>
    /// <param name="objects">For each image its objects.</param>
    /// <param name="sampling">What decides the sample.</param>
    /// <returns>
    /// This process's part of the losses of the batch: scalars; 0 without a graph where no process has anything to learn from.
    /// </returns>
    public (Tensor Classifier, Tensor Box, Tensor? Mask) Losses(
        IReadOnlyList<Tensor> maps,
        Corners[][] proposals,
        IReadOnlyList<ObjectsOfImage> objects,
        LossSampling sampling
    )
    {
        using DisposeScope scope = NewDisposeScope();
        (RegionSet regions, int[] matches) = Sample(proposals, objects, sampling);
        Device device = maps[0].device;
        int[] positives = [.. Enumerable.Range(0, regions.Count).Where(r => matches[r] >= 0)];
        int[] masked = mask_predictor is null ? [] : [.. positives.Where(HasMask)];

        // A process without regions still takes part where others have some: the norms of the heads wait for it.
        double[] counts = sampling.Processes.Sum(regions.Count, masked.Length);
        if (counts[0] == 0)
        {
            return (Zero(), Zero(), mask_predictor is null ? null : Zero());
        }

        long[] classes = [.. Enumerable.Range(0, regions.Count).Select(r => (long)(matches[r] < 0 ? Background : Label(r) + FirstClass))];
        Tensor described = box_head.forward(
            regions.PoolFrom(maps, mask_head is null && Levels == 1 ? MaskBins : BoxBins, _options.Convention)
        );
        (Tensor logits, Tensor offsets) = box_predictor.Forward(Vectors(described));
        Tensor classifier = nn
            .functional.cross_entropy(logits, tensor(classes, device: device), reduction: nn.Reduction.Sum)
            .DividedBy(counts[0]);

        long[] rows = Array.ConvertAll(positives, r => r * (long)BoxClasses + classes[r]);
        Tensor predicted = offsets.view(-1, 4).index_select(0, tensor(rows, device: device));
        Tensor box = BoxLoss.Sum(predicted, WantedOffsets(), _options.Convention.SmoothL1Beta).DividedBy(counts[0]);
        return (
            classifier.MoveToOuterDisposeScope(),
            box.MoveToOuterDisposeScope(),
            mask_predictor is null ? null : MaskLoss().MoveToOuterDisposeScope()
        );

        int Label(int region) => objects[regions.Sources[region].Image].Labels[matches[region]];

        bool HasMask(int region) => !objects[regions.Sources[region].Image].WithoutMask.Contains(matches[region]);

        Tensor Zero() => zeros([], device: device).MoveToOuterDisposeScope();

        Tensor WantedOffsets()
        {
            var wanted = new float[4 * positives.Length];
            for (int p = 0; p < positives.Length; p++)
            {
                int region = positives[p];
                Corners target = objects[regions.Sources[region].Image].Boxes[matches[region]];
                BoxCoder.Detections.Encode(regions[region], target, wanted.AsSpan(4 * p, 4));
            }

            return tensor(wanted, [positives.Length, 4], device: device);
        }

        Tensor MaskLoss()
        {
            if (counts[1] == 0)
            {
                return zeros([], device: device);
            }

            RegionSet shown = regions.Only(masked);
            Tensor maskMaps = mask_head is null
                ? described.index_select(0, tensor(Array.ConvertAll(masked, p => (long)p), device: device))
                : mask_head.forward(shown.PoolFrom(maps, MaskBins, _options.Convention));
            Tensor masks = mask_predictor!.Forward(maskMaps, tensor(Array.ConvertAll(masked, p => classes[p]), device: device));
            int side = (int)masks.shape[1];
            var targets = new float[masked.Length * side * side];
            foreach (var image in Enumerable.Range(0, masked.Length).GroupBy(p => shown.Sources[p].Image))
            {
                Tensor shapes =
                    objects[image.Key].Masks ?? throw new ArgumentException("A detector with a mask head learns from targets with masks.");
                MaskTargets.Pool(shapes, [.. image.Select(p => (shown[p], matches[masked[p]], p))], side, _options.Convention, targets);
            }

            Tensor wanted = tensor(targets, masks.shape, device: device);
            return nn
                .functional.binary_cross_entropy_with_logits(masks, wanted, reduction: nn.Reduction.Sum)
                .DividedBy(counts[1] * side * side);
        }
    }

    /// <summary>Finds objects: every class of every region is a candidate, thinned by NMS within the class.</summary>
    /// <param name="maps">The levels, each [N, C, H, W].</param>
    /// <param name="proposals">For each image its proposals.</param>
    /// <param name="images">Size of each image.</param>
    public Detections[] Detect(IReadOnlyList<Tensor> maps, Corners[][] proposals, IReadOnlyList<ImageSize> images)
    {
        using DisposeScope scope = NewDisposeScope();
        var regions = new RegionSet(proposals, Levels, _options.Roi.CanonicalSide);
        Candidates[] candidates = [.. images.Select(_ => new Candidates())];
        if (regions.Count > 0)
        {
            AddCandidates(maps, regions, images, candidates);
        }

        Candidates[] found = Array.ConvertAll(candidates, c => c.Best(_options.Roi));
        float[][][]? masks = mask_predictor is null ? null : Masks(maps, found);
        return
        [
            .. found.Select(
                (f, image) =>
                    new Detections(
                        [.. f.Boxes.Select(b => new BoxXyxy(b.X1, b.Y1, b.X2, b.Y2))],
                        [.. f.Labels],
                        [.. f.Scores],
                        masks?[image]
                    )
            ),
        ];
    }

    private void AddCandidates(IReadOnlyList<Tensor> maps, RegionSet regions, IReadOnlyList<ImageSize> images, Candidates[] candidates)
    {
        Tensor described = box_head.forward(regions.PoolFrom(maps, Levels == 1 ? MaskBins : BoxBins, _options.Convention));
        (Tensor logits, Tensor deltas) = box_predictor.Forward(Vectors(described));
        float[] scores = NativeMemory.Copy(nn.functional.softmax(logits, 1)),
            offsets = NativeMemory.Copy(deltas);
        for (int region = 0; region < regions.Count; region++)
        {
            int image = regions.Sources[region].Image;
            ReadOnlySpan<float> ofRegion = scores.AsSpan(region * (_options.Classes + 1) + FirstClass, _options.Classes);
            for (int label = 0; label < ofRegion.Length; label++)
            {
                if (ofRegion[label] > _options.Roi.ScoreThreshold)
                {
                    int at = 4 * (region * BoxClasses + FirstClass + label);
                    Corners box = BoxCoder.Detections.Decode(regions[region], offsets.AsSpan(at, 4)).ClippedTo(images[image]);
                    if (box.IsAtLeast(_options.Convention.SmallestDetection))
                    {
                        candidates[image].Add(box, label, ofRegion[label]);
                    }
                }
            }
        }
    }

    /// <summary>For each image, for each of its detections, the probabilities of its class's mask.</summary>
    private float[][][] Masks(IReadOnlyList<Tensor> maps, Candidates[] found)
    {
        float[][][] masks = Array.ConvertAll(found, f => new float[f.Boxes.Count][]);
        var regions = new RegionSet([.. found.Select(f => f.Boxes)], Levels, _options.Roi.CanonicalSide);
        if (regions.Count == 0)
        {
            return masks;
        }

        Tensor pooled = regions.PoolFrom(maps, MaskBins, _options.Convention);
        Tensor maskMaps = (mask_head ?? box_head).forward(pooled);
        long[] classes = [.. regions.Sources.Select(s => (long)found[s.Image].Labels[s.Index] + FirstClass)];
        Tensor probabilities = mask_predictor!.Forward(maskMaps, tensor(classes, device: pooled.device)).sigmoid_();
        float[] values = NativeMemory.Copy(probabilities);
        int length = values.Length / regions.Count;
        for (int region = 0; region < regions.Count; region++)
        {
            (int image, int index) = regions.Sources[region];
            masks[image][index] = values[(region * length)..((region + 1) * length)];
        }

        return masks;
    }

    /// <summary>Regions for the losses, and for each the index of its object or <see cref="BoxMatcher.Background"/>.</summary>
    private (RegionSet Regions, int[] Matches) Sample(Corners[][] proposals, IReadOnlyList<ObjectsOfImage> objects, LossSampling sampling)
    {
        var boxes = new Corners[proposals.Length][];
        var matches = new int[proposals.Length][];
        for (int image = 0; image < proposals.Length; image++)
        {
            Corners[] candidates = [.. proposals[image], .. objects[image].Boxes];
            int[] matched = _matcher.Match(new BoxColumns(candidates), objects[image].Boxes);
            CounterRandom random = sampling.Of(image, Purpose.RegionSample);
            (int[] positives, int[] negatives) = _sampler.Sample(matched, ref random);
            int[] chosen = [.. positives, .. negatives];
            boxes[image] = Array.ConvertAll(chosen, i => candidates[i]);
            matches[image] = Array.ConvertAll(chosen, i => matched[i]);
        }

        var regions = new RegionSet(boxes, Levels, _options.Roi.CanonicalSide);
        return (regions, [.. regions.Sources.Select(s => matches[s.Image][s.Index])]);
    }

    /// <summary>[R, F] from what the box head gives: the last stage's maps are averaged.</summary>
    private static Tensor Vectors(Tensor described)
    {
        if (described.dim() == 2)
        {
            return described;
        }

        using DisposeScope scope = NewDisposeScope();
        return described.to_type(ScalarType.Float32).mean([2, 3]).to_type(described.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>The box head of C4: the backbone's last stage, then a norm of its own (SoCo, section 4.1).</summary>
    private sealed class LastStageHead : nn.Module<Tensor, Tensor>
    {
        private readonly BatchNorm norm;
        private readonly Func<Tensor, Tensor> _lastStage;

        public LastStageHead(ResNet body)
            : base(nameof(LastStageHead))
        {
            norm = new BatchNorm(body.Channels[^1]);
            _lastStage = body.C5;
            RegisterComponents();
        }

        public override Tensor forward(Tensor regions)
        {
            using Tensor c5 = _lastStage(regions);
            return norm.forward(c5);
        }
    }

    /// <summary>Detections of one image in the making.</summary>
    private sealed class Candidates
    {
        public List<Corners> Boxes { get; } = [];

        public List<int> Labels { get; } = [];

        public List<float> Scores { get; } = [];

        public void Add(Corners box, int label, float score)
        {
            Boxes.Add(box);
            Labels.Add(label);
            Scores.Add(score);
        }

        public Candidates Best(RoiOptions options)
        {
            var best = new Candidates();
            foreach (
                int i in NonMaximumSuppression.Keep([.. Boxes], [.. Scores], [.. Labels], options.NmsThreshold, options.DetectionsPerImage)
            )
            {
                best.Add(Boxes[i], Labels[i], Scores[i]);
            }

            return best;
        }
    }
}

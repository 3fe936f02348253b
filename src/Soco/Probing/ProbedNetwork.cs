using Soco.Models;
using Soco.Pretraining.Views;
using Soco.Tensors;
using Soco.Training;
using Soco.Vision;
using Soco.Weights;
using Soco.Weights.Naming;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Probing;

/// <summary>
/// The parts of a network that a detector is handed, with frozen weights: backbone, and pyramid and box head where the file has them.
/// </summary>
internal sealed class ProbedNetwork : IDisposable
{
    private const int LevelBins = 3;

    // A box takes 12544 values a convolution of the published head: 1024 boxes, 50 MB.
    private const int BoxesAtOnce = 1024;

    private const string FirstFpnNorm = "neck.lateral_convs.0.bn.weight";

    private static readonly string[] s_parts = ["encoder.", "neck.", "head."];

    private readonly ResNet _encoder;
    private readonly Fpn? _neck;
    private readonly ConvFcHead? _head;
    private readonly int _headBins;

    private ProbedNetwork(WeightsWidths widths, bool zeroInitResidual)
    {
        _encoder = new ResNet(widths.Arch!, widths.Width, zeroInitResidual);
        _neck = widths.FpnChannels is { } channels ? new Fpn(_encoder.Channels, channels) : null;
        if (_neck is not null && widths.HeadBins is { } bins)
        {
            (_head, _headBins) = (new ConvFcHead(widths.FpnChannels!.Value, widths.HeadChannels!.Value, bins, widths.HeadFc!.Value), bins);
        }
    }

    /// <summary>Channels of C5.</summary>
    public int Channels => _encoder.Channels[^1];

    /// <summary>Whether there is an FPN and a box head.</summary>
    public bool HasHead => _head is not null;

    /// <summary>Loads weights, and leaves the network in evaluation mode.</summary>
    /// <param name="weights">A pretraining, a backbone or a detector, under any names that Soco reads.</param>
    /// <param name="withStatistics">
    /// Whether the statistics of the norms are loaded too; a caller that does not load them measures them.
    /// </param>
    /// <exception cref="SocoDataException">There is no backbone in the file that is known, or it is not whole.</exception>
    public static ProbedNetwork Open(WeightsFile weights, bool withStatistics = false)
    {
        var pretrained = new ProbedNetwork(WidthsOf(weights), zeroInitResidual: false);
        try
        {
            (string Name, Tensor Tensor)[] state =
            [
                .. withStatistics ? pretrained.Parameters().Concat(pretrained.Statistics()) : pretrained.Parameters(),
            ];
            HashSet<string> wanted = [.. state.Select(item => item.Name)];
            StateLoading.Load(
                state,
                new RenamedTensors(weights, [.. PretrainedTensors.NamesOf(weights).Where(name => wanted.Contains(name.Ours))]),
                weights.Path
            );
            pretrained.Evaluate();
            return pretrained;
        }
        catch
        {
            pretrained.Dispose();
            throw;
        }
    }

    /// <summary>A randomly initialized network of the same shape as one in a file.</summary>
    /// <param name="weights">The file.</param>
    /// <param name="zeroInitResidual">Whether its residual blocks start as their shortcuts.</param>
    /// <param name="seed">Its seed.</param>
    /// <exception cref="SocoDataException">There is no backbone in the file that is known.</exception>
    public static ProbedNetwork Initialize(WeightsFile weights, bool zeroInitResidual, long seed)
    {
        WeightsWidths widths = WidthsOf(weights);
        return InitialWeights.Seeded(seed, () => new ProbedNetwork(widths, zeroInitResidual));
    }

    /// <summary>Measures the statistics of the norms as means over batches, and leaves the network in evaluation mode.</summary>
    /// <param name="batches">The batches, each disposed by this.</param>
    /// <param name="forward">Runs a batch through the network.</param>
    internal void MeasureNorms<T>(IEnumerable<T> batches, Action<T> forward)
        where T : IDisposable
    {
        PreciseNorms.Measure([.. Modules()], batches, forward, () => false);
        Evaluate();
    }

    /// <summary>C5 of whole images, averaged over its cells.</summary>
    /// <param name="images">[N, 3, H, W], normalized.</param>
    /// <returns>[N, <see cref="Channels"/>].</returns>
    internal Tensor Pooled(Tensor images)
    {
        using IDisposable guard = no_grad();
        using DisposeScope scope = NewDisposeScope();
        return _encoder.forward(Activations.Of(images, bfloat16: false, channelsLast: true)).mean([2, 3]).MoveToOuterDisposeScope();
    }

    /// <summary>What the box head gives for the boxes of a batch, each on the level of its size; there is one.</summary>
    /// <param name="batch">Images and boxes, at least one.</param>
    /// <param name="levels">Which pyramid level is a box's own.</param>
    /// <returns>[R, F] float32, boxes in the order of the batch.</returns>
    internal Tensor HeadFeatures(ProbeBatch batch, PyramidLevels levels)
    {
        using IDisposable guard = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor[] maps = _neck!.Forward(_encoder.Stages(Activations.Of(batch.Images, bfloat16: false, channelsLast: true)));
        var parts = new List<Tensor>();
        foreach (ProbeBox[] boxes in batch.Boxes.Chunk(BoxesAtOnce))
        {
            using DisposeScope part = NewDisposeScope();
            parts.Add(_head!.forward(OnOwnLevel(maps, batch with { Boxes = boxes }, levels, _headBins)).MoveToOuterDisposeScope());
        }

        return cat(parts).MoveToOuterDisposeScope();
    }

    /// <summary>The features of the boxes of a batch, by place in the network.</summary>
    /// <param name="batch">Images and boxes.</param>
    /// <param name="levels">Which pyramid level is a box's own.</param>
    /// <returns>For each place [R, F] float32, boxes in the order of the batch.</returns>
    internal IReadOnlyList<(string Place, Tensor Features)> Features(ProbeBatch batch, PyramidLevels levels)
    {
        using IDisposable guard = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor images = Activations.Of(batch.Images, bfloat16: false, channelsLast: true);
        Tensor[] stages = _encoder.Stages(images);
        List<(string Place, Tensor Features)> found =
        [
            .. stages.Select((map, i) => ($"C{i + 2}", Pool(map, batch.Regions(), StageBins(i), i).flatten(1))),
        ];
        if (_neck is not null)
        {
            Tensor[] maps = _neck.Forward(stages);
            found.AddRange(maps.Select((map, i) => ($"P{i + 2}", Pool(map, batch.Regions(), LevelBins, i).flatten(1))));
            found.Add(("P", OnOwnLevel(maps, batch, levels, LevelBins).flatten(1)));
            if (_head is not null)
            {
                found.Add(("head", _head.forward(OnOwnLevel(maps, batch, levels, _headBins))));
            }
        }

        return [.. found.Select(item => (item.Place, item.Features.MoveToOuterDisposeScope()))];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (nn.Module module in Modules())
        {
            module.Dispose();
        }
    }

    /// <summary>
    /// Widths of what is built: an FPN without norms, as torchvision's first detectors have it, is none of SoCo's, and left out with its
    /// head.
    /// </summary>
    private static WeightsWidths WidthsOf(WeightsFile weights)
    {
        WeightsWidths widths = WeightsWidths.Of(weights) is { Arch: not null } known
            ? known
            : throw new SocoDataException($"{weights.Path} holds no ResNet backbone that Soco knows: see its tensors with `soco inspect`.");
        widths.RefuseDeeper(weights.Path, isOptional: false);
        return PretrainedTensors.NamesOf(weights).Any(name => name.Ours == FirstFpnNorm) ? widths : widths with { FpnChannels = null };
    }

    /// <summary>Fewer bins where a cell covers more of the image: 4, 3, 2 and 2.</summary>
    private static int StageBins(int stage) => Math.Max(2, 4 - stage);

    private static Tensor Pool(Tensor map, Tensor regions, int bins, int level) =>
        RoiAlign.Apply(map, regions, new RoiAlignOptions(bins, 1f / (4 << level), 2));

    private static Tensor OnOwnLevel(Tensor[] maps, ProbeBatch batch, PyramidLevels levels, int bins)
    {
        int[] own = [.. batch.Boxes.Select(box => levels.LevelOf(box.Box) is var level && level >= 0 ? level : maps.Length - 1)];
        var pooled = new List<Tensor>();
        var rows = new long[own.Length];
        long next = 0;
        for (int level = 0; level < maps.Length; level++)
        {
            int[] boxes = [.. Enumerable.Range(0, own.Length).Where(box => own[box] == level)];
            if (boxes.Length > 0)
            {
                Array.ForEach(boxes, box => rows[box] = next++);
                pooled.Add(Pool(maps[level], batch.Regions(boxes), bins, level));
            }
        }

        return cat(pooled).index_select(0, tensor(rows));
    }

    private IEnumerable<nn.Module> Modules() => new nn.Module?[] { _encoder, _neck, _head }.OfType<nn.Module>();

    private void Evaluate()
    {
        foreach (nn.Module module in Modules())
        {
            module.eval();
        }
    }

    private IEnumerable<(string Name, Tensor Tensor)> Parameters() =>
        Modules()
            .Zip(s_parts)
            .SelectMany(part => part.First.named_parameters().Select(item => (part.Second + item.name, (Tensor)item.parameter)));

    /// <summary>The statistics of the norms, without their counts of batches, which some files lack.</summary>
    private IEnumerable<(string Name, Tensor Tensor)> Statistics() =>
        Modules()
            .Zip(s_parts)
            .SelectMany(part =>
                part.First.named_buffers()
                    .Where(item => item.name.Contains("running_", StringComparison.Ordinal))
                    .Select(item => (part.Second + item.name, item.buffer))
            );
}

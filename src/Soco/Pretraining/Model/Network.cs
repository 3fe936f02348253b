using Soco.Distributed;
using Soco.Models;
using Soco.Recipes;
using Soco.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Pretraining.Model;

/// <summary>The parts that the online and the target network both have. Neck and head are null where the variant has none.</summary>
/// <param name="Encoder">The backbone.</param>
/// <param name="Neck">The pyramid.</param>
/// <param name="Head">The box head.</param>
/// <param name="Projector">The projector.</param>
internal sealed record Network(ResNet Encoder, Fpn? Neck, ConvFcHead? Head, Mlp Projector)
{
    private const int C4Bins = 14;

    public static Network Create(SocoModelOptions options)
    {
        var encoder = new ResNet(options.Arch, options.Width, options.ZeroInitResidual);
        int width = encoder.Channels[^1];
        if (options.Variant != Variant.Fpn)
        {
            return new Network(encoder, null, null, new Mlp(width, options.ProjectorHidden, options.ProjectorOut));
        }

        Fpn? neck = options.Fpn ? new Fpn(encoder.Channels, options.FpnChannels) : null;
        width = neck is null ? width : options.FpnChannels;
        ConvFcHead? head = options.Head ? new ConvFcHead(width, options.HeadChannels, options.RoiSize, options.HeadFc) : null;
        return new Network(
            encoder,
            neck,
            head,
            new Mlp(head is null ? width : options.HeadFc, options.ProjectorHidden, options.ProjectorOut)
        );
    }

    /// <summary>Pairs this network's modules with another's, part by part.</summary>
    public IEnumerable<(nn.Module Mine, nn.Module Theirs)> With(Network other)
    {
        yield return (Encoder, other.Encoder);
        if (Neck is not null)
        {
            yield return (Neck, other.Neck!);
        }

        if (Head is not null)
        {
            yield return (Head, other.Head!);
        }

        yield return (Projector, other.Projector);
    }

    /// <summary>Embeds the box sets of one view.</summary>
    /// <param name="images">[N, 3, side, side].</param>
    /// <param name="sets">Box sets of the view; the same set may stand more than once.</param>
    /// <param name="heads">From boxes' features [M, F] to their projections [M, P] and to what is compared [M, E].</param>
    /// <param name="options">The variant and how it samples.</param>
    /// <param name="processes">The processes that the batch is spread over.</param>
    public Embeddings Embed(
        Tensor images,
        IReadOnlyList<BoxSet> sets,
        Func<Tensor, (Tensor Projections, Tensor Compared)> heads,
        SocoModelOptions options,
        ICollective processes
    )
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor input = Activations.Of(images, options.Bfloat16, options.ChannelsLast);
        Embeddings embedded = options.Variant switch
        {
            Variant.Image => EmbedImages(input, sets, heads),
            Variant.C4 => EmbedOnC4(input, sets, heads, options, processes),
            _ => EmbedOnLevels(input, sets, heads, options, processes),
        };
        return new Embeddings(
            [.. embedded.Vectors.Select(vectors => vectors.MoveToOuterDisposeScope())],
            embedded.Features.MoveToOuterDisposeScope(),
            embedded.Projections.MoveToOuterDisposeScope()
        );
    }

    private Embeddings EmbedImages(Tensor images, IReadOnlyList<BoxSet> sets, Func<Tensor, (Tensor, Tensor)> heads)
    {
        Rows rows = Rows.Of(Pool(Encoder.forward(images)), heads);
        return new Embeddings([.. sets.Select(set => rows.Vectors.view(set.Images, set.PerImage, -1))], rows.Features, rows.Projections);
    }

    private Embeddings EmbedOnC4(
        Tensor images,
        IReadOnlyList<BoxSet> sets,
        Func<Tensor, (Tensor, Tensor)> heads,
        SocoModelOptions options,
        ICollective processes
    )
    {
        Tensor c4 = Encoder.C4(images);
        var sampling = new RoiAlignOptions(C4Bins, 1, options.RoiSamplingRatio, options.RoiAligned);
        return EmbedSparsely([c4], sets, region => Rows.Of(Pool(Encoder.C5(region)), heads), sampling, processes);
    }

    private Embeddings EmbedOnLevels(
        Tensor images,
        IReadOnlyList<BoxSet> sets,
        Func<Tensor, (Tensor, Tensor)> heads,
        SocoModelOptions options,
        ICollective processes
    )
    {
        Tensor[] maps = Neck is null ? [Encoder.forward(images)] : Neck.Forward(Encoder.Stages(images));
        var sampling = new RoiAlignOptions(options.RoiSize, 1, options.RoiSamplingRatio, options.RoiAligned);
        Rows EmbedRegions(Tensor regions) => Rows.Of(Head is null ? Pool(regions) : Head.forward(regions), heads);
        return options.Assignment == LevelAssignment.Dense && maps.Length > 1
            ? EmbedDensely(maps, sets, EmbedRegions, sampling)
            : EmbedSparsely(maps, sets, EmbedRegions, sampling, processes);
    }

    /// <summary>Every box on every level, one level after the other, then each box's own level.</summary>
    private static Embeddings EmbedDensely(Tensor[] maps, IReadOnlyList<BoxSet> sets, Func<Tensor, Rows> embed, RoiAlignOptions sampling)
    {
        Rows[] own = [.. sets.Select(set => OwnLevels(maps, set, embed, sampling))];
        int[] distinct = [.. Enumerable.Range(0, sets.Count).DistinctBy(place => sets[place])];
        return new Embeddings(
            [.. sets.Select((set, place) => own[place].Vectors.view(set.Images, set.PerImage, -1))],
            cat([.. distinct.Select(place => own[place].Features)]),
            cat([.. distinct.Select(place => own[place].Projections)])
        );
    }

    private static Rows OwnLevels(Tensor[] maps, BoxSet set, Func<Tensor, Rows> embed, RoiAlignOptions sampling)
    {
        int[] all = [.. Enumerable.Range(0, set.Count)];
        Rows[] levels = [.. maps.Select(map => embed(RoiAlign.Apply(map, set.RegionsOn(all, map), sampling)))];
        Tensor own = tensor([.. all.Select(box => (long)Math.Max(set.Levels[box], 0) * set.Count + box)], device: maps[0].device);
        return new Rows(Own(level => level.Features.detach()), Own(level => level.Projections.detach()), Own(level => level.Vectors));

        Tensor Own(Func<Rows, Tensor> part) => cat([.. levels.Select(part)]).index_select(0, own);
    }

    /// <summary>
    /// Each box once, on its own level, or on the last one if it has none; the regions of all levels and sets run through the head
    /// together. A level that another process has a box on takes part without boxes here: the norms before it wait for all processes on the
    /// way back too.
    /// </summary>
    private static Embeddings EmbedSparsely(
        Tensor[] maps,
        IReadOnlyList<BoxSet> sets,
        Func<Tensor, Rows> embed,
        RoiAlignOptions sampling,
        ICollective processes
    )
    {
        BoxSet[] distinct = [.. sets.Distinct()];
        var rows = distinct.ToDictionary(set => set, set => new long[set.Count]);
        var regions = new List<Tensor>();
        long next = 0;
        double[] onLevels = processes.Sum([
            .. maps.Select((_, level) => (double)distinct.Sum(set => set.Levels.Count(box => Own(box) == level))),
        ]);
        for (int level = 0; level < maps.Length; level++)
        {
            foreach (BoxSet set in distinct)
            {
                int[] boxes = [.. Enumerable.Range(0, set.Count).Where(box => Own(set.Levels[box]) == level)];
                foreach (int box in boxes)
                {
                    rows[set][box] = next++;
                }

                if (boxes.Length > 0 || (onLevels[level] > 0 && processes.IsShared()))
                {
                    regions.Add(RoiAlign.Apply(maps[level], set.RegionsOn(boxes, maps[level]), sampling));
                }
            }
        }

        Rows all = embed(cat(regions));
        return new Embeddings(
            [
                .. sets.Select(set =>
                    all.Vectors.index_select(0, tensor(rows[set], device: all.Vectors.device)).view(set.Images, set.PerImage, -1)
                ),
            ],
            all.Features,
            all.Projections
        );

        int Own(int level) => level == BoxSet.NoLevel ? maps.Length - 1 : Math.Min(level, maps.Length - 1);
    }

    private static Tensor Pool(Tensor maps)
    {
        using DisposeScope scope = NewDisposeScope();
        return maps.to_type(ScalarType.Float32).mean([2, 3]).to_type(maps.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>Boxes after the heads, one a row.</summary>
    private sealed record Rows(Tensor Features, Tensor Projections, Tensor Vectors)
    {
        public static Rows Of(Tensor features, Func<Tensor, (Tensor Projections, Tensor Compared)> heads)
        {
            (Tensor projections, Tensor compared) = heads(features);
            return new Rows(features, projections, nn.functional.normalize(compared.to_type(ScalarType.Float32), p: 2, dim: 1));
        }
    }
}

/// <summary>The box sets of one view, embedded.</summary>
/// <param name="Vectors">
/// For each set [N, K, E], unit vectors in float32; what stands for a box on no level means nothing, and matches nothing.
/// </param>
/// <param name="Features">[M, F]: the features of each box of the distinct sets, on its own level.</param>
/// <param name="Projections">[M, P]: the projections of the same boxes.</param>
internal sealed record Embeddings(Tensor[] Vectors, Tensor Features, Tensor Projections);

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
            return new Network(encoder, null, null, new Mlp(width, options.HiddenWidth, options.EmbeddingWidth));
        }

        Fpn? neck = options.WithFpn ? new Fpn(encoder.Channels, options.FpnChannels) : null;
        width = neck is null ? width : options.FpnChannels;
        ConvFcHead? head = options.WithHead ? new ConvFcHead(width, options.HeadChannels, options.RegionBins, options.HeadWidth) : null;
        return new Network(encoder, neck, head, new Mlp(head is null ? width : options.HeadWidth, options.HiddenWidth, options.EmbeddingWidth));
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
    /// <param name="embed">From a box's features [M, C] to its embedding [M, E].</param>
    /// <param name="options">The variant and how it samples.</param>
    /// <returns>For each set [N, K, E], unit vectors in float32; what stands for a box on no level means nothing, and matches nothing.</returns>
    public Tensor[] Embed(Tensor images, IReadOnlyList<BoxSet> sets, Func<Tensor, Tensor> embed, SocoModelOptions options)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor input = Activations.Of(images, options.Bfloat16, options.ChannelsLast);
        Tensor[] vectors = options.Variant switch
        {
            Variant.Image => EmbedImages(input, sets, embed),
            Variant.C4 => EmbedOnC4(input, sets, embed, options),
            _ => EmbedOnLevels(input, sets, embed, options),
        };
        return [.. vectors.Select(v => v.MoveToOuterDisposeScope())];
    }

    private Tensor[] EmbedImages(Tensor images, IReadOnlyList<BoxSet> sets, Func<Tensor, Tensor> embed)
    {
        Tensor vectors = Normalize(embed(Pool(Encoder.forward(images))));
        return [.. sets.Select(set => vectors.view(set.Images, set.PerImage, -1))];
    }

    private Tensor[] EmbedOnC4(Tensor images, IReadOnlyList<BoxSet> sets, Func<Tensor, Tensor> embed, SocoModelOptions options)
    {
        Tensor c4 = Encoder.C4(images);
        return EmbedSparsely([c4], sets, region => embed(Pool(Encoder.C5(region))), new RoiAlignOptions(C4Bins, 1, options.SamplingRatio, options.Aligned));
    }

    private Tensor[] EmbedOnLevels(Tensor images, IReadOnlyList<BoxSet> sets, Func<Tensor, Tensor> embed, SocoModelOptions options)
    {
        Tensor[] maps = Neck is null ? [Encoder.forward(images)] : Neck.Forward(Encoder.Stages(images));
        var sampling = new RoiAlignOptions(options.RegionBins, 1, options.SamplingRatio, options.Aligned);
        Tensor EmbedRegions(Tensor regions) => embed(Head is null ? Pool(regions) : Head.forward(regions));
        return options.Assignment == LevelAssignment.Dense && maps.Length > 1
            ? [.. sets.Select(set => EmbedDensely(maps, set, EmbedRegions, sampling))]
            : EmbedSparsely(maps, sets, EmbedRegions, sampling);
    }

    /// <summary>Every box on every level, one level after the other, then each box's own level.</summary>
    private static Tensor EmbedDensely(Tensor[] maps, BoxSet set, Func<Tensor, Tensor> embed, RoiAlignOptions sampling)
    {
        int[] all = [.. Enumerable.Range(0, set.Count)];
        Tensor levels = cat([.. maps.Select(map => Normalize(embed(RoiAlign.Apply(map, set.RegionsOn(all, map), sampling))))]);
        long[] own = [.. all.Select(box => (long)Math.Max(set.Levels[box], 0) * set.Count + box)];
        return levels.index_select(0, tensor(own, device: levels.device)).view(set.Images, set.PerImage, -1);
    }

    /// <summary>
    /// Each box once, on its own level, or on the last one if it has none; the regions of all levels and sets run through the head together.
    /// </summary>
    private static Tensor[] EmbedSparsely(Tensor[] maps, IReadOnlyList<BoxSet> sets, Func<Tensor, Tensor> embed, RoiAlignOptions sampling)
    {
        BoxSet[] distinct = [.. sets.Distinct()];
        var rows = distinct.ToDictionary(set => set, set => new long[set.Count]);
        var regions = new List<Tensor>();
        long next = 0;
        for (int level = 0; level < maps.Length; level++)
        {
            foreach (BoxSet set in distinct)
            {
                int[] boxes = [.. Enumerable.Range(0, set.Count).Where(box => Own(set.Levels[box]) == level)];
                foreach (int box in boxes)
                {
                    rows[set][box] = next++;
                }

                if (boxes.Length > 0)
                {
                    regions.Add(RoiAlign.Apply(maps[level], set.RegionsOn(boxes, maps[level]), sampling));
                }
            }
        }

        Tensor vectors = Normalize(embed(cat(regions)));
        return [.. sets.Select(set => vectors.index_select(0, tensor(rows[set], device: vectors.device)).view(set.Images, set.PerImage, -1))];

        int Own(int level) => level == BoxSet.NoLevel ? maps.Length - 1 : Math.Min(level, maps.Length - 1);
    }

    private static Tensor Normalize(Tensor embeddings) => nn.functional.normalize(embeddings.to_type(ScalarType.Float32), p: 2, dim: 1);

    private static Tensor Pool(Tensor maps)
    {
        using DisposeScope scope = NewDisposeScope();
        return maps.to_type(ScalarType.Float32).mean([2, 3]).to_type(maps.dtype).MoveToOuterDisposeScope();
    }
}

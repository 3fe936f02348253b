using Soco.Distributed;
using Soco.Recipes;
using static TorchSharp.torch;

namespace Soco.Pretraining.Model;

/// <summary>Which boxes of two views are pairs, and which tell them from others.</summary>
/// <param name="FromFirst">[N, K, K], 1 where box i of the first view is box j of the other, else 0.</param>
/// <param name="PerImage">Pairs of an image, mean over the images.</param>
/// <param name="NegativesOfFirst">
/// [N * K, M], 1 where box j of the other view is a negative of box i of the first, else 0; null where the objective has none. M counts the
/// boxes of all processes, in the order of their ranks.
/// </param>
/// <param name="NegativesOfOther">The same with the views exchanged.</param>
internal sealed record Matches(Tensor FromFirst, double PerImage, Tensor? NegativesOfFirst, Tensor? NegativesOfOther)
{
    /// <param name="pair">The boxes of two views.</param>
    /// <param name="objective">What is learned of them.</param>
    /// <param name="device">Where the tensors live.</param>
    /// <param name="processes">The processes whose boxes are told apart.</param>
    public static Matches Of(ViewPair pair, ObjectiveRecipe objective, Device device, ICollective processes)
    {
        (BoxSet first, BoxSet other) = (pair.First, pair.Other);
        float[] matched = first.MatchesWith(other);
        Tensor fromFirst = tensor(matched, [first.Images, first.PerImage, first.PerImage], device: device);
        return new Matches(fromFirst, (double)matched.Sum() / first.Images, Negatives(first, other), Negatives(other, first));

        Tensor? Negatives(BoxSet boxes, BoxSet from) =>
            objective.Kind == ObjectiveKind.Cosine
                ? null
                : OfAll(boxes.NegativesFrom(from, boxes.MatchesWith(from), objective.SameImageIou), from, processes, device);
    }

    /// <summary>
    /// Negatives among this process's boxes, and beside them those of the other processes: all of their boxes that are on a level.
    /// </summary>
    private static Tensor OfAll(float[] own, BoxSet from, ICollective processes, Device device)
    {
        if (!processes.IsShared())
        {
            return tensor(own, [from.Count, from.Count], device: device);
        }

        float[][] known = Array.ConvertAll(
            processes.AllGather(Array.ConvertAll(from.Levels, level => (byte)(level == BoxSet.NoLevel ? 0 : 1))),
            boxes => Array.ConvertAll(boxes, box => (float)box)
        );
        int columns = known.Sum(boxes => boxes.Length),
            before = known.Take(processes.Rank).Sum(boxes => boxes.Length);
        float[] everyone = [.. known.SelectMany(boxes => boxes)];
        float[] rows = new float[(long)from.Count * columns];
        for (int row = 0; row < from.Count; row++)
        {
            everyone.CopyTo(rows, row * columns);
            own.AsSpan(row * from.Count, from.Count).CopyTo(rows.AsSpan(row * columns + before));
        }

        return tensor(rows, [from.Count, columns], device: device);
    }
}

using Soco.Recipes;
using static TorchSharp.torch;

namespace Soco.Pretraining.Model;

/// <summary>Which boxes of two views are pairs, and which tell them from others.</summary>
/// <param name="FromFirst">[N, K, K], 1 where box i of the first view is box j of the other, else 0.</param>
/// <param name="PerImage">Pairs of an image, mean over the images.</param>
/// <param name="NegativesOfFirst">[N * K, N * K], 1 where box j of the other view is a negative of box i of the first, else 0; null where the objective has none.</param>
/// <param name="NegativesOfOther">The same with the views exchanged.</param>
internal sealed record Matches(Tensor FromFirst, double PerImage, Tensor? NegativesOfFirst, Tensor? NegativesOfOther)
{
    /// <param name="pair">The boxes of two views.</param>
    /// <param name="objective">What is learned of them.</param>
    /// <param name="device">Where the tensors live.</param>
    public static Matches Of(ViewPair pair, ObjectiveRecipe objective, Device device)
    {
        (BoxSet first, BoxSet other) = (pair.First, pair.Other);
        float[] matched = first.MatchesWith(other);
        Tensor fromFirst = tensor(matched, [first.Images, first.PerImage, first.PerImage], device: device);
        return new Matches(fromFirst, (double)matched.Sum() / first.Images, Negatives(first, other), Negatives(other, first));

        Tensor? Negatives(BoxSet boxes, BoxSet from) => objective.Kind == ObjectiveKind.Cosine
            ? null
            : tensor(boxes.NegativesFrom(from, boxes.MatchesWith(from), objective.SameImageIou), [boxes.Count, boxes.Count], device: device);
    }
}

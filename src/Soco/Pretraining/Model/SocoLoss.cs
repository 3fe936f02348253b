using Soco.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Pretraining.Model;

/// <summary>
/// The object-level loss (SoCo, section 3.2): minus twice the mean cosine over the pairs of an image, then over the images.
/// </summary>
public static class SocoLoss
{
    private const double Epsilon = 1e-6;

    /// <summary>One direction of one pair of views.</summary>
    /// <param name="predictions">[N, K, C], unit vectors of the online network in one view.</param>
    /// <param name="targets">[N, K, C], unit vectors of the target network in the other view; no gradient.</param>
    /// <param name="matches">[N, K, K], 1 where box i of the first set is box j of the second, else 0.</param>
    /// <returns>A scalar in [-2, 2], float32. An image without a pair counts as 0.</returns>
    public static Tensor OneWay(Tensor predictions, Tensor targets, Tensor matches)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor cosines = predictions.bmm(targets.transpose(1, 2));
        Tensor perImage = (cosines * matches).sum([1, 2]) / matches.sum([1, 2]).Plus(Epsilon);
        return perImage.mean().Times(-2).MoveToOuterDisposeScope();
    }
}

using Soco.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Pretraining.Model;

/// <summary>
/// The contrastive form of the object-level loss: the cross entropy of telling the same object among the boxes of other images (van den
/// Oord et al., 2018), times twice the temperature (MoCo v3, arXiv 2104.02057), which makes its gradient about as large as the cosine
/// loss's.
/// </summary>
public static class InfoNceLoss
{
    private const double Epsilon = 1e-6;

    // Far below every cosine over every temperature, and finite: a row without negatives has a gradient of 0 and not none.
    private const double Never = -1e9;

    /// <summary>
    /// One direction of one pair of views. Each pair of boxes stands against the negatives of its first box; the mean is over the pairs of
    /// an image, then over the images.
    /// </summary>
    /// <param name="predictions">[N, K, C], unit vectors of the online network in one view.</param>
    /// <param name="targets">[N, K, C], unit vectors of the target network in the other view; no gradient.</param>
    /// <param name="matches">[N, K, K], 1 where box i of the first set is box j of the second, else 0.</param>
    /// <param name="everyone">
    /// [M, C], the targets that negatives are taken from: those of <paramref name="targets"/>, or of the batches of all processes.
    /// </param>
    /// <param name="negatives">[N * K, M], 1 where row j of <paramref name="everyone"/> is a negative of prediction i, else 0.</param>
    /// <param name="queue">
    /// [Q, C], unit vectors of the target network from earlier steps, negatives of every box; rows of zeros are places not yet taken. Null:
    /// none.
    /// </param>
    /// <param name="temperature">Above 0.</param>
    /// <returns>The loss: a scalar of at least 0, float32. An image without a pair counts as 0.</returns>
    public static Tensor OneWay(
        Tensor predictions,
        Tensor targets,
        Tensor matches,
        Tensor everyone,
        Tensor negatives,
        Tensor? queue,
        double temperature
    )
    {
        using DisposeScope scope = NewDisposeScope();
        long images = predictions.shape[0],
            boxes = predictions.shape[1];
        Tensor rows = predictions.reshape(images * boxes, -1);
        Tensor others = Without(rows.mm(everyone.t()).DividedBy(temperature), negatives);
        if (queue is not null)
        {
            Tensor taken = queue.abs().sum([1]).IsAbove(0).to_type(ScalarType.Float32);
            others = cat([others, Without(rows.mm(queue.t()).DividedBy(temperature), taken)], 1);
        }

        Tensor against = others.logsumexp(1).view(images, boxes, 1);
        Tensor own = predictions.bmm(targets.transpose(1, 2)).DividedBy(temperature);
        Tensor entropies = nn.functional.softplus(against - own);
        Tensor perImage = (entropies * matches).sum([1, 2]) / matches.sum([1, 2]).Plus(Epsilon);
        return perImage.mean().Times(2 * temperature).MoveToOuterDisposeScope();
    }

    private static Tensor Without(Tensor logits, Tensor negatives) => logits.Plus(Never, ones_like(negatives) - negatives);
}

using Soco.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Probing;

/// <summary>
/// The class that the nearest samples vote for, by cosine of centered features, each vote weighted by exp(cosine / 0.07) (Wu et al., 2018).
/// </summary>
internal static class NearestNeighbors
{
    private const int Neighbors = 10;
    private const double Temperature = 0.07;

    /// <summary>Tells the classes of samples.</summary>
    /// <param name="training">[n, F] float32.</param>
    /// <param name="labels">The n classes, each below <paramref name="classes"/>.</param>
    /// <param name="test">[m, F] float32.</param>
    /// <param name="classes">How many classes there are.</param>
    /// <returns>[m, C]: the votes for the classes.</returns>
    public static Tensor Scores(Tensor training, IReadOnlyList<long> labels, Tensor test, int classes)
    {
        using IDisposable guard = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor mean = training.mean([0]);
        Tensor known = nn.functional.normalize(training - mean, p: 2, dim: 1),
            asked = nn.functional.normalize(test - mean, p: 2, dim: 1);
        (Tensor cosines, Tensor places) = asked.mm(known.t()).topk((int)Math.Min(Neighbors, training.shape[0]), dim: 1);
        Tensor votes = nn.functional.one_hot(tensor([.. labels]), classes).to_type(ScalarType.Float32).index_select(0, places.flatten());
        Tensor weights = cosines.DividedBy(Temperature).exp().flatten().unsqueeze(1);
        return (votes * weights).view(test.shape[0], -1, classes).sum([1]).MoveToOuterDisposeScope();
    }
}

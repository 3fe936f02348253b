using Soco.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Probing;

/// <summary>
/// Ridge regression from standardised features to one-hot classes, the class of the largest value: a linear classifier in closed form. Its
/// strength is the one of a list with the fewest mistakes when each sample is left out in turn, which costs nothing more (Rifkin and
/// Lippert, 2007).
/// </summary>
internal static class RidgeClassifier
{
    private static readonly double[] s_strengths = [1e-4, 1e-3, 1e-2, 1e-1, 1, 10];

    /// <summary>Learns from some samples and tells the classes of others.</summary>
    /// <param name="training">[n, F] float32.</param>
    /// <param name="labels">The n classes, each below <paramref name="classes"/>.</param>
    /// <param name="test">[m, F] float32.</param>
    /// <param name="classes">How many classes there are.</param>
    /// <returns>[m, C] float64: the values of the classes.</returns>
    public static Tensor Scores(Tensor training, IReadOnlyList<long> labels, Tensor test, int classes)
    {
        using IDisposable guard = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor mean = training.mean([0]),
            deviation = training.std(0, unbiased: false).Plus(1e-6);
        Tensor known = ((training - mean) / deviation).to_type(ScalarType.Float64),
            asked = ((test - mean) / deviation).to_type(ScalarType.Float64);
        Tensor truth = tensor([.. labels]);
        Tensor targets = nn.functional.one_hot(truth, classes).to_type(ScalarType.Float64);
        Tensor offset = targets.mean([0]);

        // The dual form: one matrix of samples by samples serves every strength and every sample left out.
        long samples = known.shape[0];
        (Tensor values, Tensor vectors) = linalg.eigh(known.mm(known.t()));
        double scale = values.sum().item<double>() / samples;
        Tensor turned = vectors.t().mm(targets - offset),
            squares = vectors * vectors;
        Tensor? best = null;
        long fewest = long.MaxValue;
        foreach (double strength in s_strengths)
        {
            Tensor inverse = ones_like(values) / values.relu().Plus(Math.Max(strength * scale, 1e-9));
            Tensor dual = vectors.mm(inverse.unsqueeze(1) * turned);
            Tensor leftOut = targets - offset - dual / squares.mv(inverse).unsqueeze(1);
            long mistakes = leftOut.Plus(offset).argmax(1).ne(truth).sum().item<long>();
            if (mistakes < fewest)
            {
                (fewest, best) = (mistakes, dual);
            }
        }

        return asked.mm(known.t().mm(best!)).Plus(offset).MoveToOuterDisposeScope();
    }
}

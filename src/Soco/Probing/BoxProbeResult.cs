using System.Text.Json.Serialization;

namespace Soco.Probing;

/// <summary>What frozen features know of labelled boxes.</summary>
/// <param name="Weights">The weights.</param>
/// <param name="Step">Steps that they were trained, where the file says.</param>
/// <param name="Size">Short side of the images, pixels.</param>
/// <param name="Classes">Classes that the training objects have.</param>
/// <param name="TrainingObjects">Objects that the classifiers learned from.</param>
/// <param name="TestObjects">Objects that they were asked about.</param>
/// <param name="Chance">Share of the test objects that are of the most common class of training.</param>
/// <param name="Rows">One for each stage, level and part.</param>
public sealed record BoxProbeResult(
    string Weights,
    long? Step,
    int Size,
    int Classes,
    int TrainingObjects,
    int TestObjects,
    double Chance,
    IReadOnlyList<BoxProbeRow> Rows
)
{
    /// <summary>How the figures were made.</summary>
    [JsonPropertyOrder(-1)]
    public string Method { get; init; } =
        "norm statistics measured on the training images; ridge regression chosen by leave-one-out; 10 nearest neighbors";

    /// <summary>
    /// What a log tells of it: the linear classifier's accuracy in each place, as <c>probe_head</c>, and in the fresh network, as
    /// <c>probe_head_fresh</c>.
    /// </summary>
    public IReadOnlyDictionary<string, double> ToLog() =>
        Rows.SelectMany(row =>
                new[]
                {
                    ("probe_" + row.Features.ToLowerInvariant(), row.Pretrained.Ridge),
                    ("probe_" + row.Features.ToLowerInvariant() + "_fresh", row.Fresh.Ridge),
                }
            )
            .ToDictionary(figure => figure.Item1, figure => figure.Item2);
}

/// <summary>The features of one place in the network, and those of the same place in a fresh network.</summary>
/// <param name="Features">C2 to C5, P2 to P5, P (each box on the level of its size) or head.</param>
/// <param name="Dimensions">Values of a box.</param>
/// <param name="Pretrained">Of the weights.</param>
/// <param name="Fresh">Of a network of the same shape, drawn at random.</param>
public sealed record BoxProbeRow(string Features, int Dimensions, FeatureFigures Pretrained, FeatureFigures Fresh);

/// <summary>What the features of one place tell.</summary>
/// <param name="Ridge">Accuracy of a linear classifier on test objects, 0 to 1.</param>
/// <param name="Neighbors">Accuracy of the nearest neighbors on test objects, 0 to 1.</param>
/// <param name="Rank">Participation ratio over the training objects: in how many directions they differ.</param>
/// <param name="VarianceOfSize">
/// Share of the variance over the training objects that a parabola in the logarithm of the box's area explains, 0 to 1.
/// </param>
/// <param name="VarianceOfLevel">Share that the means of the pyramid levels explain.</param>
/// <param name="VarianceOfClass">Share that the means of the classes explain.</param>
public sealed record FeatureFigures(
    double Ridge,
    double Neighbors,
    double Rank,
    double VarianceOfSize,
    double VarianceOfLevel,
    double VarianceOfClass
);

using Soco.Vision;

namespace Soco.Weights;

/// <summary>
/// Refuses files that hold only a part of a backbone, or more than one, which would otherwise train as if they were pretrained.
/// </summary>
internal static class PartialBackbone
{
    /// <summary>
    /// Refuses a file that lacks a tensor of the backbone, or has a block more. Batch counters do not count: nothing is computed from them,
    /// and some frameworks do not store them.
    /// </summary>
    /// <param name="weights">The file.</param>
    /// <param name="lacking">Names of the module's tensors that the file lacks, or has in another shape.</param>
    /// <param name="prefix">The prefix of the names of the backbone.</param>
    /// <exception cref="SocoDataException">A tensor of the backbone is among them, or the file has a block more.</exception>
    internal static void Refuse(WeightsFile weights, IEnumerable<string> lacking, string prefix)
    {
        string[] ofBackbone =
        [
            .. lacking.Where(name =>
                name.StartsWith(prefix, StringComparison.Ordinal) && !name.EndsWith(".num_batches_tracked", StringComparison.Ordinal)
            ),
        ];
        if (ofBackbone.Length > 0)
        {
            throw new SocoDataException(
                $"{weights.Path} lacks {ofBackbone.Length} tensors of the backbone, or has them in another shape, {ofBackbone[0]} among them: "
                    + "take the file of a whole backbone, or add --partial to initialize those randomly."
            );
        }

        WeightsWidths.Of(weights).RefuseDeeper(weights.Path, isOptional: true);
    }
}

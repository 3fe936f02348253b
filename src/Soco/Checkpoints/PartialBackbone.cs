namespace Soco.Checkpoints;

/// <summary>A backbone of which a file holds a part: trained on without a word, it would pass for pretrained.</summary>
internal static class PartialBackbone
{
    /// <summary>Whether a tensor counts batches, as some frameworks do and others do not; nothing is computed from it.</summary>
    internal static bool IsCounter(string name) => name.EndsWith(".num_batches_tracked", StringComparison.Ordinal);

    /// <summary>Says what is missing, and what to do.</summary>
    /// <param name="file">The file.</param>
    /// <param name="count">Tensors of the backbone that it lacks, or has in another shape.</param>
    /// <param name="first">One of them.</param>
    internal static SocoDataException Refusal(string file, int count, string first) => new(
        $"{file} lacks {count} tensors of the backbone, or has them in another shape, {first} among them: take the file of a whole backbone, or add --partial to initialize those randomly.");
}

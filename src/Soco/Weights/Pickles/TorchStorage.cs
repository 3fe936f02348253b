using static TorchSharp.torch;

namespace Soco.Weights.Pickles;

/// <summary>
/// A storage that a pickle of torch refers to. In files of before torch 1.6 its bytes are found after the pickle has been read.
/// </summary>
internal sealed class TorchStorage(ScalarType type, long count) : IStorage
{
    private FileStorage? _bytes;

    public ScalarType DType { get; } = type;

    public long Count { get; } = count;

    /// <summary>Says where the storage's bytes are.</summary>
    /// <exception cref="FormatException">They are too few.</exception>
    public void Locate(FileRange bytes) => _bytes = new FileStorage(bytes, DType, Count);

    public void Read(long first, Tensor target) =>
        (_bytes ?? throw new FormatException("its storage is not in the file")).Read(first, target);
}

namespace Soco.Weights.Pickles;

/// <summary>
/// The memory that the values of one pickle may take. One byte of a pickle can ask for a hundred bytes of values; those of a real file are
/// few beside its tensors, whose bytes stay where they are.
/// </summary>
/// <param name="fileLength">Bytes of the whole file.</param>
internal sealed class PickleBudget(long fileLength)
{
    /// <summary>A slot of the stack or of a list, which double when they are full, and a number in it.</summary>
    public const int Slot = 48;

    /// <summary>An entry of a dictionary or of the memo.</summary>
    public const int Entry = 64;

    /// <summary>An object with a few fields.</summary>
    public const int Object = 96;

    private const long Floor = 16 << 20;
    private long _left = Floor + fileLength;

    /// <exception cref="RefusedException">The values would take more than the file itself and 16 MiB.</exception>
    public void Charge(long bytes)
    {
        _left -= bytes;
        if (_left < 0)
        {
            throw new RefusedException("it builds more values than a file of its size has any use for");
        }
    }
}

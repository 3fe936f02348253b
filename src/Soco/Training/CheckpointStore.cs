using Soco.Checkpoints;
using static TorchSharp.torch;

namespace Soco.Training;

/// <summary>The checkpoints of a run: saved whole or not at all, found again, and thinned out.</summary>
public sealed class CheckpointStore
{
    private const int Newest = 2;

    private readonly RunFolder _folder;
    private readonly long _keepEverySteps;

    /// <param name="folder">The run.</param>
    /// <param name="keepEverySteps">
    /// Checkpoints at multiples of this many steps are never deleted, beside the newest two; 0 keeps those two only.
    /// </param>
    public CheckpointStore(RunFolder folder, long keepEverySteps)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(keepEverySteps);
        _folder = folder;
        _keepEverySteps = keepEverySteps;
    }

    /// <summary>Saves a checkpoint, points <c>last</c> at it and deletes those that need not stay.</summary>
    /// <returns>The file.</returns>
    /// <exception cref="SocoRunException">The disk is full; the older checkpoints are intact.</exception>
    public string Save(TrainingState state, IEnumerable<(string Name, Tensor Tensor)> tensors)
    {
        string path = _folder.CheckpointPath(state.Step);
        SafetensorsWriter.Write(path, tensors, state.ToMetadata());
        _folder.PointLastAt(state.Step);
        foreach (long step in _folder.CheckpointSteps().Where(step => step <= state.Step).Skip(Newest).Where(step => !IsKept(step)))
        {
            File.Delete(_folder.CheckpointPath(step));
        }

        return path;
    }

    /// <summary>The newest complete checkpoint, or null when there is none. The caller disposes it.</summary>
    public Checkpoint? OpenLast() => _folder.FindLast() is string path ? Checkpoint.Open(path) : null;

    private bool IsKept(long step) => _keepEverySteps > 0 && step % _keepEverySteps == 0;
}

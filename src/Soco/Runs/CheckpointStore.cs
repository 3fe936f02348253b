using Soco.Vision;
using Soco.Weights.Safetensors;
using static TorchSharp.torch;

namespace Soco.Runs;

/// <summary>The checkpoints of a run: saved whole or not at all, found again, and thinned out.</summary>
internal sealed class CheckpointStore
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

    /// <summary>The newest checkpoint that is whole, or null when there is none at all. The caller disposes it.</summary>
    /// <param name="onDamaged">Told of each newer one that is damaged, and how.</param>
    /// <exception cref="SocoDataException">There are checkpoints, and all of them are damaged.</exception>
    public Checkpoint? OpenLast(Action<string> onDamaged)
    {
        SocoDataException? first = null;
        foreach (long step in _folder.CheckpointSteps())
        {
            try
            {
                return Checkpoint.Open(_folder.CheckpointPath(step));
            }
            catch (SocoDataException error)
            {
                first ??= error;
                onDamaged(error.Message);
            }
        }

        return first is null
            ? null
            : throw new SocoDataException(
                $"None of the checkpoints in {_folder.CheckpointsPath} can be resumed: {first.Message} Put a copy back, or name another --out folder to start anew.",
                first
            );
    }

    private bool IsKept(long step) => step > 0 && _keepEverySteps > 0 && step % _keepEverySteps == 0;
}

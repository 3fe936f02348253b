using System.IO.Hashing;
using Soco.Distributed;
using Soco.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Training;

/// <summary>The tensors of a training as a whole: whether they are finite, the same in all processes, and as they were before a step.</summary>
/// <param name="task">The training.</param>
internal sealed class TrainingTensors(TrainingTask task) : IDisposable
{
    /// <summary>What a forward pass changes, the norms' statistics, and its values before the step.</summary>
    private readonly (Tensor Live, Tensor Saved)[] _statistics =
    [
        .. task.Network.named_buffers().Select(b => (b.buffer, b.buffer.clone().DetachFromDisposeScope())),
    ];

    private ICollective Processes => task.Processes;

    /// <summary>Remembers the statistics before a step.</summary>
    public void SaveStatistics()
    {
        foreach ((Tensor live, Tensor saved) in _statistics)
        {
            saved.copy_(live);
        }
    }

    /// <summary>Puts back the statistics of before the step.</summary>
    public void RestoreStatistics()
    {
        using IDisposable guard = no_grad();
        foreach ((Tensor live, Tensor saved) in _statistics)
        {
            live.copy_(saved);
        }
    }

    /// <summary>The name of a tensor with values that are not finite; null where there is none.</summary>
    public string? NotFinite()
    {
        using IDisposable guard = no_grad();
        foreach ((string name, Tensor tensor) in task.State.Where(t => t.Tensor.is_floating_point()))
        {
            using DisposeScope scope = NewDisposeScope();
            if (!tensor.isfinite().all().item<bool>())
            {
                return name;
            }
        }

        return null;
    }

    /// <summary>Gives all processes the tensors of the first one, so that all begin with the same bits.</summary>
    public void FollowFirst()
    {
        using IDisposable guard = no_grad();
        foreach ((_, Tensor tensor) in task.State)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor dense = tensor.detach().contiguous();
            Processes.Broadcast(dense);
            tensor.copy_(dense);
            CastWeights.Changed(tensor);
        }
    }

    /// <summary>The first process whose tensors are not those of process 0; null where all agree.</summary>
    public int? FirstApart()
    {
        var hash = new XxHash3();
        foreach ((_, Tensor tensor) in task.State)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor host = tensor.detach().cpu().contiguous();
            hash.Append(host.bytes);
        }

        byte[][] hashes = Processes.AllGather(hash.GetCurrentHash());
        return Array.FindIndex(hashes, other => !other.AsSpan().SequenceEqual(hashes[0])) is > 0 and var apart ? apart : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((_, Tensor saved) in _statistics)
        {
            saved.Dispose();
        }
    }
}

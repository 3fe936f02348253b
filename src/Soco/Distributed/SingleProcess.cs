using static TorchSharp.torch;

namespace Soco.Distributed;

/// <summary>A job of one process: nothing to share, nobody to wait for.</summary>
public sealed class SingleProcess : ICollective
{
    private SingleProcess() { }

    /// <summary>The only instance.</summary>
    public static SingleProcess Instance { get; } = new();

    /// <inheritdoc/>
    public int Rank => 0;

    /// <inheritdoc/>
    public int Size => 1;

    /// <inheritdoc/>
    public string Engine => "one process";

    /// <inheritdoc/>
    public IReadOnlyList<string> Hosts { get; } = [Environment.MachineName];

    /// <inheritdoc/>
    public void AllReduce(Tensor values) { }

    /// <inheritdoc/>
    public void AllReduce(Span<double> values) { }

    /// <inheritdoc/>
    public IDisposable BeginAllReduce(Tensor values) => this;

    /// <inheritdoc/>
    public void Broadcast(Tensor values) { }

    /// <inheritdoc/>
    public byte[][] AllGather(ReadOnlySpan<byte> message) => [message.ToArray()];

    /// <inheritdoc/>
    public void Barrier() { }

    /// <inheritdoc/>
    public void Abort(int exitCode) { }

    /// <inheritdoc/>
    public void Dispose() { }
}

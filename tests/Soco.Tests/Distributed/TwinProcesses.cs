using Soco.Distributed;
using static TorchSharp.torch;

namespace Soco.Tests.Distributed;

/// <summary>Two processes that have the same of everything: sums are doubled, messages come twice.</summary>
internal sealed class TwinProcesses : ICollective
{
    public int Rank => 0;

    public int Size => 2;

    public string Engine => "twins";

    public IReadOnlyList<string> Hosts { get; } = ["here", "here"];

    public void AllReduce(Tensor values)
    {
        using var guard = no_grad();
        values.mul_(2);
    }

    public void AllReduce(Span<double> values)
    {
        foreach (ref double value in values)
        {
            value *= 2;
        }
    }

    public IDisposable BeginAllReduce(Tensor values)
    {
        AllReduce(values);
        return SingleProcess.Instance;
    }

    public void Broadcast(Tensor values) { }

    public byte[][] AllGather(ReadOnlySpan<byte> message) => [message.ToArray(), message.ToArray()];

    public void Barrier() { }

    public void Abort(int exitCode) => throw new InvalidOperationException($"Aborted with {exitCode}.");

    public void Dispose() { }
}

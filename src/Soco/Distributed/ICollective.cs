using Soco.Vision;
using static TorchSharp.torch;

namespace Soco.Distributed;

/// <summary>
/// The processes of a job and what they do together. Every process calls the same operations in the same order; each waits for the others.
/// One thread of a process calls them.
/// </summary>
public interface ICollective : IDisposable
{
    /// <summary>Number of this process, from 0.</summary>
    int Rank { get; }

    /// <summary>Number of processes, at least 1.</summary>
    int Size { get; }

    /// <summary>What carries the data, with its version.</summary>
    string Engine { get; }

    /// <summary>The host of each process, by rank.</summary>
    IReadOnlyList<string> Hosts { get; }

    /// <summary>Replaces the values by their sums over the processes. The sums have the same bits in every process.</summary>
    /// <param name="values">float32 or float64, contiguous, of one length in all processes.</param>
    /// <exception cref="ArgumentException">The values are of another type, or not contiguous.</exception>
    /// <exception cref="SocoRunException">A process is gone or has not answered.</exception>
    void AllReduce(Tensor values);

    /// <summary>Replaces numbers by their sums over the processes.</summary>
    /// <param name="values">As many in all processes.</param>
    /// <exception cref="SocoRunException">A process is gone or has not answered.</exception>
    void AllReduce(Span<double> values);

    /// <summary>
    /// Begins <see cref="AllReduce(Tensor)"/>; the values are not touched until the result is disposed, which waits for the sums.
    /// </summary>
    /// <param name="values">float32 or float64, contiguous, of one length in all processes.</param>
    /// <returns>Disposing it waits.</returns>
    IDisposable BeginAllReduce(Tensor values);

    /// <summary>Replaces the values by those of rank 0.</summary>
    /// <param name="values">Of any type, contiguous, of one size in all processes.</param>
    /// <exception cref="SocoRunException">A process is gone or has not answered.</exception>
    void Broadcast(Tensor values);

    /// <summary>The messages of all processes, by rank.</summary>
    /// <param name="message">The message of this process, of any length.</param>
    /// <exception cref="SocoRunException">A process is gone or has not answered, or the messages are more than 2 GiB.</exception>
    byte[][] AllGather(ReadOnlySpan<byte> message);

    /// <summary>Waits until every process is here.</summary>
    void Barrier();

    /// <summary>Ends all processes. Does not return where there are several.</summary>
    /// <param name="exitCode">Exit code of the job.</param>
    void Abort(int exitCode);
}

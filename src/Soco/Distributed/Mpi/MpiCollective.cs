using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Soco.Vision;
using TorchSharp;
using static TorchSharp.torch;
using NativeMemory = Soco.Tensors.NativeMemory;

namespace Soco.Distributed.Mpi;

/// <summary>
/// The processes that <c>mpirun</c> or <c>srun</c> started, over MPI. Every operation is a non-blocking one that is asked after until it is
/// done, so that the heartbeats go on while a process waits.
/// </summary>
public sealed unsafe class MpiCollective : ICollective
{
    private const int BusyTries = 10;
    private const int PatientAfterMilliseconds = 20;

    // Counts of MPI are of 32 bits.
    private const int LongestMessage = 1 << 30;

    private readonly MpiLibrary _mpi;
    private readonly Lock _gate = new();
    private readonly Heartbeat? _heartbeat;

    private MpiCollective(MpiLibrary mpi, TimeSpan patience, Action<string> report)
    {
        _mpi = mpi;
        Rank = mpi.Rank();
        Size = mpi.Size();
        Hosts = [Environment.MachineName];
        if (Size > 1)
        {
            // All hosts are known before a process can be missed: a rank alone would tell little.
            Hosts = Array.ConvertAll(AllGather(Encoding.UTF8.GetBytes(mpi.Host())), Encoding.UTF8.GetString);
            _heartbeat = new Heartbeat(mpi, _gate, Hosts, Rank, patience, report);
        }
    }

    /// <summary>How long a process may be silent before the job is ended.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(20);

    /// <summary>Whether a launcher of MPI started this process.</summary>
    public static bool IsLaunched => MpiLaunch.IsLaunched;

    /// <summary>Name and version of the MPI library that is installed; null where there is none. Nothing is started.</summary>
    public static string? InstalledLibrary => MpiLibrary.Find()?.Version;

    /// <inheritdoc/>
    public int Rank { get; }

    /// <inheritdoc/>
    public int Size { get; }

    /// <inheritdoc/>
    public string Engine => _mpi.Version;

    /// <inheritdoc/>
    public IReadOnlyList<string> Hosts { get; }

    /// <summary>Joins the other processes. Once in a process.</summary>
    /// <param name="report">Receives the sentence on a process that is gone, just before the job is ended.</param>
    /// <param name="patience">How long a process may be silent; null: <see cref="Patience"/>.</param>
    /// <exception cref="SocoRequestException">There is no MPI library, or the launcher belongs to another one.</exception>
    public static MpiCollective Join(Action<string> report, TimeSpan? patience = null)
    {
        MpiLibrary mpi = MpiLibrary.Load();
        mpi.Initialize();
        var processes = new MpiCollective(mpi, patience ?? Patience, report);
        if (processes.Size == 1 && MpiLaunch.AskedSize > 1)
        {
            throw new SocoRequestException(
                $"{MpiLaunch.AskedSize} processes were started, and each is alone for {mpi.Version}: the launcher belongs to another MPI library. "
                    + $"Take its own mpirun, give srun the --mpi of the library (srun --mpi=list), or let {MpiLibrary.PathVariable} name the library."
            );
        }

        return processes;
    }

    /// <inheritdoc/>
    public void AllReduce(Tensor values) => BeginAllReduce(values).Dispose();

    /// <inheritdoc/>
    public void AllReduce(Span<double> values)
    {
        nint request = 0;
        fixed (double* memory = values)
        {
            lock (_gate)
            {
                _mpi.BeginAllReduce(memory, values.Length, _mpi.Abi.Double, &request);
            }

            Wait(&request);
        }
    }

    /// <inheritdoc/>
    public IDisposable BeginAllReduce(Tensor values)
    {
        nint type = values.dtype switch
        {
            ScalarType.Float32 => _mpi.Abi.Float,
            ScalarType.Float64 => _mpi.Abi.Double,
            _ => throw new ArgumentException($"Sums are made of float32 and float64, not of {values.dtype}.", nameof(values)),
        };
        return new Reduction(this, values, type);
    }

    /// <inheritdoc/>
    public void Broadcast(Tensor values)
    {
        Tensor host = Prepared(values);
        byte* memory = NativeMemory.BytesOf(host);
        long bytes = host.numel() * host.element_size();
        for (long at = 0; at < bytes; at += LongestMessage)
        {
            nint request = 0;
            lock (_gate)
            {
                _mpi.BeginBroadcast(memory + at, (int)Math.Min(LongestMessage, bytes - at), &request);
            }

            Wait(&request);
        }

        Return(host, values);
    }

    /// <inheritdoc/>
    public byte[][] AllGather(ReadOnlySpan<byte> message)
    {
        byte[] counts = new byte[Size * sizeof(int)];
        byte[] one = BitConverter.GetBytes(message.Length);
        Gather(one, counts, [.. Enumerable.Repeat(sizeof(int), Size)]);
        int[] lengths = MemoryMarshal.Cast<byte, int>(counts).ToArray();
        long total = lengths.Sum(length => (long)length);
        if (total > LongestMessage)
        {
            throw new SocoRunException($"The processes have {total} bytes to tell each other at once, more than a message takes.");
        }

        byte[] all = new byte[total];
        Gather(message, all, lengths);
        byte[][] parts = new byte[Size][];
        int at = 0;
        for (int rank = 0; rank < Size; rank++)
        {
            parts[rank] = all[at..(at += lengths[rank])];
        }

        return parts;
    }

    /// <inheritdoc/>
    public void Barrier()
    {
        nint request = 0;
        lock (_gate)
        {
            _mpi.BeginBarrier(&request);
        }

        Wait(&request);
    }

    /// <inheritdoc/>
    public void Abort(int exitCode) => _mpi.Abort(exitCode);

    /// <summary>Waits for the others, and leaves them.</summary>
    public void Dispose()
    {
        if (Size > 1)
        {
            Barrier();
            _heartbeat?.Dispose();
        }

        _mpi.End();
    }

    private void Gather(ReadOnlySpan<byte> mine, byte[] all, int[] lengths)
    {
        int[] starts = new int[lengths.Length];
        for (int rank = 1; rank < lengths.Length; rank++)
        {
            starts[rank] = starts[rank - 1] + lengths[rank - 1];
        }

        nint request = 0;
        fixed (
            byte* from = mine,
                to = all
        )
        fixed (
            int* counts = lengths,
                places = starts
        )
        {
            lock (_gate)
            {
                _mpi.BeginAllGather(from, mine.Length, to, counts, places, &request);
            }

            Wait(&request);
        }
    }

    /// <summary>
    /// Asks until an operation is done: busily at first, as long as others may be about to arrive, then without keeping a core.
    /// </summary>
    private void Wait(nint* request)
    {
        long began = Stopwatch.GetTimestamp();
        for (int tries = 0; !IsDone(request); tries++)
        {
            if (tries < BusyTries)
            {
                Thread.SpinWait(20);
            }
            else
            {
                Thread.Sleep(Stopwatch.GetElapsedTime(began).TotalMilliseconds < PatientAfterMilliseconds ? 0 : 1);
            }
        }
    }

    private bool IsDone(nint* request)
    {
        lock (_gate)
        {
            return _mpi.IsDone(request);
        }
    }

    /// <summary>The values as MPI reads them: on the CPU, without gradient. The tensor itself where it is there.</summary>
    private static Tensor Prepared(Tensor values)
    {
        if (!values.is_contiguous())
        {
            throw new ArgumentException("Processes exchange contiguous tensors.", nameof(values));
        }

        return values.device_type == DeviceType.CPU ? values : values.cpu();
    }

    private static void Return(Tensor host, Tensor values)
    {
        if (!ReferenceEquals(host, values))
        {
            using IDisposable guard = no_grad();
            values.copy_(host);
            host.Dispose();
        }
    }

    /// <summary>Sums that are under way, in messages that MPI can count.</summary>
    private sealed class Reduction : IDisposable
    {
        private readonly MpiCollective _processes;
        private readonly Tensor _values;
        private readonly Tensor _host;
        private readonly nint[] _requests;
        private bool _ended;

        public Reduction(MpiCollective processes, Tensor values, nint type)
        {
            (_processes, _values, _host) = (processes, values, Prepared(values));
            long count = _host.numel(),
                size = _host.element_size(),
                most = LongestMessage / size;
            byte* memory = NativeMemory.BytesOf(_host);

            // MPI writes to the handles until the sums are there: their place must not move.
            _requests = GC.AllocateArray<nint>((int)((count + most - 1) / most), pinned: true);
            lock (processes._gate)
            {
                for (int piece = 0; piece < _requests.Length; piece++)
                {
                    fixed (nint* request = &_requests[piece])
                    {
                        processes._mpi.BeginAllReduce(
                            memory + piece * most * size,
                            (int)Math.Min(most, count - piece * most),
                            type,
                            request
                        );
                    }
                }
            }
        }

        public void Dispose()
        {
            if (_ended)
            {
                return;
            }

            _ended = true;
            for (int piece = 0; piece < _requests.Length; piece++)
            {
                fixed (nint* request = &_requests[piece])
                {
                    _processes.Wait(request);
                }
            }

            GC.KeepAlive(_host);
            Return(_host, _values);
        }
    }
}

using System.Diagnostics;
using Soco.Vision;

namespace Soco.Distributed.Mpi;

/// <summary>
/// Notices a process that died, hangs or is stopped, which MPI alone does not: each process sends a byte to rank 0 and rank 0 one to each,
/// every second, from a thread of its own. Who hears nothing for too long says who is missing and ends the job; it can be resumed.
/// </summary>
internal sealed unsafe class Heartbeat : IDisposable
{
    private const byte Alive = 0;
    private const byte Leaving = 1;

    private const int Failed = 1;

    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    private readonly MpiLibrary _mpi;
    private readonly Lock _gate;
    private readonly Peer[] _peers;
    private readonly TimeSpan _patience;
    private readonly Action<string> _report;
    private readonly ManualResetEventSlim _leave = new();
    private readonly Thread _thread;
    private readonly nint _communicator;

    /// <param name="mpi">The library.</param>
    /// <param name="gate">Held for each call of the library.</param>
    /// <param name="hosts">The host of each process.</param>
    /// <param name="rank">This process.</param>
    /// <param name="patience">How long a process may be silent.</param>
    /// <param name="report">Receives the sentence on a silent one.</param>
    public Heartbeat(MpiLibrary mpi, Lock gate, IReadOnlyList<string> hosts, int rank, TimeSpan patience, Action<string> report)
    {
        (_mpi, _gate, _patience, _report) = (mpi, gate, patience, report);
        _communicator = mpi.Duplicate();
        _peers = [.. (rank == 0 ? Enumerable.Range(1, hosts.Count - 1) : [0]).Select(other => new Peer(other, hosts[other]))];
        _thread = new Thread(Beat) { IsBackground = true, Name = nameof(Heartbeat) };
        _thread.Start();
    }

    /// <summary>Tells the others that this process leaves, and waits for their word.</summary>
    public void Dispose()
    {
        _leave.Set();
        _thread.Join();
        _leave.Dispose();
    }

    private void Beat()
    {
        try
        {
            while (!_leave.Wait(s_interval))
            {
                foreach (Peer peer in _peers)
                {
                    Send(peer, Alive);
                    Receive(peer);
                    if (peer.Silence > _patience)
                    {
                        _report(
                            $"Process {peer.Rank} on {peer.Host} has not answered for {_patience.TotalSeconds:0} s: it died, hangs or is stopped. "
                                + "All processes end here; the same command resumes from the last checkpoint."
                        );
                        _mpi.Abort(Failed);
                        return;
                    }
                }
            }

            Leave();
        }
        catch (SocoRunException error)
        {
            _report(error.Message);
            _mpi.Abort(Failed);
        }
    }

    /// <summary>Every message has its receipt before MPI ends: each side receives until the other says that it leaves.</summary>
    private void Leave()
    {
        foreach (Peer peer in _peers)
        {
            while (!Send(peer, Leaving))
            {
                Thread.Sleep(1);
            }
        }

        while (!Array.TrueForAll(_peers, peer => peer.HasLeft) || !Array.TrueForAll(_peers, IsSent))
        {
            Array.ForEach(_peers, Receive);
            Thread.Sleep(1);
            if (Array.Find(_peers, peer => peer.Silence > _patience) is { } lost)
            {
                throw new SocoRunException($"Process {lost.Rank} on {lost.Host} did not end with the others.");
            }
        }
    }

    private bool IsSent(Peer peer)
    {
        if (!peer.Sends)
        {
            return true;
        }

        lock (_gate)
        {
            peer.Sends = !_mpi.IsDone(peer.Sending);
        }

        return !peer.Sends;
    }

    /// <summary>Sends a byte, unless the last one is still on its way.</summary>
    private bool Send(Peer peer, byte word)
    {
        if (!IsSent(peer))
        {
            return false;
        }

        *peer.Word = word;
        lock (_gate)
        {
            _mpi.BeginSend(peer.Word, peer.Rank, _communicator, peer.Sending);
        }

        peer.Sends = true;
        return true;
    }

    private void Receive(Peer peer)
    {
        while (!peer.HasLeft)
        {
            lock (_gate)
            {
                if (!peer.Receives)
                {
                    _mpi.BeginReceive(peer.Heard, peer.Rank, _communicator, peer.Receiving);
                    peer.Receives = true;
                }

                if (!_mpi.IsDone(peer.Receiving))
                {
                    return;
                }
            }

            peer.Receives = false;
            peer.HasLeft = *peer.Heard == Leaving;
            peer.Hear();
        }
    }

    /// <summary>A process that beats with this one. Its bytes and handles lie where MPI may write at any time.</summary>
    private sealed class Peer(int rank, string host)
    {
        private readonly nint[] _places = GC.AllocateArray<nint>(4, pinned: true);
        private long _heard = Stopwatch.GetTimestamp();

        public int Rank => rank;

        public string Host => host;

        public bool Sends { get; set; }

        public bool Receives { get; set; }

        public bool HasLeft { get; set; }

        public nint* Sending => Place(0);

        public nint* Receiving => Place(1);

        public byte* Word => (byte*)Place(2);

        public byte* Heard => (byte*)Place(3);

        public TimeSpan Silence => Stopwatch.GetElapsedTime(_heard);

        public void Hear() => _heard = Stopwatch.GetTimestamp();

        private nint* Place(int at)
        {
            fixed (nint* place = &_places[at])
            {
                return place;
            }
        }
    }
}

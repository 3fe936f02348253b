using System.Runtime.InteropServices;
using System.Text;
using Soco.Vision;

namespace Soco.Distributed.Mpi;

/// <summary>The MPI library of the machine, found when it is first asked for: Open MPI, MPICH or one with the ABI of MPI 5.</summary>
internal sealed unsafe class MpiLibrary
{
    /// <summary>Names a library to take instead of those that are looked for.</summary>
    public const string PathVariable = "SOCO_MPI_LIBRARY";

    private const int LongestVersion = 8192;
    private const int LongestHost = 256;

    private static readonly string[] s_openMpi = ["libmpi.so.40", "libmpi.so.80", "libmpi.40.dylib"];
    private static readonly string[] s_mpich = ["libmpi_abi.so.0", "libmpich.so.12", "libmpi.so.12", "libmpi.12.dylib"];

    private readonly delegate* unmanaged<nint, nint, int, int*, int> _initThread;
    private readonly delegate* unmanaged<int*, int> _initialized;
    private readonly delegate* unmanaged<nint, int*, int> _rank;
    private readonly delegate* unmanaged<nint, int*, int> _size;
    private readonly delegate* unmanaged<nint, nint*, int> _duplicate;
    private readonly delegate* unmanaged<nint, nint, int, nint, nint, nint, nint*, int> _allReduce;
    private readonly delegate* unmanaged<nint, int, nint, int, nint, nint*, int> _broadcast;
    private readonly delegate* unmanaged<nint, int, nint, nint, int*, int*, nint, nint, nint*, int> _allGather;
    private readonly delegate* unmanaged<nint, nint*, int> _barrier;
    private readonly delegate* unmanaged<nint, int, nint, int, int, nint, nint*, int> _send;
    private readonly delegate* unmanaged<nint, int, nint, int, int, nint, nint*, int> _receive;
    private readonly delegate* unmanaged<nint*, int*, nint, int> _test;
    private readonly delegate* unmanaged<nint, int, int> _abort;
    private readonly delegate* unmanaged<int> _finalize;
    private readonly delegate* unmanaged<byte*, int*, int> _processorName;

    private MpiLibrary(nint library, string name)
    {
        nint Address(string symbol) =>
            NativeLibrary.TryGetExport(library, symbol, out nint address)
                ? address
                : throw new SocoRequestException($"{name} is no MPI library: it has no {symbol}. {PathVariable} can name another one.");

        _initThread = (delegate* unmanaged<nint, nint, int, int*, int>)Address("MPI_Init_thread");
        _initialized = (delegate* unmanaged<int*, int>)Address("MPI_Initialized");
        _rank = (delegate* unmanaged<nint, int*, int>)Address("MPI_Comm_rank");
        _size = (delegate* unmanaged<nint, int*, int>)Address("MPI_Comm_size");
        _duplicate = (delegate* unmanaged<nint, nint*, int>)Address("MPI_Comm_dup");
        _allReduce = (delegate* unmanaged<nint, nint, int, nint, nint, nint, nint*, int>)Address("MPI_Iallreduce");
        _broadcast = (delegate* unmanaged<nint, int, nint, int, nint, nint*, int>)Address("MPI_Ibcast");
        _allGather = (delegate* unmanaged<nint, int, nint, nint, int*, int*, nint, nint, nint*, int>)Address("MPI_Iallgatherv");
        _barrier = (delegate* unmanaged<nint, nint*, int>)Address("MPI_Ibarrier");
        _send = (delegate* unmanaged<nint, int, nint, int, int, nint, nint*, int>)Address("MPI_Isend");
        _receive = (delegate* unmanaged<nint, int, nint, int, int, nint, nint*, int>)Address("MPI_Irecv");
        _test = (delegate* unmanaged<nint*, int*, nint, int>)Address("MPI_Test");
        _abort = (delegate* unmanaged<nint, int, int>)Address("MPI_Abort");
        _finalize = (delegate* unmanaged<int>)Address("MPI_Finalize");
        _processorName = (delegate* unmanaged<byte*, int*, int>)Address("MPI_Get_processor_name");
        Version = TextOf(Address("MPI_Get_library_version"), LongestVersion)
            .Split('\n', ',')[0]
            .Replace("Version:", "", StringComparison.Ordinal)
            .Trim('\0', ' ');
        Version = string.Join(' ', Version.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        bool openMpi = NativeLibrary.TryGetExport(library, "ompi_mpi_comm_world", out _);
        Abi =
            openMpi ? MpiAbi.OpenMpi(Address)
            : name.Contains("mpi_abi", StringComparison.Ordinal) ? MpiAbi.Standard
            : MpiAbi.Mpich;
        World = Abi.World;
    }

    /// <summary>The library's name and version.</summary>
    public string Version { get; }

    /// <summary>Its constants.</summary>
    public MpiAbi Abi { get; }

    /// <summary>The communicator of all processes.</summary>
    public nint World { get; }

    /// <summary>Finds the library that belongs to the launcher of this process.</summary>
    /// <exception cref="SocoRequestException">There is none.</exception>
    public static MpiLibrary Load() =>
        Find()
        ?? throw new SocoRequestException(
            $"No MPI library was found ({string.Join(", ", Names())}): install the one of the launcher, such as Debian's openmpi-bin or mpich, or let {PathVariable} name its file."
        );

    /// <summary>Finds the library; null where there is none.</summary>
    public static MpiLibrary? Find()
    {
        foreach (string name in Names())
        {
            if (GlobalLibrary.Open(name) is var library && library != 0)
            {
                return new MpiLibrary(library, name);
            }
        }

        return null;
    }

    private static string[] Names()
    {
        string? named = Environment.GetEnvironmentVariable(PathVariable);
        return !string.IsNullOrEmpty(named) ? [named]
            : MpiLaunch.IsOfOpenMpi ? s_openMpi
            : MpiLaunch.IsOfMpich ? s_mpich
            : [.. s_openMpi, .. s_mpich];
    }

    /// <summary>Joins the processes of the launcher.</summary>
    /// <exception cref="SocoRequestException">The library was built for one thread only.</exception>
    public void Initialize()
    {
        int done;
        Check(_initialized(&done), "MPI_Initialized");
        if (done != 0)
        {
            return;
        }

        int provided;
        Check(_initThread(0, 0, Abi.Serialized, &provided), "MPI_Init_thread");
        if (provided < Abi.Serialized)
        {
            throw new SocoRequestException($"{Version} was built without support for threads, which Soco needs: take another build of it.");
        }
    }

    /// <summary>Number of this process.</summary>
    public int Rank()
    {
        int rank;
        Check(_rank(World, &rank), "MPI_Comm_rank");
        return rank;
    }

    /// <summary>Number of processes.</summary>
    public int Size()
    {
        int size;
        Check(_size(World, &size), "MPI_Comm_size");
        return size;
    }

    /// <summary>A communicator of the same processes, whose messages meet no others.</summary>
    public nint Duplicate()
    {
        nint made = 0;
        Check(_duplicate(World, &made), "MPI_Comm_dup");
        return made;
    }

    /// <summary>The host of this process.</summary>
    public string Host()
    {
        byte* text = stackalloc byte[LongestHost];
        int length;
        Check(_processorName(text, &length), "MPI_Get_processor_name");
        return Encoding.UTF8.GetString(text, length);
    }

    public void BeginAllReduce(void* values, int count, nint type, nint* request) =>
        Check(_allReduce(Abi.InPlace, (nint)values, count, type, Abi.Sum, World, request), "MPI_Iallreduce");

    public void BeginBroadcast(void* values, int bytes, nint* request) =>
        Check(_broadcast((nint)values, bytes, Abi.Byte, 0, World, request), "MPI_Ibcast");

    public void BeginAllGather(void* mine, int bytes, void* all, int* counts, int* starts, nint* request) =>
        Check(_allGather((nint)mine, bytes, Abi.Byte, (nint)all, counts, starts, Abi.Byte, World, request), "MPI_Iallgatherv");

    public void BeginBarrier(nint* request) => Check(_barrier(World, request), "MPI_Ibarrier");

    public void BeginSend(byte* message, int to, nint communicator, nint* request) =>
        Check(_send((nint)message, 1, Abi.Byte, to, 0, communicator, request), "MPI_Isend");

    public void BeginReceive(byte* message, int from, nint communicator, nint* request) =>
        Check(_receive((nint)message, 1, Abi.Byte, from, 0, communicator, request), "MPI_Irecv");

    /// <summary>Whether an operation has ended; drives all that are under way.</summary>
    public bool IsDone(nint* request)
    {
        int done;
        Check(_test(request, &done, Abi.StatusIgnore), "MPI_Test");
        return done != 0;
    }

    /// <summary>Ends all processes.</summary>
    public void Abort(int exitCode) => _abort(World, exitCode);

    /// <summary>Leaves the processes of the launcher.</summary>
    public void End() => Check(_finalize(), "MPI_Finalize");

    private static string TextOf(nint function, int longest)
    {
        byte[] text = new byte[longest];
        int length;
        fixed (byte* pointer = text)
        {
            Check(((delegate* unmanaged<byte*, int*, int>)function)(pointer, &length), "MPI_Get_library_version");
        }

        return Encoding.UTF8.GetString(text, 0, Math.Min(length, longest));
    }

    private static void Check(int code, string function)
    {
        if (code != 0)
        {
            throw new SocoRunException($"{function} failed with error {code}: another process of the job may be gone.");
        }
    }
}

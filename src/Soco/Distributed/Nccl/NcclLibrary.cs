using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Soco.Vision;

namespace Soco.Distributed.Nccl;

/// <summary>NCCL 2, which the user brings: sums and copies between GPUs.</summary>
internal sealed unsafe class NcclLibrary
{
    /// <summary>Names a library to take instead of <c>libnccl.so.2</c>.</summary>
    public const string PathVariable = "SOCO_NCCL_LIBRARY";

    private const string Name = "libnccl.so.2";

    private readonly delegate* unmanaged<int*, int> _version;
    private readonly delegate* unmanaged<UniqueId*, int> _uniqueId;
    private readonly delegate* unmanaged<nint*, int, UniqueId, int, int> _initialize;
    private readonly delegate* unmanaged<nint, nint, nuint, NcclType, int, nint, nint, int> _allReduce;
    private readonly delegate* unmanaged<nint, nint, nuint, NcclType, int, nint, nint, int> _broadcast;
    private readonly delegate* unmanaged<nint, int> _destroy;
    private readonly delegate* unmanaged<int, byte*> _errorText;

    /// <param name="address">Finds a function.</param>
    public NcclLibrary(Func<string, nint> address)
    {
        _version = (delegate* unmanaged<int*, int>)address("ncclGetVersion");
        _uniqueId = (delegate* unmanaged<UniqueId*, int>)address("ncclGetUniqueId");
        _initialize = (delegate* unmanaged<nint*, int, UniqueId, int, int>)address("ncclCommInitRank");
        _allReduce = (delegate* unmanaged<nint, nint, nuint, NcclType, int, nint, nint, int>)address("ncclAllReduce");
        _broadcast = (delegate* unmanaged<nint, nint, nuint, NcclType, int, nint, nint, int>)address("ncclBroadcast");
        _destroy = (delegate* unmanaged<nint, int>)address("ncclCommDestroy");
        _errorText = (delegate* unmanaged<int, byte*>)address("ncclGetErrorString");
    }

    /// <summary>Its version, such as 2.21.5.</summary>
    public string Version
    {
        get
        {
            int number;
            Check(_version(&number), "ncclGetVersion");
            return $"{number / 10000}.{number / 100 % 100}.{number % 100}";
        }
    }

    /// <summary>Finds the library.</summary>
    /// <returns>Null where there is none.</returns>
    public static NcclLibrary? Find()
    {
        string name = Environment.GetEnvironmentVariable(PathVariable) is { Length: > 0 } named ? named : Name;
        return NativeLibrary.TryLoad(name, out nint library) ? new NcclLibrary(symbol => NativeLibrary.GetExport(library, symbol)) : null;
    }

    /// <summary>A name for the processes that will join, made by one of them.</summary>
    public byte[] NewName()
    {
        UniqueId made;
        Check(_uniqueId(&made), "ncclGetUniqueId");
        return new Span<byte>(&made, sizeof(UniqueId)).ToArray();
    }

    /// <summary>Joins the processes of a name, on the current device.</summary>
    public nint Join(byte[] name, int rank, int size)
    {
        nint communicator = 0;
        Check(_initialize(&communicator, size, Unsafe.ReadUnaligned<UniqueId>(ref name[0]), rank), "ncclCommInitRank");
        return communicator;
    }

    /// <summary>Sums in place, in the order of the default stream.</summary>
    public void AllReduce(nint values, long count, NcclType type, nint communicator) =>
        Check(_allReduce(values, values, (nuint)count, type, 0, communicator, 0), "ncclAllReduce");

    /// <summary>Copies those of rank 0, in the order of the default stream.</summary>
    public void Broadcast(nint values, long bytes, nint communicator) =>
        Check(_broadcast(values, values, (nuint)bytes, NcclType.Byte, 0, communicator, 0), "ncclBroadcast");

    /// <summary>Leaves the processes.</summary>
    public void Leave(nint communicator) => Check(_destroy(communicator), "ncclCommDestroy");

    private void Check(int code, string function)
    {
        if (code != 0)
        {
            throw new SocoRunException($"{function} failed: {Marshal.PtrToStringUTF8((nint)_errorText(code))}.");
        }
    }

    /// <summary>ncclUniqueId.</summary>
    [InlineArray(128)]
    private struct UniqueId
    {
        private byte _first;
    }
}

/// <summary>ncclDataType_t, as far as it is used.</summary>
internal enum NcclType
{
    /// <summary>ncclUint8.</summary>
    Byte = 1,

    /// <summary>ncclFloat32.</summary>
    Float = 7,

    /// <summary>ncclFloat64.</summary>
    Double = 8,
}

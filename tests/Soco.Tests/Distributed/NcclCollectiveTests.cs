using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Soco.Distributed.Nccl;
using Soco.Vision;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Tests.Distributed;

/// <summary>The calls of NCCL, written down by a library that does nothing else: no GPU has run them.</summary>
[Collection(Alone.Name)]
public sealed unsafe class NcclCollectiveTests
{
    private static readonly List<string> s_calls = [];
    private static readonly nint s_failure = Marshal.StringToCoTaskMemUTF8("unhandled system error");
    private static bool s_fails;

    [Fact]
    public void Processes_join_under_the_name_of_the_first_and_sum_in_place_on_the_default_stream()
    {
        s_calls.Clear();
        using DisposeScope scope = NewDisposeScope();
        Tensor floats = zeros(6, device: META),
            doubles = zeros(2, 3, dtype: float64, device: META),
            bytes = zeros(5, dtype: uint8, device: META);
        using (var processes = new NcclCollective(new TwinProcesses(), Library(), tensor => (nint)tensor.numel() * 1000))
        {
            Assert.Equal("NCCL 2.21.5 with twins", processes.Engine);
            processes.AllReduce(floats);
            using (processes.BeginAllReduce(doubles)) { }

            processes.Broadcast(bytes);
        }

        Assert.Equal(
            [
                "name",
                "join rank 0 of 2 under 7",
                "sum 6 of type 7 at 6000 to 6000, op 0, communicator 42, stream 0",
                "sum 6 of type 8 at 6000 to 6000, op 0, communicator 42, stream 0",
                "broadcast 5 of type 1 at 5000 to 5000 from 0, communicator 42, stream 0",
                "leave 42",
            ],
            s_calls
        );
    }

    [Fact]
    public void What_lies_on_the_host_goes_over_the_hosts()
    {
        s_calls.Clear();
        using DisposeScope scope = NewDisposeScope();
        Tensor values = ones(3);
        using var processes = new NcclCollective(new TwinProcesses(), Library(), _ => 0);
        processes.AllReduce(values);

        Assert.Equal([2f, 2, 2], values.data<float>().ToArray());
        Assert.Equal(["name", "join rank 0 of 2 under 7"], s_calls);
    }

    [Fact]
    public void An_error_of_the_library_is_a_sentence()
    {
        using DisposeScope scope = NewDisposeScope();
        using var processes = new NcclCollective(new TwinProcesses(), Library(), _ => 0);
        s_fails = true;
        try
        {
            SocoRunException error = Assert.Throws<SocoRunException>(() => processes.AllReduce(zeros(1, device: META)));
            Assert.Equal("ncclAllReduce failed: unhandled system error.", error.Message);
        }
        finally
        {
            s_fails = false;
        }
    }

    private static NcclLibrary Library() =>
        new(symbol =>
            symbol switch
            {
                "ncclGetVersion" => (nint)(delegate* unmanaged<int*, int>)&Version,
                "ncclGetUniqueId" => (nint)(delegate* unmanaged<byte*, int>)&Name,
                "ncclCommInitRank" => (nint)(delegate* unmanaged<nint*, int, Identity, int, int>)&Join,
                "ncclAllReduce" => (nint)(delegate* unmanaged<nint, nint, nuint, int, int, nint, nint, int>)&Sum,
                "ncclBroadcast" => (nint)(delegate* unmanaged<nint, nint, nuint, int, int, nint, nint, int>)&Broadcast,
                "ncclCommDestroy" => (nint)(delegate* unmanaged<nint, int>)&Leave,
                "ncclGetErrorString" => (nint)(delegate* unmanaged<int, byte*>)&Error,
                _ => throw new InvalidOperationException(symbol),
            }
        );

    [UnmanagedCallersOnly]
    private static int Version(int* version)
    {
        *version = 22105;
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int Name(byte* name)
    {
        s_calls.Add("name");
        new Span<byte>(name, 128).Fill(7);
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int Join(nint* communicator, int size, Identity name, int rank)
    {
        s_calls.Add($"join rank {rank} of {size} under {name[127]}");
        *communicator = 42;
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int Sum(nint from, nint to, nuint count, int type, int operation, nint communicator, nint stream)
    {
        s_calls.Add($"sum {count} of type {type} at {from} to {to}, op {operation}, communicator {communicator}, stream {stream}");
        return s_fails ? 2 : 0;
    }

    [UnmanagedCallersOnly]
    private static int Broadcast(nint from, nint to, nuint count, int type, int root, nint communicator, nint stream)
    {
        s_calls.Add($"broadcast {count} of type {type} at {from} to {to} from {root}, communicator {communicator}, stream {stream}");
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int Leave(nint communicator)
    {
        s_calls.Add($"leave {communicator}");
        return 0;
    }

    [UnmanagedCallersOnly]
    private static byte* Error(int code) => (byte*)s_failure;

    [InlineArray(128)]
    private struct Identity
    {
        private byte _first;
    }
}

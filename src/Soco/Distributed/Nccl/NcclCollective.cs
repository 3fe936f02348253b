using Soco.Tensors;
using Soco.Vision;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Distributed.Nccl;

/// <summary>
/// Processes with a GPU each: tensors on the GPU go over NCCL, everything else over the collective that the processes already have. Work is
/// queued on the default stream, as that of libtorch is, and needs no waiting on the host.
/// </summary>
public sealed class NcclCollective : ICollective
{
    private readonly ICollective _hosts;
    private readonly NcclLibrary _nccl;
    private readonly Func<Tensor, nint> _addressOf;
    private readonly nint _communicator;

    /// <param name="hosts">The processes; the caller disposes them.</param>
    /// <param name="nccl">The library.</param>
    /// <param name="addressOf">The memory of a tensor on the GPU.</param>
    internal NcclCollective(ICollective hosts, NcclLibrary nccl, Func<Tensor, nint> addressOf)
    {
        (_hosts, _nccl, _addressOf) = (hosts, nccl, addressOf);
        byte[] name = hosts.AllGather(hosts.IsFirst() ? nccl.NewName() : [])[0];
        _communicator = nccl.Join(name, hosts.Rank, hosts.Size);
    }

    /// <inheritdoc/>
    public int Rank => _hosts.Rank;

    /// <inheritdoc/>
    public int Size => _hosts.Size;

    /// <inheritdoc/>
    public string Engine => $"NCCL {_nccl.Version} with {_hosts.Engine}";

    /// <inheritdoc/>
    public IReadOnlyList<string> Hosts => _hosts.Hosts;

    /// <summary>Puts NCCL before the collective of processes that compute on GPUs.</summary>
    /// <param name="hosts">The processes; the caller disposes them.</param>
    /// <exception cref="SocoRequestException">There is no NCCL.</exception>
    public static NcclCollective On(ICollective hosts) =>
        new(
            hosts,
            NcclLibrary.Find()
                ?? throw new SocoRequestException(
                    $"libnccl.so.2 was not found, and {hosts.Size} processes with a GPU each need it: install NCCL 2, or let {NcclLibrary.PathVariable} name its file."
                ),
            NativeMemory.DeviceAddressOf
        );

    /// <inheritdoc/>
    public void AllReduce(Tensor values) => BeginAllReduce(values).Dispose();

    /// <inheritdoc/>
    public void AllReduce(Span<double> values) => _hosts.AllReduce(values);

    /// <inheritdoc/>
    public IDisposable BeginAllReduce(Tensor values)
    {
        if (values.device_type == DeviceType.CPU)
        {
            return _hosts.BeginAllReduce(values);
        }

        NcclType type = values.dtype switch
        {
            ScalarType.Float32 => NcclType.Float,
            ScalarType.Float64 => NcclType.Double,
            _ => throw new ArgumentException($"Sums are made of float32 and float64, not of {values.dtype}.", nameof(values)),
        };
        RefuseScattered(values);
        _nccl.AllReduce(_addressOf(values), values.numel(), type, _communicator);
        return SingleProcess.Instance;
    }

    /// <inheritdoc/>
    public void Broadcast(Tensor values)
    {
        if (values.device_type == DeviceType.CPU)
        {
            _hosts.Broadcast(values);
            return;
        }

        RefuseScattered(values);
        _nccl.Broadcast(_addressOf(values), values.numel() * values.element_size(), _communicator);
    }

    /// <inheritdoc/>
    public byte[][] AllGather(ReadOnlySpan<byte> message) => _hosts.AllGather(message);

    /// <inheritdoc/>
    public void Barrier() => _hosts.Barrier();

    /// <inheritdoc/>
    public void Abort(int exitCode) => _hosts.Abort(exitCode);

    /// <inheritdoc/>
    public void Dispose() => _nccl.Leave(_communicator);

    private static void RefuseScattered(Tensor values)
    {
        if (!values.is_contiguous())
        {
            throw new ArgumentException("Processes exchange contiguous tensors.", nameof(values));
        }
    }
}

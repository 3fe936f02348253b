using System.Runtime.InteropServices;
using System.Text;
using TorchSharp;
using static TorchSharp.torch;
using NativeMemory = Soco.Tensors.NativeMemory;

namespace Soco.Distributed;

/// <summary>What is made of the operations of a collective.</summary>
public static class Collectives
{
    /// <summary>Whether this process is the one that writes files and reports.</summary>
    public static bool IsFirst(this ICollective processes) => processes.Rank == 0;

    /// <summary>Whether there are several processes.</summary>
    public static bool IsShared(this ICollective processes) => processes.Size > 1;

    /// <summary>Number of processes on the host of this one, at least 1.</summary>
    public static int OnThisHost(this ICollective processes) => processes.Hosts.Count(host => host == processes.Hosts[processes.Rank]);

    /// <summary>Threads of a process: as asked for, or the cores of its host shared out among the host's processes.</summary>
    /// <param name="processes">The processes.</param>
    /// <param name="asked">Threads; 0 where nothing is asked for.</param>
    internal static int ThreadsOf(this ICollective processes, int asked) =>
        asked > 0 ? asked : Math.Max(1, Environment.ProcessorCount / processes.OnThisHost());

    /// <summary>The part of some items that is this process's: consecutive, in the order of the ranks, of equal size to one item.</summary>
    /// <param name="processes">The processes.</param>
    /// <param name="items">Number of items.</param>
    /// <returns>The first item and the number of items, which may be 0.</returns>
    public static (int First, int Count) ShareOf(this ICollective processes, int items)
    {
        int first = (int)((long)items * processes.Rank / processes.Size);
        return (first, (int)((long)items * (processes.Rank + 1) / processes.Size) - first);
    }

    /// <summary>Whether any process says yes.</summary>
    public static bool Any(this ICollective processes, bool value) => processes.Sum(value ? 1.0 : 0)[0] > 0;

    /// <summary>The sums of numbers over the processes.</summary>
    /// <param name="processes">The processes.</param>
    /// <param name="values">As many in all processes; replaced by the sums.</param>
    public static double[] Sum(this ICollective processes, params double[] values)
    {
        processes.AllReduce(values);
        return values;
    }

    /// <summary>The largest of the numbers of all processes, place by place.</summary>
    /// <param name="processes">The processes.</param>
    /// <param name="values">As many in all processes.</param>
    public static long[] Max(this ICollective processes, params long[] values)
    {
        byte[][] all = processes.AllGather(MemoryMarshal.AsBytes(values.AsSpan()));
        return [.. values.Select((_, place) => all.Max(one => MemoryMarshal.Cast<byte, long>(one)[place]))];
    }

    /// <summary>The messages of all processes, by rank.</summary>
    public static string[] AllGather(this ICollective processes, string message) =>
        Array.ConvertAll(processes.AllGather(Encoding.UTF8.GetBytes(message)), Encoding.UTF8.GetString);

    /// <summary>A text of rank 0, known to all afterwards.</summary>
    /// <param name="processes">The processes.</param>
    /// <param name="make">Makes the text; called on rank 0 only.</param>
    public static string FromFirst(this ICollective processes, Func<string> make) =>
        processes.IsShared() ? processes.AllGather(processes.IsFirst() ? make() : "")[0] : make();

    /// <summary>Rows of all processes, one after the other in the order of the ranks.</summary>
    /// <param name="processes">The processes.</param>
    /// <param name="rows">[M, ...] float32; M may differ between processes.</param>
    /// <returns>[sum of M, ...], without gradient, on the device of the rows.</returns>
    public static Tensor AllGatherRows(this ICollective processes, Tensor rows)
    {
        using DisposeScope scope = NewDisposeScope();
        if (!processes.IsShared())
        {
            return rows.detach().MoveToOuterDisposeScope();
        }

        byte[][] parts = processes.AllGather(MemoryMarshal.AsBytes(NativeMemory.Copy(rows).AsSpan()));
        float[] values = new float[parts.Sum(part => (long)part.Length) / sizeof(float)];
        Span<byte> bytes = MemoryMarshal.AsBytes(values.AsSpan());
        foreach (byte[] part in parts)
        {
            part.CopyTo(bytes);
            bytes = bytes[part.Length..];
        }

        return tensor(
                values,
                [values.Length / rows.shape[1..].Aggregate(1L, (size, side) => size * side), .. rows.shape[1..]],
                device: rows.device
            )
            .MoveToOuterDisposeScope();
    }
}

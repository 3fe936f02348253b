using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Soco.Distributed;

/// <summary>
/// Sums gradients over processes in buckets (Li et al., PyTorch Distributed, VLDB 2020): while one bucket is on its way the next one is
/// filled, and what has arrived is written back.
/// </summary>
/// <param name="processes">The processes.</param>
/// <param name="bucketBytes">Size of a bucket; a larger gradient has one of its own.</param>
internal sealed class GradientSum(ICollective processes, long bucketBytes = GradientSum.DefaultBucketBytes)
{
    /// <summary>Size of a bucket: large enough that the time of a message is that of its bytes.</summary>
    public const long DefaultBucketBytes = 4 << 20;

    /// <summary>
    /// Replaces every gradient by its sum. A parameter that no process has a gradient for keeps none; a process that has none where another
    /// has one takes part with zeros.
    /// </summary>
    /// <param name="parameters">The same parameters in the same order in every process.</param>
    public void Run(IReadOnlyList<Parameter> parameters)
    {
        using IDisposable guard = no_grad();
        using DisposeScope scope = NewDisposeScope();
        double[] reached = processes.Sum([.. parameters.Select(parameter => parameter.grad is null ? 0.0 : 1)]);
        Parameter[] learning = [.. parameters.Where((_, place) => reached[place] > 0)];
        foreach (Parameter parameter in learning)
        {
            parameter.grad ??= zeros_like(parameter).DetachFromDisposeScope();
        }

        var underway = new Queue<(Tensor Bucket, Parameter[] Parts, IDisposable Sum)>();
        foreach (Parameter[] parts in Buckets(learning))
        {
            Tensor bucket = cat([.. parts.Select(part => part.grad!.reshape(-1))]);
            underway.Enqueue((bucket, parts, processes.BeginAllReduce(bucket)));
            if (underway.Count > 2)
            {
                WriteBack(underway.Dequeue());
            }
        }

        while (underway.TryDequeue(out (Tensor, Parameter[], IDisposable) last))
        {
            WriteBack(last);
        }
    }

    private static void WriteBack((Tensor Bucket, Parameter[] Parts, IDisposable Sum) arrived)
    {
        arrived.Sum.Dispose();
        long at = 0;
        foreach (Parameter part in arrived.Parts)
        {
            long length = part.numel();
            using Tensor gradient = part.grad!;
            using Tensor sum = arrived.Bucket.narrow(0, at, length).view(part.shape);
            gradient.copy_(sum);
            at += length;
        }

        arrived.Bucket.Dispose();
    }

    private IEnumerable<Parameter[]> Buckets(IEnumerable<Parameter> parameters)
    {
        var bucket = new List<Parameter>();
        long bytes = 0;
        foreach (Parameter parameter in parameters)
        {
            long size = parameter.numel() * sizeof(float);
            if (bucket.Count > 0 && bytes + size > bucketBytes)
            {
                yield return [.. bucket];
                bucket.Clear();
                bytes = 0;
            }

            bucket.Add(parameter);
            bytes += size;
        }

        if (bucket.Count > 0)
        {
            yield return [.. bucket];
        }
    }
}

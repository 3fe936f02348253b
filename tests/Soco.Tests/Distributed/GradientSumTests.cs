using Soco.Distributed;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Soco.Tests.Distributed;

[Collection(Alone.Name)]
public sealed class GradientSumTests
{
    [Theory]
    [InlineData(4)]
    [InlineData(40)]
    [InlineData(4096)]
    public void Every_gradient_becomes_its_sum_whatever_the_buckets(long bucketBytes)
    {
        using DisposeScope scope = NewDisposeScope();
        Parameter[] parameters = [.. new[] { 3, 1, 7, 2 }.Select(length => new Parameter(zeros(length)))];
        for (int i = 0; i < 4; i++)
        {
            // One has none, as a level without boxes.
            parameters[i].grad = i == 1 ? null : full(parameters[i].numel(), i + 1f);
        }

        new GradientSum(new TwinProcesses(), bucketBytes).Run(parameters);

        Assert.Null(parameters[1].grad);
        Assert.Equal([2f, 2, 2], parameters[0].grad!.data<float>().ToArray());
        Assert.Equal(Enumerable.Repeat(6f, 7), parameters[2].grad!.data<float>().ToArray());
        Assert.Equal([8f, 8], parameters[3].grad!.data<float>().ToArray());
    }

    [Fact]
    public void Sums_leave_no_tensors_behind()
    {
        Parameter[] parameters = [.. Enumerable.Range(1, 5).Select(length => new Parameter(zeros(length)) { grad = ones(length) })];
        var sum = new GradientSum(new TwinProcesses(), 16);
        sum.Run(parameters);
        long before = LiveTensors.Count();
        for (int i = 0; i < 10; i++)
        {
            sum.Run(parameters);
        }

        Assert.Equal(before, LiveTensors.Count());
        Array.ForEach(parameters, parameter => parameter.Dispose());
    }

    [Theory]
    [InlineData(10, 3)]
    [InlineData(2, 4)]
    [InlineData(0, 2)]
    public void Shares_are_consecutive_whole_and_even(int items, int size)
    {
        int next = 0;
        for (int rank = 0; rank < size; rank++)
        {
            (int first, int count) = new Ranked(rank, size).ShareOf(items);
            Assert.Equal(next, first);
            Assert.InRange(count, items / size, (items + size - 1) / size);
            next += count;
        }

        Assert.Equal(items, next);
    }

    private sealed class Ranked(int rank, int size) : ICollective
    {
        public int Rank => rank;

        public int Size => size;

        public string Engine => "";

        public IReadOnlyList<string> Hosts => [];

        public void AllReduce(Tensor values) => throw new NotSupportedException();

        public void AllReduce(Span<double> values) => throw new NotSupportedException();

        public IDisposable BeginAllReduce(Tensor values) => throw new NotSupportedException();

        public void Broadcast(Tensor values) => throw new NotSupportedException();

        public byte[][] AllGather(ReadOnlySpan<byte> message) => throw new NotSupportedException();

        public void Barrier() => throw new NotSupportedException();

        public void Abort(int exitCode) => throw new NotSupportedException();

        public void Dispose() { }
    }
}

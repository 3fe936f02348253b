using Soco.Models;
using Soco.Tests.Distributed;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Tests.Models;

[Collection(Alone.Name)]
public sealed class SynchronizedNormTests
{
    [Theory]
    [InlineData(true, 3)]
    [InlineData(true, 37)]
    [InlineData(false, 64)]
    public void Two_processes_with_the_same_batch_compute_what_one_does(bool maps, int channels)
    {
        using DisposeScope scope = NewDisposeScope();
        manual_seed(3);
        Tensor values = maps ? randn(4, channels, 9, 7) * 3 + 5 : randn(200, channels) * 3 + 5;
        Tensor gradient = randn_like(values);
        var alone = new BatchNorm(channels);
        var shared = new BatchNorm(channels) { Processes = new TwinProcesses() };
        Tensor scale = rand(channels) + 0.5, shift = randn(channels);
        var results = new List<Tensor[]>();
        foreach (BatchNorm norm in new[] { alone, shared })
        {
            using (no_grad())
            {
                norm.parameters().ElementAt(0).copy_(scale);
                norm.parameters().ElementAt(1).copy_(shift);
            }

            Tensor input = (maps ? values.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2) : values).clone().requires_grad_();
            Tensor output = norm.forward(input);
            output.backward([gradient]);
            results.Add([output, input.grad!, norm.parameters().ElementAt(0).grad!, norm.parameters().ElementAt(1).grad!, .. norm.buffers().Take(2)]);
        }

        for (int i = 0; i < results[0].Length - 1; i++)
        {
            double largest = results[0][i].abs().max().item<float>(), apart = (results[0][i] - results[1][i]).abs().max().item<float>();
            Assert.True(apart <= 2e-6 * Math.Max(largest, 1), $"{i}: {apart} of {largest}");
        }
    }
}

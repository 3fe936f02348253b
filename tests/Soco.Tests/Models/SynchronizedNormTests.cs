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
        Tensor scale = rand(channels) + 0.5,
            shift = randn(channels);
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
            results.Add([
                output,
                input.grad!,
                norm.parameters().ElementAt(0).grad!,
                norm.parameters().ElementAt(1).grad!,
                .. norm.buffers().Take(2),
            ]);
        }

        for (int i = 0; i < results[0].Length - 1; i++)
        {
            double largest = results[0][i].abs().max().item<float>(),
                apart = (results[0][i] - results[1][i]).abs().max().item<float>();
            Assert.True(apart <= 2e-6 * Math.Max(largest, 1), $"{i}: {apart} of {largest}");
        }
    }

    [Fact]
    public void Bfloat16_is_computed_in_float32_and_rounded_once()
    {
        using DisposeScope scope = NewDisposeScope();
        manual_seed(4);
        Tensor values = (randn(2, 5, 7, 37) * 3 + 5).to_type(ScalarType.BFloat16).permute(0, 3, 1, 2);
        Tensor gradient = randn(2, 5, 7, 37).to_type(ScalarType.BFloat16).permute(0, 3, 1, 2);
        Tensor[] narrow = Learn(values, gradient),
            wide = Learn(values.to_type(ScalarType.Float32), gradient.to_type(ScalarType.Float32));

        Assert.Equal(ScalarType.BFloat16, narrow[0].dtype);
        Assert.Equal(ScalarType.BFloat16, narrow[1].dtype);
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal(0, (narrow[i] - wide[i].to_type(ScalarType.BFloat16)).abs().max().to_type(ScalarType.Float32).item<float>());
        }

        static Tensor[] Learn(Tensor values, Tensor gradient)
        {
            var norm = new BatchNorm(37) { Processes = new TwinProcesses() };
            Tensor input = values.detach().requires_grad_();
            Tensor output = norm.forward(input);
            output.backward([gradient]);
            return [output.detach(), input.grad!];
        }
    }

    [Fact]
    public void A_process_without_values_takes_part_in_the_sums()
    {
        using DisposeScope scope = NewDisposeScope();
        var norm = new BatchNorm(6) { Processes = new TwinProcesses() };
        Tensor input = zeros(0, 6, 7, 7).requires_grad_();
        Tensor output = norm.forward(input);
        output.sum().backward();

        Assert.Equal([0, 6, 7, 7], output.shape);
        Assert.Equal([0, 6, 7, 7], input.grad!.shape);
        Assert.All(norm.buffers().Take(2), buffer => Assert.True(buffer.isfinite().all().item<bool>()));
    }
}

using Soco.Models;
using Soco.Optimization;
using Soco.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Tests.Tensors;

[Collection(Alone.Name)]
public class CastWeightsTests
{
    [Fact]
    public void An_optimizer_step_makes_a_fresh_copy_and_passes_of_one_step_share_it()
    {
        using DisposeScope scope = NewDisposeScope();
        manual_seed(1);
        using var layer = new Convolution(3, 4, 3);
        using var optimizer = new Sgd(layer.named_parameters().Select(p => (p.name, p.parameter)), 0, 0, _ => true);
        Tensor image = rand(1, 3, 5, 5).to_type(ScalarType.BFloat16);
        var weight = layer.parameters().Single();

        Tensor before = layer.forward(image),
            again = layer.forward(image);
        Assert.Equal(0, (before - again).abs().max().to_type(ScalarType.Float32).item<float>());
        Assert.Same(weight.As(ScalarType.BFloat16), weight.As(ScalarType.BFloat16));
        (before.sum() + again.sum()).backward();
        optimizer.Step(0.5);

        using IDisposable guard = no_grad();
        Tensor expected = nn.functional.conv2d(image, weight.to_type(ScalarType.BFloat16), null!, [1, 1], [1, 1], [1, 1], 1);
        Assert.Equal(0, (layer.forward(image) - expected).abs().max().to_type(ScalarType.Float32).item<float>());
        Assert.NotEqual(0, (layer.forward(image) - before).abs().max().to_type(ScalarType.Float32).item<float>());
    }

    [Fact]
    public void A_moving_average_that_takes_the_place_of_the_weights_is_what_runs()
    {
        using DisposeScope scope = NewDisposeScope();
        manual_seed(1);
        using var layer = new FullyConnected(3, 2);
        using var average = new WeightAverage(layer.named_parameters().Select(p => (p.name, p.parameter)));
        Tensor input = rand(4, 3).to_type(ScalarType.BFloat16);
        Tensor first = layer.forward(input);
        using (no_grad())
        {
            foreach (var parameter in layer.parameters())
            {
                parameter.add_(1);
            }
        }

        CastWeights.Changed(layer);
        Tensor moved = layer.forward(input);
        average.Swap();

        Assert.NotEqual(0, Distance(first, moved));
        Assert.Equal(0, Distance(first, layer.forward(input)));
        average.Swap();
        Assert.Equal(0, Distance(moved, layer.forward(input)));

        static float Distance(Tensor left, Tensor right) => (left - right).abs().max().to_type(ScalarType.Float32).item<float>();
    }
}

using Soco.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Tests.Models;

public sealed class PointwiseTests
{
    [Theory]
    [InlineData(3, 6, 4, 1, true)]
    [InlineData(3, 7, 5, 2, true)]
    [InlineData(1, 4, 4, 2, false)]
    [InlineData(2, 1, 1, 1, true)]
    public void A_product_of_pixels_and_weight_is_the_convolution(int images, int height, int width, int stride, bool withBias)
    {
        Same(images, height, width, withBias, stride, (input, weight, bias) => Pointwise.AsProduct(input, weight, bias, stride));
        Same(
            images,
            height,
            width,
            withBias,
            stride,
            (input, weight, bias) => Pointwise.AsProducts(input.contiguous(), weight, bias, stride)
        );
    }

    [Theory]
    [InlineData(3, 6, 4, 6, true)]
    [InlineData(1, 5, 5, 25, false)]
    [InlineData(8, 2, 7, 2, true)]
    public void Images_in_pieces_give_the_convolution(int images, int height, int width, int pieces, bool withBias) =>
        Same(images, height, width, withBias, 1, (input, weight, bias) => Pointwise.InPieces(input, weight, bias, pieces));

    [Theory]
    [InlineData(2, 5, 3, 1)]
    [InlineData(2, 5, 3, 2)]
    [InlineData(1, 2, 2, 1)]
    [InlineData(17, 2, 2, 1)]
    public void Whatever_way_is_taken_gives_the_convolution(int images, int height, int width, int stride) =>
        Same(images, height, width, true, stride, (input, weight, bias) => Pointwise.Convolve(input, weight, bias, stride));

    private static void Same(int images, int height, int width, bool withBias, int stride, Func<Tensor, Tensor, Tensor?, Tensor> convolve)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor Wave(params long[] shape) =>
            arange(shape.Aggregate(1L, (product, side) => product * side), ScalarType.Float32).sin().view(shape);
        Tensor pixels = Wave(images, height, width, 3);
        (Tensor Output, Tensor[] Gradients) Run(Func<Tensor, Tensor, Tensor?, Tensor> way)
        {
            Tensor input = pixels.clone().permute(0, 3, 1, 2).detach().requires_grad_();
            Tensor weight = Wave(5, 3, 1, 1).requires_grad_();
            Tensor bias = Wave(5).requires_grad_();
            Tensor output = way(input, weight, withBias ? bias : null);
            Tensor scored = output.mul(Wave([.. output.shape])).sum();
            return (output, [.. autograd.grad([scored], withBias ? [input, weight, bias] : [input, weight])]);
        }

        (Tensor output, Tensor[] gradients) = Run(convolve);
        (Tensor expected, Tensor[] expectedGradients) = Run(
            (input, weight, bias) => nn.functional.conv2d(input, weight, bias!, [stride, stride], [0, 0], [1, 1], 1)
        );
        Assert.Equal(expected.shape, output.shape);
        Assert.True(output.allclose(expected, 1e-5, 1e-5));
        Assert.All(expectedGradients.Zip(gradients), pair => Assert.True(pair.Second.allclose(pair.First, 1e-4, 1e-5)));
    }
}

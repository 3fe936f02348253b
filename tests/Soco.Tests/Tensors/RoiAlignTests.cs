using System.Text.Json;
using CsCheck;
using Soco.Tensors;
using Soco.TestSupport;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Tests.Tensors;

public class RoiAlignTests
{
    [Fact]
    [Trait("Category", "Golden")]
    public void Both_forms_give_the_outputs_and_gradients_of_torchvision()
    {
        int checkedCases = 0;
        foreach (string file in GoldenFiles.Matching("roi_align*.json"))
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file));
            int index = 0;
            foreach (JsonElement golden in document.RootElement.EnumerateArray())
            {
                foreach (bool kernel in new[] { true, false })
                {
                    Check(golden, index, kernel);
                    checkedCases++;
                }

                index++;
            }
        }

        Assert.True(checkedCases >= 2);
    }

    private static void Check(JsonElement golden, int index, bool kernel)
    {
        using DisposeScope scope = NewDisposeScope();
        uint salt = golden.TryGetProperty("salt", out JsonElement given) ? given.GetUInt32() : 0;
        long[] shape = [.. golden.GetProperty("features").EnumerateArray().Select(e => e.GetInt64())];
        float[] rows = [.. golden.GetProperty("rois").EnumerateArray().SelectMany(row => row.EnumerateArray()).Select(e => e.GetSingle())];
        var options = new RoiAlignOptions(
            golden.GetProperty("output_size").GetInt32(),
            golden.GetProperty("spatial_scale").GetSingle(),
            golden.GetProperty("sampling_ratio").GetInt32(),
            golden.GetProperty("aligned").GetBoolean()
        );
        Tensor features = Filled($"roi_features{index}", shape, salt).requires_grad_(true);
        Tensor regions = tensor(rows, [rows.Length / 5, 5]);

        Tensor output = kernel
            ? RoiAlign.Apply(features, regions, options)
            : RoiAlignOps.Apply(features, RoiAlign.Regions.Read(features, regions, options));
        output.backward([Filled($"roi_grad{index}", output.shape, salt)]);

        AssertMatches(golden.GetProperty("output"), golden.GetProperty("output_norm").GetDouble(), output.detach());
        AssertMatches(golden.GetProperty("grad"), golden.GetProperty("grad_norm").GetDouble(), features.grad!);
    }

    [Fact]
    public void The_kernel_agrees_with_the_tensor_form_for_any_region()
    {
        Gen<float> coordinate = Gen.Float[-8f, 40f];
        Gen.Select(
                Gen.Int[1, 3],
                Gen.Int[1, 19],
                Gen.Int[1, 21],
                Gen.Int[1, 17],
                Gen.Int[1, 8],
                Gen.Int[0, 3],
                Gen.Bool,
                Gen.Select(Gen.Int[0, 2], coordinate, coordinate, coordinate, coordinate).Array[1, 6]
            )
            .Sample(
                (images, channels, height, width, bins, ratio, aligned, boxes) =>
                {
                    using DisposeScope scope = NewDisposeScope();
                    Tensor features = randn(images, channels, height, width).requires_grad_(true);
                    float[] rows =
                    [
                        .. boxes.SelectMany(b =>
                            new[]
                            {
                                b.Item1 % images,
                                Math.Min(b.Item2, b.Item4),
                                Math.Min(b.Item3, b.Item5),
                                Math.Max(b.Item2, b.Item4),
                                Math.Max(b.Item3, b.Item5),
                            }
                        ),
                    ];
                    Tensor regions = tensor(rows, [boxes.Length, 5]);
                    var options = new RoiAlignOptions(bins, 0.5f, ratio, aligned);

                    Tensor kernel = RoiAlign.Apply(features, regions, options);
                    Tensor upstream = randn_like(kernel.contiguous());
                    kernel.backward([upstream]);
                    Tensor kernelGradient = features.grad!.clone();
                    features.grad.zero_();
                    Tensor plain = RoiAlignOps.Apply(features, RoiAlign.Regions.Read(features, regions, options));
                    plain.backward([upstream]);

                    return (kernel - plain).abs().max().item<float>() < 1e-4
                        && (kernelGradient - features.grad).abs().max().item<float>() < 1e-3;
                },
                iter: 200
            );
    }

    [Fact]
    public void Memory_layout_of_the_features_does_not_matter()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor features = randn(2, 5, 9, 11);
        Tensor channelsLast = features.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
        Tensor regions = tensor(new float[] { 0, 1, 1, 7, 6, 1, 0, 2, 10, 8 }, [2, 5]);
        var options = new RoiAlignOptions(7);

        Assert.Equal(
            0f,
            (RoiAlign.Apply(features, regions, options) - RoiAlign.Apply(channelsLast, regions, options)).abs().max().item<float>()
        );
    }

    [Fact]
    public void Bfloat16_features_give_bfloat16_bins_and_gradients()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor features = randn(1, 4, 8, 8).to_type(ScalarType.BFloat16).requires_grad_(true);
        Tensor regions = tensor(new float[] { 0, 1, 1, 7, 6 }, [1, 5]);

        Tensor pooled = RoiAlign.Apply(features, regions, new RoiAlignOptions(3));
        pooled.sum().backward();

        Assert.Equal(ScalarType.BFloat16, pooled.dtype);
        Assert.Equal(ScalarType.BFloat16, features.grad!.dtype);
        Assert.Equal(4 * 9.0, features.grad.to_type(ScalarType.Float32).sum().item<float>(), 0.3);
    }

    [Fact]
    public void An_image_index_out_of_range_is_refused()
    {
        using Tensor features = randn(1, 1, 4, 4);
        using Tensor regions = tensor(new float[] { 1, 0, 0, 2, 2 }, [1, 5]);
        Assert.Throws<ArgumentException>(() => RoiAlign.Apply(features, regions, new RoiAlignOptions(2)));
    }

    private static Tensor Filled(string name, long[] shape, uint salt) =>
        tensor(Array.ConvertAll(GoldenFiles.Fill(name, shape.Aggregate(1L, (a, b) => a * b), -1, 1, salt), v => (float)v), shape);

    private static void AssertMatches(JsonElement first, double norm, Tensor actual)
    {
        float[] values = actual.contiguous().data<float>().ToArray();
        int i = 0;
        foreach (JsonElement expected in first.EnumerateArray())
        {
            Assert.Equal(expected.GetDouble(), values[i++], 1e-4);
        }

        Assert.Equal(norm, Math.Sqrt(values.Sum(v => (double)v * v)), norm * 1e-5);
    }
}

using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace Soco.Tensors;

/// <summary>
/// RoIAlign on the CPU, over channels-last float32 maps. One output row needs a few map rows: they are mixed over the region's whole
/// width first, and the bins are read from the mix, so the inner loops run over contiguous channels.
/// </summary>
internal static unsafe class RoiAlignKernel
{
    /// <param name="features">[N, C, H, W] float32 on the CPU.</param>
    /// <param name="regions">Sampling tables for that map.</param>
    /// <returns>[R, C, bins, bins] in channels-last memory.</returns>
    public static Tensor Apply(Tensor features, RoiAlign.Regions regions)
    {
        Tensor map = features.permute(0, 2, 3, 1).contiguous();
        Tensor pooled = features.requires_grad && is_grad_enabled()
            ? Differentiable.apply(map, regions)
            : Forward(map, regions);
        return pooled.permute(0, 3, 1, 2);
    }

    private static Tensor Forward(Tensor map, RoiAlign.Regions regions)
    {
        int height = (int)map.shape[1], width = (int)map.shape[2], channels = (int)map.shape[3], bins = regions.Bins;
        Tensor pooled = empty(regions.Count, bins, bins, channels);
        float* source = NativeMemory.Of(map);
        float* target = NativeMemory.Of(pooled);
        Run(regions.Count, width * channels, (region, mix) =>
        {
            (int left, int right) = regions.Horizontal.Reach(region);
            int span = (right - left) * channels;
            float* image = source + (long)regions.Images[region] * height * width * channels;
            for (int row = 0; row < bins; row++)
            {
                new Span<float>(mix, span).Clear();
                int y = regions.Vertical.First(region, row);
                foreach (float weight in regions.Vertical.Weights(region, row))
                {
                    MultiplyAdd(mix, image + ((long)y++ * width + left) * channels, weight, span);
                }

                float* output = target + ((long)region * bins + row) * bins * channels;
                for (int column = 0; column < bins; column++, output += channels)
                {
                    new Span<float>(output, channels).Clear();
                    float* cell = mix + (regions.Horizontal.First(region, column) - left) * channels;
                    foreach (float weight in regions.Horizontal.Weights(region, column))
                    {
                        MultiplyAdd(output, cell, weight, channels);
                        cell += channels;
                    }
                }
            }
        });
        GC.KeepAlive(map);
        return pooled;
    }

    private static Tensor Backward(Tensor gradient, long[] mapShape, RoiAlign.Regions regions)
    {
        int images = (int)mapShape[0], height = (int)mapShape[1], width = (int)mapShape[2], channels = (int)mapShape[3], bins = regions.Bins;
        Tensor result = zeros(mapShape);
        using Tensor dense = gradient.contiguous();
        float* source = NativeMemory.Of(dense);
        float* target = NativeMemory.Of(result);
        ILookup<int, int> byImage = Enumerable.Range(0, regions.Count).ToLookup(region => regions.Images[region]);

        // Regions of one image add to the same cells: one thread takes them in order, so the sum never depends on the threads.
        Run(images, width * channels, (imageIndex, mix) =>
        {
            float* image = target + (long)imageIndex * height * width * channels;
            foreach (int region in byImage[imageIndex])
            {
                (int left, int right) = regions.Horizontal.Reach(region);
                int span = (right - left) * channels;
                for (int row = 0; row < bins; row++)
                {
                    new Span<float>(mix, span).Clear();
                    float* input = source + ((long)region * bins + row) * bins * channels;
                    for (int column = 0; column < bins; column++, input += channels)
                    {
                        float* cell = mix + (regions.Horizontal.First(region, column) - left) * channels;
                        foreach (float weight in regions.Horizontal.Weights(region, column))
                        {
                            MultiplyAdd(cell, input, weight, channels);
                            cell += channels;
                        }
                    }

                    int y = regions.Vertical.First(region, row);
                    foreach (float weight in regions.Vertical.Weights(region, row))
                    {
                        MultiplyAdd(image + ((long)y++ * width + left) * channels, mix, weight, span);
                    }
                }
            }
        });
        GC.KeepAlive(dense);
        return result;
    }

    private delegate void Body(int item, float* scratch);

    private static void Run(int items, int scratchLength, Body body)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = get_num_threads() };
        Parallel.For(0, items, options, () => new float[scratchLength], (item, _, scratch) =>
        {
            fixed (float* pointer = scratch)
            {
                body(item, pointer);
            }

            return scratch;
        }, _ => { });
    }

    /// <summary>target += weight * source.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MultiplyAdd(float* target, float* source, float weight, int count)
    {
        int i = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<float> factor = Vector512.Create(weight);
            for (; i <= count - Vector512<float>.Count; i += Vector512<float>.Count)
            {
                Vector512.FusedMultiplyAdd(Vector512.Load(source + i), factor, Vector512.Load(target + i)).Store(target + i);
            }
        }
        else
        {
            var factor = new Vector<float>(weight);
            for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
            {
                Vector.FusedMultiplyAdd(Vector.Load(source + i), factor, Vector.Load(target + i)).Store(target + i);
            }
        }

        for (; i < count; i++)
        {
            target[i] = MathF.FusedMultiplyAdd(source[i], weight, target[i]);
        }
    }

    private sealed class Differentiable : autograd.SingleTensorFunction<Differentiable>
    {
        public override string Name => nameof(RoiAlign);

        public override Tensor forward(autograd.AutogradContext context, params object[] inputs)
        {
            var map = (Tensor)inputs[0];
            var regions = (RoiAlign.Regions)inputs[1];
            context.save_data("shape", map.shape);
            context.save_data("regions", regions);
            return Forward(map, regions);
        }

        public override List<Tensor> backward(autograd.AutogradContext context, Tensor gradient)
        {
            var shape = (long[])context.get_data("shape");
            var regions = (RoiAlign.Regions)context.get_data("regions");
            return [Backward(gradient, shape, regions), null!];
        }
    }
}

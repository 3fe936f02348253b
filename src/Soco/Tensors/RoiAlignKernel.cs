using System.Buffers;
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
    /// <summary>Bands of the gradient that a thread has to take on average: enough that none waits long for another.</summary>
    private const int BandsPerThread = 4;

    /// <param name="features">[N, C, H, W] float32 on the CPU.</param>
    /// <param name="regions">Sampling tables for that map.</param>
    /// <returns>[R, C, bins, bins] in channels-last memory.</returns>
    public static Tensor Apply(Tensor features, RoiAlign.Regions regions)
    {
        Tensor map = features.permute(0, 2, 3, 1).contiguous();
        Tensor pooled = features.requires_grad && is_grad_enabled() ? Differentiable.apply(map, regions) : Forward(map, regions);
        return pooled.permute(0, 3, 1, 2);
    }

    private static Tensor Forward(Tensor map, RoiAlign.Regions regions)
    {
        int height = (int)map.shape[1],
            width = (int)map.shape[2],
            channels = (int)map.shape[3],
            bins = regions.Bins;
        Tensor pooled = empty(regions.Count, bins, bins, channels);
        float* source = NativeMemory.Of(map);
        float* target = NativeMemory.Of(pooled);
        Run(
            regions.Count,
            width * channels,
            (region, mix) =>
            {
                (int left, int right) = regions.Horizontal.Reach(region);
                int span = (right - left) * channels;
                float* image = source + (long)regions.Images[region] * height * width * channels;
                for (int row = 0; row < bins; row++)
                {
                    float* top = image + ((long)regions.Vertical.First(region, row) * width + left) * channels;
                    Sum(mix, top, (long)width * channels, regions.Vertical.Weights(region, row), span);
                    float* output = target + ((long)region * bins + row) * bins * channels;
                    for (int column = 0; column < bins; column++, output += channels)
                    {
                        float* cell = mix + (regions.Horizontal.First(region, column) - left) * channels;
                        Sum(output, cell, channels, regions.Horizontal.Weights(region, column), channels);
                    }
                }
            }
        );
        GC.KeepAlive(map);
        return pooled;
    }

    private static Tensor Backward(Tensor gradient, long[] mapShape, RoiAlign.Regions regions)
    {
        int images = (int)mapShape[0],
            height = (int)mapShape[1],
            width = (int)mapShape[2],
            channels = (int)mapShape[3],
            bins = regions.Bins;
        Tensor result = zeros(mapShape);
        using Tensor dense = gradient.contiguous();
        float* source = NativeMemory.Of(dense);
        float* target = NativeMemory.Of(result);
        ILookup<int, int> byImage = Enumerable.Range(0, regions.Count).ToLookup(region => regions.Images[region]);

        // Regions add to the same cells: one thread takes those that touch a band of rows in order, so the sum never depends on the
        // threads.
        int bands = Math.Clamp((BandsPerThread * get_num_threads() + images - 1) / images, 1, height);
        Run(
            images * bands,
            width * channels,
            (item, mix) =>
            {
                (int imageIndex, int band) = Math.DivRem(item, bands);
                int top = band * height / bands,
                    bottom = (band + 1) * height / bands;
                float* image = target + (long)imageIndex * height * width * channels;
                foreach (int region in byImage[imageIndex])
                {
                    (int left, int right) = regions.Horizontal.Reach(region);
                    int span = (right - left) * channels;
                    for (int row = 0; row < bins; row++)
                    {
                        int y = regions.Vertical.First(region, row);
                        ReadOnlySpan<float> weights = regions.Vertical.Weights(region, row);
                        if (y >= bottom || y + weights.Length <= top)
                        {
                            continue;
                        }

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

                        foreach (float weight in weights)
                        {
                            if (y >= top && y < bottom)
                            {
                                MultiplyAdd(image + ((long)y * width + left) * channels, mix, weight, span);
                            }

                            y++;
                        }
                    }
                }
            }
        );
        GC.KeepAlive(dense);
        return result;
    }

    private delegate void Body(int item, float* scratch);

    private static void Run(int items, int scratchLength, Body body)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = get_num_threads() };
        Parallel.For(
            0,
            items,
            options,
            () => ArrayPool<float>.Shared.Rent(scratchLength),
            (item, _, scratch) =>
            {
                fixed (float* pointer = scratch)
                {
                    body(item, pointer);
                }

                return scratch;
            },
            scratch => ArrayPool<float>.Shared.Return(scratch)
        );
    }

    /// <summary>target = the weighted sum of sources that lie a step apart; every number is written once.</summary>
    private static void Sum(float* target, float* source, long step, ReadOnlySpan<float> weights, int count)
    {
        int i = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            int width = Vector512<float>.Count;
            for (; i <= count - 4 * width; i += 4 * width)
            {
                Vector512<float> a = Vector512<float>.Zero,
                    b = a,
                    c = a,
                    d = a;
                float* from = source + i;
                foreach (float weight in weights)
                {
                    Vector512<float> factor = Vector512.Create(weight);
                    a = Vector512.FusedMultiplyAdd(Vector512.Load(from), factor, a);
                    b = Vector512.FusedMultiplyAdd(Vector512.Load(from + width), factor, b);
                    c = Vector512.FusedMultiplyAdd(Vector512.Load(from + 2 * width), factor, c);
                    d = Vector512.FusedMultiplyAdd(Vector512.Load(from + 3 * width), factor, d);
                    from += step;
                }

                a.Store(target + i);
                b.Store(target + i + width);
                c.Store(target + i + 2 * width);
                d.Store(target + i + 3 * width);
            }
        }

        new Span<float>(target + i, count - i).Clear();
        foreach (float weight in weights)
        {
            MultiplyAdd(target + i, source + i, weight, count - i);
            source += step;
        }
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

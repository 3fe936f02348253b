using Soco.Distributed;
using Soco.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Models;

/// <summary>
/// Batch normalization over the batches of all processes (Peng et al., MegDet, CVPR 2018): what one process would compute of the whole
/// batch. Forward, count, sum and sum of squares of each channel are summed over the processes; backward, the sums of the gradient and of
/// the gradient times the normalized input. Counts differ between processes, and may be 0 in some. On the CPU by kernels in C#, elsewhere
/// by tensor operations.
/// </summary>
internal static class SynchronizedNorm
{
    /// <param name="input">[N, C] or [N, C, H, W].</param>
    /// <param name="weight">[C].</param>
    /// <param name="bias">[C].</param>
    /// <param name="runningMean">[C], moved towards the mean.</param>
    /// <param name="runningVariance">[C], moved towards the variance.</param>
    /// <param name="momentum">The part of this batch in the running statistics.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="processes">The processes.</param>
    /// <returns>The same shape and type; channels-last in memory on the CPU.</returns>
    public static Tensor Apply(
        Tensor input,
        Tensor weight,
        Tensor bias,
        Tensor runningMean,
        Tensor runningVariance,
        double momentum,
        double epsilon,
        ICollective processes
    )
    {
        using DisposeScope scope = NewDisposeScope();
        Batch batch = Measure(input, weight, epsilon, processes);
        double unbiased = batch.Count > 1 ? batch.Count / (batch.Count - 1) : 1;
        Move(runningMean, batch.Mean, momentum, momentum);
        Move(runningVariance, batch.Variance, momentum, momentum * unbiased);
        Tensor normalized =
            is_grad_enabled() && (input.requires_grad || weight.requires_grad)
                ? Differentiable.apply(input, weight, bias, batch)
                : Forward(input, bias, batch);
        return normalized.MoveToOuterDisposeScope();
    }

    private static Batch Measure(Tensor input, Tensor weight, double epsilon, ICollective processes)
    {
        using IDisposable guard = no_grad();
        using DisposeScope scope = NewDisposeScope();
        int channels = (int)input.shape[1];
        long count = input.numel() / channels;
        double[] sums = [.. count > 0 ? Moments(input.detach()) : new double[2 * channels], count];
        processes.AllReduce(sums);
        double all = Math.Max(sums[^1], 1);
        float[] mean = new float[channels],
            variance = new float[channels],
            inverse = new float[channels];
        for (int channel = 0; channel < channels; channel++)
        {
            double center = sums[channel] / all,
                spread = Math.Max(sums[channels + channel] / all - center * center, 0);
            (mean[channel], variance[channel], inverse[channel]) = ((float)center, (float)spread, (float)(1 / Math.Sqrt(spread + epsilon)));
        }

        return new Batch(Values(weight), mean, variance, inverse, all, processes);
    }

    /// <summary>Moves running statistics towards those of a batch.</summary>
    private static unsafe void Move(Tensor running, float[] batch, double momentum, double part)
    {
        using IDisposable guard = no_grad();
        if (running.device_type != DeviceType.CPU)
        {
            running.Scale(1 - momentum).Add(part, tensor(batch, device: running.device));
            return;
        }

        float* values = NativeMemory.Of(running);
        for (int channel = 0; channel < batch.Length; channel++)
        {
            values[channel] = (float)((1 - momentum) * values[channel] + part * batch[channel]);
        }

        GC.KeepAlive(running);
    }

    private static unsafe float[] Values(Tensor parameter)
    {
        using IDisposable guard = no_grad();
        if (parameter.device_type != DeviceType.CPU)
        {
            return NativeMemory.Copy(parameter);
        }

        float[] values = new ReadOnlySpan<float>(NativeMemory.Of(parameter), (int)parameter.numel()).ToArray();
        GC.KeepAlive(parameter);
        return values;
    }

    /// <summary>Sums, then sums of squares, of each channel.</summary>
    private static unsafe double[] Moments(Tensor input)
    {
        int channels = (int)input.shape[1];
        if (input.device_type != DeviceType.CPU)
        {
            Tensor wide = input.to_type(ScalarType.Float64);
            return cat([wide.sum(Others(input)), (wide * wide).sum(Others(input))]).cpu().data<double>().ToArray();
        }

        Tensor rows = Rows(input);
        byte* values = NativeMemory.BytesOf(rows);
        double[] sums =
            rows.dtype == ScalarType.BFloat16
                ? ChannelKernel<Bfloat16Element>.Moments((Bfloat16Element*)values, rows.numel() / channels, channels)
                : ChannelKernel<FloatElement>.Moments((FloatElement*)values, rows.numel() / channels, channels);
        GC.KeepAlive(rows);
        return sums;
    }

    private static unsafe Tensor Forward(Tensor input, Tensor bias, Batch batch)
    {
        using DisposeScope scope = NewDisposeScope();
        int channels = batch.Mean.Length;
        float[] scale = new float[channels],
            shift = Values(bias);
        for (int channel = 0; channel < channels; channel++)
        {
            scale[channel] = batch.Weight[channel] * batch.Inverse[channel];
            shift[channel] -= batch.Mean[channel] * scale[channel];
        }

        if (input.device_type != DeviceType.CPU)
        {
            Tensor line = (input.to_type(ScalarType.Float32) * Wide(scale, input)).Plus(Wide(shift, input));
            return line.to_type(input.dtype).MoveToOuterDisposeScope();
        }

        Tensor rows = Rows(input),
            result = Like(input);
        byte* from = NativeMemory.BytesOf(rows),
            to = NativeMemory.BytesOf(Rows(result));
        if (input.dtype == ScalarType.BFloat16)
        {
            ChannelKernel<Bfloat16Element>.Line(
                (Bfloat16Element*)from,
                scale,
                shift,
                (Bfloat16Element*)to,
                rows.numel() / channels,
                channels
            );
        }
        else
        {
            ChannelKernel<FloatElement>.Line((FloatElement*)from, scale, shift, (FloatElement*)to, rows.numel() / channels, channels);
        }

        GC.KeepAlive((rows, result));
        return result.MoveToOuterDisposeScope();
    }

    private static long[] Others(Tensor input) => input.dim() == 4 ? [0, 2, 3] : [0];

    /// <summary>A value for each channel, in the shape that multiplies a tensor.</summary>
    private static Tensor Wide(float[] values, Tensor like) =>
        tensor(values, device: like.device).view(like.dim() == 4 ? [1, -1, 1, 1] : [1, -1]);

    /// <summary>[N, H, W, C] or [N, C], contiguous.</summary>
    private static Tensor Rows(Tensor input) => (input.dim() == 4 ? input.permute(0, 2, 3, 1) : input).contiguous();

    /// <summary>
    /// A tensor of the shape and the type of another, with channels last in memory. It is no view: what a custom function returns may be
    /// changed in place then.
    /// </summary>
    private static Tensor Like(Tensor input)
    {
        long[] shape = input.shape;
        return shape.Length == 4
            ? empty_strided(shape, [shape[1] * shape[2] * shape[3], 1, shape[1] * shape[3], shape[1]], input.dtype)
            : empty(shape, input.dtype);
    }

    /// <summary>The statistics of a batch, and the weight that it was normalized with.</summary>
    private sealed record Batch(float[] Weight, float[] Mean, float[] Variance, float[] Inverse, double Count, ICollective Processes);

    private sealed class Differentiable : autograd.SingleTensorFunction<Differentiable>
    {
        public override string Name => nameof(SynchronizedNorm);

        public override Tensor forward(autograd.AutogradContext context, params object[] inputs)
        {
            var (input, bias, batch) = ((Tensor)inputs[0], (Tensor)inputs[2], (Batch)inputs[3]);
            context.save_for_backward([input]);
            context.save_data("batch", batch);
            return Forward(input, bias, batch);
        }

        public override unsafe List<Tensor> backward(autograd.AutogradContext context, Tensor gradient)
        {
            using DisposeScope scope = NewDisposeScope();
            var batch = (Batch)context.get_data("batch");
            Tensor input = context.get_saved_variables()[0];
            int channels = batch.Mean.Length;
            bool onHost = input.device_type == DeviceType.CPU;
            Tensor y = onHost ? Rows(gradient.to_type(input.dtype)) : gradient.to_type(ScalarType.Float32),
                x = onHost ? Rows(input) : input.to_type(ScalarType.Float32);
            long rows = x.numel() / channels;
            byte* ofY = onHost ? NativeMemory.BytesOf(y) : null,
                ofX = onHost ? NativeMemory.BytesOf(x) : null;
            bool narrow = input.dtype == ScalarType.BFloat16;
            double[] sums =
                rows == 0 ? new double[2 * channels]
                : onHost && narrow ? ChannelKernel<Bfloat16Element>.Products((Bfloat16Element*)ofY, (Bfloat16Element*)ofX, rows, channels)
                : onHost ? ChannelKernel<FloatElement>.Products((FloatElement*)ofY, (FloatElement*)ofX, rows, channels)
                : cat([y.sum(Others(y), type: ScalarType.Float64), (y.to_type(ScalarType.Float64) * x).sum(Others(y))])
                    .cpu()
                    .data<double>()
                    .ToArray();
            float[] ofWeight = new float[channels],
                ofBias = new float[channels];
            for (int channel = 0; channel < channels; channel++)
            {
                sums[channels + channel] = (sums[channels + channel] - sums[channel] * batch.Mean[channel]) * batch.Inverse[channel];
                (ofBias[channel], ofWeight[channel]) = ((float)sums[channel], (float)sums[channels + channel]);
            }

            batch.Processes.AllReduce(sums);

            // dx = w s (dy - mean(dy) - xhat mean(dy xhat)), with xhat = (x - mean) s, as one line in dy and x for each channel.
            float[] ofGradient = new float[channels],
                ofInput = new float[channels],
                shift = new float[channels];
            for (int channel = 0; channel < channels; channel++)
            {
                double scale = (double)batch.Weight[channel] * batch.Inverse[channel];
                double slope = -scale * batch.Inverse[channel] * sums[channels + channel] / batch.Count;
                ofGradient[channel] = (float)scale;
                ofInput[channel] = (float)slope;
                shift[channel] = (float)(-slope * batch.Mean[channel] - scale * sums[channel] / batch.Count);
            }

            Tensor result;
            if (onHost)
            {
                result = Like(input);
                byte* to = NativeMemory.BytesOf(Rows(result));
                if (narrow)
                {
                    ChannelKernel<Bfloat16Element>.Line(
                        (Bfloat16Element*)ofY,
                        ofGradient,
                        (Bfloat16Element*)ofX,
                        ofInput,
                        shift,
                        (Bfloat16Element*)to,
                        rows,
                        channels
                    );
                }
                else
                {
                    ChannelKernel<FloatElement>.Line(
                        (FloatElement*)ofY,
                        ofGradient,
                        (FloatElement*)ofX,
                        ofInput,
                        shift,
                        (FloatElement*)to,
                        rows,
                        channels
                    );
                }
            }
            else
            {
                result = (y * Wide(ofGradient, y)).Plus(x * Wide(ofInput, x)).Plus(Wide(shift, x)).to_type(input.dtype);
            }

            GC.KeepAlive((x, y));
            return
            [
                result.MoveToOuterDisposeScope(),
                tensor(ofWeight, device: input.device).MoveToOuterDisposeScope(),
                tensor(ofBias, device: input.device).MoveToOuterDisposeScope(),
                null!,
            ];
        }
    }
}

using Soco.Weights;
using static TorchSharp.torch;

namespace Soco.Deployment;

/// <summary>The layers of a network as operators, with the weights of a file. A norm becomes part of the convolution before it.</summary>
/// <param name="graph">Takes the operators.</param>
/// <param name="weights">The weights.</param>
internal sealed class OnnxLayers(OnnxGraph graph, INamedTensors weights)
{
    private const double Epsilon = 1e-5;

    private readonly HashSet<string> _names = [.. weights.Names];

    /// <summary>Whether the file has such a tensor.</summary>
    public bool Has(string name) => _names.Contains(name);

    /// <summary>The sides of a tensor.</summary>
    public IReadOnlyList<long> ShapeOf(string name) => weights.Shape(name);

    /// <summary>A convolution whose padding keeps the size at stride 1, and the norm after it, if there is one.</summary>
    /// <param name="input">[N, C, H, W].</param>
    /// <param name="convolution">Name of the convolution.</param>
    /// <param name="norm">Name of the norm; null where the convolution has a bias.</param>
    /// <param name="stride">Step between outputs.</param>
    public string Convolve(string input, string convolution, string? norm = null, long stride = 1)
    {
        string name = convolution + ".weight";
        IReadOnlyList<long> shape = weights.Shape(name);
        string kernel = graph.Weights(name, () => norm is null ? Read(name) : Scaled(Read(name), LineOf(norm).Scale), shape);
        string bias = graph.Weights(convolution + ".bias", () => norm is null ? Read(convolution + ".bias") : LineOf(norm).Shift, shape[0]);
        return graph.Apply(
            "Conv",
            [input, kernel, bias],
            ("kernel_shape", new[] { shape[2], shape[3] }),
            ("strides", new[] { stride, stride }),
            ("pads", new[] { shape[2] / 2, shape[3] / 2, shape[2] / 2, shape[3] / 2 })
        );
    }

    /// <summary>A fully connected layer.</summary>
    /// <param name="input">[M, inputs].</param>
    /// <param name="name">Name of the layer.</param>
    public string Connect(string input, string name) =>
        graph.Apply("Gemm", [input, Parameter(name + ".weight"), Parameter(name + ".bias")], ("transB", 1L));

    /// <summary>A norm of its own: a scale and a shift of each channel.</summary>
    /// <param name="input">[N, C, H, W].</param>
    /// <param name="name">Name of the norm.</param>
    public string Normalize(string input, string name)
    {
        long channels = weights.Shape(name + ".weight")[0];
        string scaled = graph.Multiply(
            input,
            graph.Weights(name + ".scale", () => Array.ConvertAll(LineOf(name).Scale, value => (float)value), 1, channels, 1, 1)
        );
        return graph.Add(scaled, graph.Weights(name + ".shift", () => LineOf(name).Shift, 1, channels, 1, 1));
    }

    /// <summary>A tensor as weights of the graph.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="shape">The sides that it is given; none: its own.</param>
    public string Parameter(string name, params long[] shape) =>
        graph.Weights(name, () => Read(name), shape.Length == 0 ? weights.Shape(name) : shape);

    private float[] Read(string name)
    {
        using Tensor stored = weights.Read(name);
        using Tensor wide = stored.to(ScalarType.Float32).contiguous();
        return wide.data<float>().ToArray();
    }

    /// <summary>A kernel with each output channel times a number.</summary>
    private static float[] Scaled(float[] kernel, double[] scale)
    {
        int perOutput = kernel.Length / scale.Length;
        for (int i = 0; i < kernel.Length; i++)
        {
            kernel[i] = (float)(kernel[i] * scale[i / perOutput]);
        }

        return kernel;
    }

    /// <summary>What a norm does to each channel in inference: a scale and a shift.</summary>
    private (double[] Scale, float[] Shift) LineOf(string norm)
    {
        float[] weight = Read(norm + ".weight"),
            bias = Read(norm + ".bias"),
            mean = Read(norm + ".running_mean"),
            variance = Read(norm + ".running_var");
        double[] scale = [.. weight.Select((value, channel) => value / Math.Sqrt(variance[channel] + Epsilon))];
        return (scale, [.. bias.Select((value, channel) => (float)(value - mean[channel] * scale[channel]))]);
    }
}

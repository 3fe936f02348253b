using Soco.Recipes;
using Soco.Vision.Imaging;

namespace Soco.Deployment;

/// <summary>What the network of a detector sees, and what its boxes are measured in.</summary>
/// <param name="Pixels">[1, 3, H, W] float32, normalized, padded to multiples of 32.</param>
/// <param name="Limits">[2] float32: width and height without padding.</param>
/// <param name="Scale">[4] float32: what takes boxes to pixels of the input; null where they are in them.</param>
internal sealed record SeenImage(string Pixels, string Limits, string? Scale);

/// <summary>From the input of a detector to what its network sees: resizing, normalization and padding.</summary>
/// <param name="graph">Takes the operators.</param>
internal sealed class ImageGraph(OnnxGraph graph)
{
    private const int Multiple = 32;

    private static readonly float[] s_mean = [.. NormalizedPixels.Mean.Select(value => (float)value)],
        s_deviation = [.. NormalizedPixels.Deviation.Select(value => (float)value)];

    /// <summary>Adds the input and what is done to it.</summary>
    /// <param name="input">What the input is.</param>
    /// <param name="sizes">The sizes that the network sees images at.</param>
    public SeenImage Add(OnnxInput input, InputRecipe sizes)
    {
        if (input == OnnxInput.Normalized)
        {
            string given = graph.Input("image", OnnxType.Float, 1, 3, "height", "width");
            return new SeenImage(given, Reversed(graph.Cast(graph.Sides(given, 2, 4), OnnxType.Float)), null);
        }

        string image = graph.Input("image", OnnxType.UInt8, "height", "width", 3);
        string pixels = graph.WithSide(graph.Transpose(graph.Cast(image, OnnxType.Float), 2, 0, 1), 0);
        string? scale = null;
        string size = graph.Sides(image, 0, 2);
        if (input == OnnxInput.Image)
        {
            string own = size;
            size = SizeOf(own, sizes);
            string resized = graph.Apply(
                "Resize",
                [pixels, "", "", graph.Concatenate(0, graph.Integers(1, 3), size)],
                ("mode", "linear"),
                ("coordinate_transformation_mode", "half_pixel"),
                ("antialias", 1L)
            );
            pixels = graph.Apply("Clip", [graph.Apply("Round", [resized]), graph.Number(0), graph.Number(255)]);
            string ratio = Reversed(graph.Divide(graph.Cast(own, OnnxType.Float), graph.Cast(size, OnnxType.Float)));
            scale = graph.Concatenate(0, ratio, ratio);
        }

        string normalized = graph.Add(
            graph.Multiply(pixels, graph.Numbers([.. s_deviation.Select(deviation => 1 / (255 * deviation))], 1, 3, 1, 1)),
            graph.Numbers([.. s_mean.Zip(s_deviation, (mean, deviation) => -mean / deviation)], 1, 3, 1, 1)
        );
        string missing = graph.Apply("Mod", [graph.Apply("Neg", [size]), graph.Integer(Multiple)]);
        string padded = graph.Apply("Pad", [normalized, graph.Concatenate(0, graph.Integers(0, 0, 0, 0, 0, 0), missing), graph.Number(0)]);
        return new SeenImage(padded, Reversed(graph.Cast(size, OnnxType.Float)), scale);
    }

    /// <summary>Height and width at which an image is seen, as <see cref="Vision.Inference.ImageResize"/> has them.</summary>
    private string SizeOf(string own, InputRecipe sizes)
    {
        string sides = graph.Cast(own, OnnxType.Double);
        string Ratio(double wanted, string operation) =>
            graph.Divide(graph.Precise(wanted), graph.Apply(operation, [sides, graph.Integers(0)], ("keepdims", 0L)));

        string scale = graph.Smaller(Ratio(sizes.TestShortSide, "ReduceMin"), Ratio(sizes.LongSide, "ReduceMax"));
        string rounded = graph.Apply("Floor", [graph.Add(graph.Multiply(sides, scale), graph.Precise(0.5))]);
        return graph.Cast(graph.Larger(rounded, graph.Precise(1)), OnnxType.Int64);
    }

    /// <summary>Width and height from height and width.</summary>
    private string Reversed(string size) => graph.Gather(size, graph.Integers(1, 0));
}

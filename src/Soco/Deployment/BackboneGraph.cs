using System.Globalization;

namespace Soco.Deployment;

/// <summary>A ResNet and its feature pyramid as operators. Depth, blocks and widths are those of the weights.</summary>
/// <param name="graph">Takes the operators.</param>
/// <param name="layers">The layers.</param>
/// <param name="body">What the names of the ResNet start with.</param>
internal sealed class BackboneGraph(OnnxGraph graph, OnnxLayers layers, string body)
{
    /// <summary>The maps of C2 to C5, or of the first of them.</summary>
    /// <param name="images">[N, 3, H, W], normalized.</param>
    /// <param name="stages">How many.</param>
    public string[] Stages(string images, int stages = 4)
    {
        string stem = graph.Relu(layers.Convolve(images, $"{body}conv1", $"{body}bn1", stride: 2));
        string map = graph.Apply(
            "MaxPool",
            [stem],
            ("kernel_shape", new[] { 3L, 3L }),
            ("strides", new[] { 2L, 2L }),
            ("pads", new[] { 1L, 1L, 1L, 1L })
        );
        var maps = new string[stages];
        for (int stage = 1; stage <= stages; stage++)
        {
            maps[stage - 1] = map = Stage(map, stage);
        }

        return maps;
    }

    /// <summary>One stage.</summary>
    /// <param name="map">What the stage before it gives.</param>
    /// <param name="stage">1 to 4.</param>
    public string Stage(string map, int stage)
    {
        for (int block = 0; layers.Has(string.Create(CultureInfo.InvariantCulture, $"{body}layer{stage}.{block}.conv1.weight")); block++)
        {
            map = Block(map, string.Create(CultureInfo.InvariantCulture, $"{body}layer{stage}.{block}."), stage > 1 && block == 0 ? 2 : 1);
        }

        return map;
    }

    /// <summary>Channels that a stage gives.</summary>
    /// <param name="stage">1 to 4.</param>
    public long ChannelsOf(int stage)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"{body}layer{stage}.0.");
        return layers.ShapeOf(layers.Has($"{name}conv3.weight") ? $"{name}conv3.weight" : $"{name}conv2.weight")[0];
    }

    /// <summary>P2 to P5.</summary>
    /// <param name="maps">C2 to C5, each twice as large as the next.</param>
    /// <param name="lateral">Names of the convolution and of the norm beside each map.</param>
    /// <param name="output">Names of the convolution and of the norm behind each map.</param>
    public string[] Pyramid(
        string[] maps,
        Func<int, (string Convolution, string Norm)> lateral,
        Func<int, (string Convolution, string Norm)> output
    )
    {
        var merged = new string[maps.Length];
        for (int level = maps.Length - 1; level >= 0; level--)
        {
            merged[level] = layers.Convolve(maps[level], lateral(level).Convolution, lateral(level).Norm);
            if (level + 1 < maps.Length)
            {
                string doubled = graph.Apply(
                    "Resize",
                    [merged[level + 1], "", graph.Numbers([1, 1, 2, 2], 4)],
                    ("mode", "nearest"),
                    ("coordinate_transformation_mode", "asymmetric"),
                    ("nearest_mode", "floor")
                );
                merged[level] = graph.Add(merged[level], doubled);
            }
        }

        return [.. merged.Select((map, level) => layers.Convolve(map, output(level).Convolution, output(level).Norm))];
    }

    private string Block(string input, string name, long stride)
    {
        bool bottleneck = layers.Has($"{name}conv3.weight");
        string x = graph.Relu(layers.Convolve(input, $"{name}conv1", $"{name}bn1", bottleneck ? 1 : stride));
        x = layers.Convolve(x, $"{name}conv2", $"{name}bn2", bottleneck ? stride : 1);
        x = bottleneck ? layers.Convolve(graph.Relu(x), $"{name}conv3", $"{name}bn3") : x;
        string shortcut = layers.Has($"{name}downsample.0.weight")
            ? layers.Convolve(input, $"{name}downsample.0", $"{name}downsample.1", stride)
            : input;
        return graph.Relu(graph.Add(x, shortcut));
    }
}

using System.Globalization;
using Soco.Models;
using Soco.Recipes;
using Soco.Vision;

namespace Soco.Weights;

/// <summary>
/// The widths of the network that a file holds, told by the names and shapes of its tensors; null for what the file does not have.
/// </summary>
/// <param name="Arch">resnet18, resnet34, resnet50 or resnet101.</param>
/// <param name="Width">Factor on the backbone's channels; 1 where there is no backbone.</param>
/// <param name="FpnChannels">Channels of the FPN.</param>
/// <param name="HeadChannels">Channels of the box head's convolutions.</param>
/// <param name="HeadFc">Width of its fully connected layer.</param>
/// <param name="HeadBins">Side of the regions that it takes.</param>
public sealed record WeightsWidths(string? Arch, double Width, int? FpnChannels, int? HeadChannels, int? HeadFc, int? HeadBins)
{
    private const string Stem = "conv1.weight";

    private static readonly string[] s_bodies = ["encoder.", "backbone.body."];
    private static readonly string[] s_pyramids = ["neck.lateral_convs.0.conv.weight", "backbone.fpn.inner_blocks.0.0.weight"];
    private static readonly string[] s_convolutions = ["head.conv1.weight", "roi_heads.box_head.0.0.weight"];
    private static readonly string[] s_layers = ["head.fc1.weight", "roi_heads.box_head.5.weight", "roi_heads.box_head.6.weight"];

    /// <summary>
    /// The first block of the backbone that <see cref="Arch"/> does not have, such as <c>layer4.2</c>; null where it has all.
    /// </summary>
    public string? BlockTooMany { get; init; }

    /// <summary>
    /// The keys of a recipe that follow from the backbone, as overrides: what a pretraining takes over, whose FPN and head may be others.
    /// </summary>
    public IReadOnlyList<string> BackboneOverrides => Given(("arch", Arch), ("model.width", Arch is null ? null : Width));

    /// <summary>The keys of a <see cref="DetectionRecipe"/> that follow, as overrides: a detector that the weights fit.</summary>
    public IReadOnlyList<string> Overrides =>
        [
            .. BackboneOverrides,
            .. Given(("model.fpn_channels", FpnChannels), ("model.head_channels", HeadChannels), ("model.head_fc", HeadFc)),
        ];

    /// <summary>
    /// Refuses a backbone of another architecture or width than the weights': the few tensors that happen to fit would teach it nothing.
    /// </summary>
    /// <param name="weights">What the weights are called.</param>
    /// <param name="arch">The backbone that is asked for.</param>
    /// <param name="width">Its width.</param>
    /// <exception cref="SocoRequestException">They differ.</exception>
    public void RefuseOther(string weights, string arch, double width)
    {
        if (Arch is not null && (Arch != arch || ResNet.StemOf(Width) != ResNet.StemOf(width)))
        {
            throw new SocoRequestException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{weights} holds a {Arch} of width {Width}, and a {arch} of width {width} is asked for: leave --arch and model.width out, and they follow the weights."
                )
            );
        }
    }

    /// <summary>
    /// Refuses a backbone with blocks that <see cref="Arch"/> does not have, such as ML.NET's ResNet18: without them it computes something
    /// else.
    /// </summary>
    /// <param name="weights">What the weights are called.</param>
    /// <param name="isOptional">Whether the user may ask for it all the same.</param>
    /// <exception cref="SocoDataException">It has some.</exception>
    public void RefuseDeeper(string weights, bool isOptional)
    {
        if (BlockTooMany is { } block)
        {
            throw new SocoDataException(
                $"{weights} holds a backbone deeper than {Arch}, with {block}: take the file of a {Arch}{(isOptional ? ", or add --partial to leave out the blocks that are too many" : "")}."
            );
        }
    }

    /// <summary>Reads names and shapes.</summary>
    /// <param name="weights">The weights.</param>
    public static WeightsWidths Of(WeightsFile weights)
    {
        HashSet<string> names = [.. weights.Names];
        string? body = s_bodies.FirstOrDefault(body => ArchOf(names, body) is not null);
        IReadOnlyList<long>? convolution = ShapeOf(s_convolutions),
            layer = ShapeOf(s_layers);
        return new WeightsWidths(
            body is null ? null : ArchOf(names, body),
            body is null ? 1 : ResNet.WidthOf(weights.Shape(body + Stem)[0]),
            (int?)ShapeOf(s_pyramids)?[0],
            (int?)convolution?[0],
            (int?)layer?[0],
            convolution is null || layer is null ? null : (int)Math.Sqrt(layer[1] / convolution[0])
        )
        {
            BlockTooMany = body is null ? null : BlockBeyond(names, body),
        };

        IReadOnlyList<long>? ShapeOf(string[] candidates) =>
            candidates.FirstOrDefault(names.Contains) is { } name ? weights.Shape(name) : null;
    }

    private static IReadOnlyList<string> Given(params (string Key, object? Value)[] keys) =>
        [.. keys.Where(key => key.Value is not null).Select(key => string.Create(CultureInfo.InvariantCulture, $"{key.Key}={key.Value}"))];

    private static string? BlockBeyond(HashSet<string> names, string body) =>
        ResNet
            .BlocksOf(ArchOf(names, body)!)
            .Depths.Select((depth, stage) => string.Create(CultureInfo.InvariantCulture, $"layer{stage + 1}.{depth}"))
            .FirstOrDefault(block => names.Contains($"{body}{block}.conv1.weight"));

    private static string? ArchOf(HashSet<string> names, string body)
    {
        if (!names.Contains(body + Stem) || !names.Contains(body + "layer3.0.conv1.weight"))
        {
            return null;
        }

        bool bottleneck = names.Contains(body + "layer3.0.conv3.weight");
        int depth = Enumerable.Range(0, 100).TakeWhile(block => names.Contains($"{body}layer3.{block}.conv1.weight")).Count();
        return (bottleneck, depth) switch
        {
            (false, 2) => "resnet18",
            (false, 6) => "resnet34",
            (true, 6) => "resnet50",
            (true, 23) => "resnet101",
            _ => null,
        };
    }
}

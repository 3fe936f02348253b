using System.Globalization;
using System.Text.Json;
using Google.Protobuf;
using Soco.Detection.Model;
using Soco.Recipes;
using Soco.Runtime;
using Soco.Training;
using Soco.Vision;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.IO;
using Soco.Weights;
using Soco.Weights.Export;
using Soco.Weights.Naming;
using Soco.Weights.Onnx;

namespace Soco.Deployment;

/// <summary>
/// Writes networks as ONNX, to run without torch: a detector from image to boxes, labels, scores and masks; or a backbone, alone or with
/// its feature pyramid, from normalized images to its maps. Norms are folded into the convolutions.
/// </summary>
public static class OnnxExport
{
    /// <summary>RoiAlign at pixel centers needs 16; the checkers of older tools know 17.</summary>
    private const int OperatorSet = 17;

    /// <summary>Resizing with a filter as wide as the step.</summary>
    private const int OperatorSetOfResizing = 18;

    private const int PyramidLevels = 4;

    /// <summary>Writes a file.</summary>
    /// <param name="source">A run folder or a file of weights.</param>
    /// <param name="part">A detector is written whole unless this is one of the first two; what is pretrained needs one of these.</param>
    /// <param name="input">What a detector is given; backbones are given normalized images.</param>
    /// <param name="path">The file; an older one is replaced once the new one is complete.</param>
    /// <param name="halved">Whether weights and arithmetic are float16, but for RoIAlign and boxes.</param>
    /// <returns>The names of the tensors of weights in the file.</returns>
    /// <exception cref="SocoRequestException">The weights hold no such part, or float16 cannot hold a value.</exception>
    /// <exception cref="SocoDataException">The weights are damaged.</exception>
    /// <exception cref="SocoRunException">The disk is full.</exception>
    public static IReadOnlyList<string> Write(WeightsFile source, ExportPart part, OnnxInput input, string path, bool halved = false)
    {
        ModelProto model = source.Kind switch
        {
            WeightsKind.Unknown => throw new SocoRequestException(
                $"{source.Path} holds neither a backbone, nor pretrained parts, nor a detector that Soco knows; see its tensors with `soco inspect`."
            ),
            WeightsKind.Detector when part is ExportPart.All or ExportPart.Detector => Detector(source, input, halved),
            _ when part == ExportPart.Backbone => Maps(source, withPyramid: false, halved),
            _ when part == ExportPart.Fpn => Maps(source, withPyramid: true, halved),
            _ => throw new SocoRequestException(
                $"ONNX takes a whole detector, --part backbone or --part fpn; {source.Path} is written with --part {part.ToString().ToLowerInvariant()} for no engine."
            ),
        };
        AtomicFile.Write(
            path,
            stream =>
            {
                model.WriteTo(stream);
                ModelChecksum.Append(stream);
            }
        );
        return [.. model.Graph.Initializer.Select(tensor => tensor.Name).Where(name => name.Contains('.'))];
    }

    private static ModelProto Detector(WeightsFile source, OnnxInput input, bool halved)
    {
        (DetectionRecipe recipe, IReadOnlyList<CocoCategory> classes) = DetectorWeights.Description(source);
        var graph = new OnnxGraph(input == OnnxInput.Image ? OperatorSetOfResizing : OperatorSet, halved);
        MaskRcnnOptions options = MaskRcnnOptions.Of(recipe, classes.Count);
        DetectorWeights.Load(source, options).Dispose();
        new DetectorGraph(graph, new OnnxLayers(graph, source), options).Add(input, recipe.Input);
        return graph.ToModel(
            "Mask R-CNN: boxes [D, 4] as x1, y1, x2, y2 in pixels of the input; labels [D], places in soco.classes; scores [D]; masks [D, M, M], the probability of each cell of the box's grid.",
            [
                ("soco.kind", "detector"),
                ("soco.classes", JsonSerializer.Serialize(classes.Select(category => new { id = category.Id, name = category.Name }))),
                ("soco.input", input.ToString().ToLowerInvariant()),
                ("soco.short_side", recipe.Input.TestShortSide.ToString(CultureInfo.InvariantCulture)),
                ("soco.long_side", recipe.Input.LongSide.ToString(CultureInfo.InvariantCulture)),
                ("soco.arch", recipe.ArchName),
            ]
        );
    }

    private static ModelProto Maps(WeightsFile source, bool withPyramid, bool halved)
    {
        INamedTensors weights = PretrainedTensors.Of(source);
        var graph = new OnnxGraph(OperatorSet, halved);
        var layers = new OnnxLayers(graph, weights);
        string lacking = withPyramid ? "neck.lateral_convs.0.conv.weight" : "encoder.conv1.weight";
        if (!layers.Has(lacking) || !layers.Has("encoder.conv1.weight"))
        {
            throw new SocoRequestException(
                $"{source.Path} has no tensors {lacking}, which --part {(withPyramid ? "fpn" : "backbone")} asks for."
            );
        }

        var backbone = new BackboneGraph(graph, layers, "encoder.");
        string images = graph.Input("images", OnnxType.Float, "batch", 3, "height", "width");
        string[] maps = backbone.Stages(graph.Narrow(images));
        (string first, string strides) = ("c", "");
        if (withPyramid)
        {
            first = "p";
            maps = backbone.Pyramid(
                maps,
                level => ($"neck.lateral_convs.{level}.conv", $"neck.lateral_convs.{level}.bn"),
                level => ($"neck.fpn_convs.{level}.conv", $"neck.fpn_convs.{level}.bn")
            );
        }

        for (int level = 0; level < PyramidLevels; level++)
        {
            string name = $"{first}{level + 2}";
            graph.Output(
                graph.Wide(maps[level]),
                name,
                OnnxType.Float,
                "batch",
                withPyramid ? layers.ShapeOf("neck.fpn_convs.0.conv.weight")[0] : backbone.ChannelsOf(level + 1),
                $"height_{name}",
                $"width_{name}"
            );
        }

        return graph.ToModel(
            $"{(withPyramid ? "P2 to P5 of a feature pyramid" : "C2 to C5 of a ResNet")}, strides 4 to 32. Images are normalized with ImageNet's mean and deviation{(withPyramid ? ", and their sides are multiples of 32" : "")}.",
            [("soco.kind", withPyramid ? "fpn" : "backbone")]
        );
    }
}

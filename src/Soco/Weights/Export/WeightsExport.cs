using Soco.Vision;
using Soco.Weights.Naming;
using Soco.Weights.Safetensors;

namespace Soco.Weights.Export;

/// <summary>
/// Writes weights for other frameworks, under the names that the authors' converters and the frameworks themselves give them.
/// </summary>
public static class WeightsExport
{
    private const long PublishedStem = 64;

    private static readonly string[] s_parts = ["encoder.", "neck.", "head."];

    /// <summary>Writes a file.</summary>
    /// <param name="weights">What to write.</param>
    /// <param name="format">For whom.</param>
    /// <param name="part">How much of it; a detector is written whole unless this is one of the first three.</param>
    /// <param name="path">The file; an older one is replaced once the new one is complete.</param>
    /// <param name="halved">Whether float32 tensors are stored as float16.</param>
    /// <returns>The names of the tensors in the file, in its order.</returns>
    /// <exception cref="SocoRequestException">
    /// The weights have no such part, the format no place for it or for a backbone of this width, or float16 no room for a value.
    /// </exception>
    /// <exception cref="SocoDataException">The file of the weights is damaged.</exception>
    /// <exception cref="SocoRunException">The disk is full or the folder cannot be written; the previous file is intact.</exception>
    public static IReadOnlyList<string> Write(WeightsFile weights, ExportFormat format, ExportPart part, string path, bool halved = false)
    {
        if (weights.Kind == WeightsKind.Unknown)
        {
            throw new SocoRequestException(
                $"{weights.Path} holds neither a backbone, nor pretrained parts, nor a detector that Soco knows; see its tensors with `soco inspect`."
            );
        }

        RefuseWidth(weights, format);
        WeightsDocument document =
            weights.Kind == WeightsKind.Detector && part is ExportPart.All or ExportPart.Detector
                ? Detector(weights, format)
                : Pretrained(weights, format, part);
        document = halved ? document with { Tensors = new HalvedTensors(document.Tensors) } : document;
        switch (format)
        {
            case ExportFormat.Detectron2:
                NumpyPickleWriter.Write(path, document);
                break;
            case ExportFormat.Safetensors:
                SafetensorsWriter.Write(path, document.Tensors, weights.Metadata);
                break;
            default:
                TorchFileWriter.Write(path, document);
                break;
        }

        return document.Tensors.Names;
    }

    /// <summary>torchvision builds no ResNet of another width, detectron2 no ResNet-18 or ResNet-34 of one.</summary>
    private static void RefuseWidth(WeightsFile weights, ExportFormat format)
    {
        string? stem = weights.Names.FirstOrDefault(name => name is "encoder.conv1.weight" or "backbone.body.conv1.weight");
        if (stem is null || weights.Shape(stem) is not [var channels, _, _, _] || channels == PublishedStem)
        {
            return;
        }

        bool isBottleneck = weights.Names.Contains(stem.Replace("conv1", "layer1.0.conv3", StringComparison.Ordinal));
        if (format == ExportFormat.Torchvision || (format == ExportFormat.Detectron2 && !isBottleneck))
        {
            throw new SocoRequestException(
                $"{weights.Path} holds a backbone of {channels} stem channels, and {format.ToString().ToLowerInvariant()} builds such a network with {PublishedStem} only: "
                    + "take safetensors, mmdetection (base_channels) or soco, or pretrain with model.width=1."
            );
        }
    }

    private static WeightsDocument Pretrained(WeightsFile weights, ExportFormat format, ExportPart part)
    {
        (string Ours, string Stored)[] names =
        [
            .. Choose(PretrainedTensors.NamesOf(weights), weights.Path, format, part).OrderBy(name => name.Ours, StateOrder.Instance),
        ];
        bool onlyBackbone = names.All(name => name.Ours.StartsWith(s_parts[0], StringComparison.Ordinal));
        Func<string, string?> toTheirs = format switch
        {
            ExportFormat.Soco => name => "module." + name,
            ExportFormat.Detectron2 => NameMaps.Detectron2.ToTheirs,
            ExportFormat.Mmdetection => NameMaps.Mmdetection.ToTheirs,
            ExportFormat.Torchvision => onlyBackbone ? NameMaps.Torchvision.ToTheirs : NameMaps.Detector.ToTheirs,
            _ => name => name,
        };
        var tensors = new RenamedTensors(
            weights,
            [
                .. names
                    .Select(name => (Here: toTheirs(name.Ours), name.Stored))
                    .Where(name => name.Here is not null)
                    .Select(name => (name.Here!, name.Stored)),
            ]
        );
        return format switch
        {
            ExportFormat.Soco => new WeightsDocument(tensors, "model", []),
            ExportFormat.Detectron2 => new WeightsDocument(tensors, "model", [("__author__", "Soco"), ("matching_heuristics", true)]),
            ExportFormat.Mmdetection => new WeightsDocument(tensors, "state_dict", [("meta", new Dictionary<string, object>())]),
            _ => new WeightsDocument(tensors, null, []),
        };
    }

    private static IEnumerable<(string Ours, string Stored)> Choose(
        IReadOnlyList<(string Ours, string Stored)> all,
        string path,
        ExportFormat format,
        ExportPart part
    )
    {
        if (part == ExportPart.Detector)
        {
            throw new SocoRequestException(
                $"{path} holds no detector; leave --part out, or name the run or the file of a fine-tuned detector."
            );
        }

        if (part == ExportPart.All && format is ExportFormat.Soco or ExportFormat.Safetensors)
        {
            return all;
        }

        string[] asked = part == ExportPart.All ? s_parts : s_parts[..((int)part + 1)];
        string? lacking =
            part == ExportPart.All
                ? null
                : Array.Find(asked, start => !all.Any(name => name.Ours.StartsWith(start, StringComparison.Ordinal)));
        return lacking is null
            ? all.Where(name => asked.Any(start => name.Ours.StartsWith(start, StringComparison.Ordinal)))
            : throw new SocoRequestException(
                $"{path} has no tensors {lacking}*, which --part {part.ToString().ToLowerInvariant()} asks for; ask for a smaller part."
            );
    }

    private static WeightsDocument Detector(WeightsFile weights, ExportFormat format)
    {
        bool onC4 = !weights.Names.Any(name => name.StartsWith("backbone.fpn.", StringComparison.Ordinal));
        INamedTensors InOrder(bool backgroundFirst) =>
            weights.BackgroundFirst == !backgroundFirst ? new ReorderedClasses(weights, backgroundFirst) : weights;
        switch (format)
        {
            case ExportFormat.Safetensors:
                return new WeightsDocument(Sorted(weights, name => name), null, []);
            case ExportFormat.Torchvision when !onC4:
                INamedTensors detector = InOrder(backgroundFirst: true);
                return new WeightsDocument(
                    Sorted(DeepenedRpn.IsNeededBy(detector) ? new DeepenedRpn(detector) : detector, name => name),
                    null,
                    []
                );
            case ExportFormat.Detectron2:
                NameMap map = NameMaps.Detectron2Detector(onC4, weights.Names.Contains("rpn.head.conv.1.0.weight"));
                return new WeightsDocument(Sorted(InOrder(backgroundFirst: false), map.ToTheirs), "model", [("__author__", "Soco")]);
            case ExportFormat.Torchvision:
                throw new SocoRequestException(
                    $"{weights.Path} holds a detector on C4, which torchvision does not have; take detectron2 or safetensors, or --part backbone."
                );
            default:
                throw new SocoRequestException(
                    $"A whole detector can be written for torchvision, detectron2 or safetensors, not for {format.ToString().ToLowerInvariant()}; with --part head it gets backbone, FPN and box head."
                );
        }
    }

    private static RenamedTensors Sorted(INamedTensors detector, Func<string, string?> toTheirs) =>
        new(
            detector,
            [
                .. detector
                    .Names.Order(StateOrder.Instance)
                    .Select(name => (Here: toTheirs(name), There: name))
                    .Where(name => name.Here is not null)
                    .Select(name => (name.Here!, name.There)),
            ]
        );
}

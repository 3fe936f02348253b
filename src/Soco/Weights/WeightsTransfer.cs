using Soco.Vision;
using Soco.Weights.Naming;
using static TorchSharp.torch;

namespace Soco.Weights;

/// <summary>Hands pretrained parts, or a whole detector, to a detector (SoCo, section 3.4).</summary>
public static class WeightsTransfer
{
    private const int MostCompared = 50;

    /// <summary>The names of the parts, in the order of <see cref="TransferParts"/>.</summary>
    private static readonly string[] s_parts = ["backbone.body.", "backbone.fpn.", "roi_heads.box_head."];

    /// <summary>Loads what fits; the rest of the detector keeps its values.</summary>
    /// <param name="detector">The detector's tensors, under torchvision's names.</param>
    /// <param name="weights">The weights.</param>
    /// <param name="parts">What to take.</param>
    /// <param name="strict">Whether it is an error if a tensor of these parts is missing, misshaped or unused.</param>
    /// <param name="partial">Whether a backbone may be taken of which tensors are missing or misshaped; they keep their values.</param>
    /// <exception cref="SocoDataException">
    /// Nothing fits, a part of the backbone does not and <paramref name="partial"/> is not set, or not all of it and
    /// <paramref name="strict"/> is set; nothing was changed.
    /// </exception>
    public static TransferReport Load(
        IEnumerable<(string Name, Tensor Tensor)> detector,
        WeightsFile weights,
        TransferParts parts = TransferParts.All,
        bool strict = false,
        bool partial = false
    )
    {
        (string Name, Tensor Tensor)[] wanted = [.. detector];
        RenamedTensors available = UnderDetectorNames(weights, wanted);
        HashSet<string> unused = [.. available.Names.Where(name => parts == TransferParts.All || IsIn(name, parts))];
        int leftOut = weights.Names.Count - unused.Count;
        List<(string Name, Tensor Tensor)> taken = [];
        List<FreshTensor> fresh = [];
        foreach ((string name, Tensor tensor) in wanted)
        {
            IReadOnlyList<long>? shape = unused.Remove(name) ? available.Shape(name) : null;
            if (shape is not null && shape.SequenceEqual(tensor.shape))
            {
                taken.Add((name, tensor));
            }
            else
            {
                fresh.Add(new FreshTensor(name, tensor.shape, shape));
            }
        }

        string[] free = [.. fresh.Where(tensor => tensor.ShapeInFile is null).Select(tensor => tensor.Name)];
        var report = new TransferReport(
            weights.Path,
            parts,
            [.. taken.Select(tensor => new TakenTensor(tensor.Name, available.NameInSource(tensor.Name)!, tensor.Tensor.shape))],
            fresh,
            [
                .. unused
                    .Order(StringComparer.Ordinal)
                    .Select(
                        (name, i) =>
                            new UnusedTensor(
                                available.NameInSource(name)!,
                                available.Shape(name),
                                i < MostCompared ? NearestNames.Of(name, free) : null
                            )
                    ),
            ],
            leftOut
        );
        Refuse(report, weights, strict, partial, wholeDetector: parts == TransferParts.All && weights.Kind == WeightsKind.Detector);
        using IDisposable noGradients = no_grad();
        foreach ((string name, Tensor tensor) in taken)
        {
            available.CopyInto(name, tensor);
        }

        return report;
    }

    /// <summary>Under the detector's names, with its order of classes.</summary>
    private static RenamedTensors UnderDetectorNames(WeightsFile weights, (string Name, Tensor Tensor)[] detector)
    {
        bool isDetector = weights.Kind == WeightsKind.Detector;
        bool? backgroundFirst = ReorderedClasses.BackgroundIsFirst(name =>
            Array.Find(detector, tensor => tensor.Name == name).Tensor?.shape
        );
        INamedTensors source =
            isDetector && backgroundFirst is bool wanted && weights.BackgroundFirst == !wanted
                ? new ReorderedClasses(weights, wanted)
                : weights;
        return new RenamedTensors(
            source,
            [
                .. weights
                    .Names.Select(name => (Here: isDetector ? name : NameMaps.Detector.ToTheirs(name), There: name))
                    .Where(name => name.Here is not null)
                    .Select(name => (name.Here!, name.There)),
            ]
        );
    }

    private static bool IsIn(string name, TransferParts parts) =>
        s_parts.Take((int)parts + 1).Any(part => name.StartsWith(part, StringComparison.Ordinal));

    private static void Refuse(TransferReport report, WeightsFile weights, bool strict, bool partial, bool wholeDetector)
    {
        if (report.Taken.Count == 0)
        {
            throw new SocoDataException(
                weights.Names.Any(name => name.StartsWith("res2_0_branch2a", StringComparison.Ordinal))
                    ? $"{report.File} is a ResNet of Caffe2's, as detectron2 has from MSRA: it takes BGR and strides in its first convolutions, which Soco's does not. Take a torchvision backbone, or detectron2's R-50 of torchvision."
                    : $"Nothing of {report.File} fits this detector: see its tensors with `soco inspect`, and take the file of a model with the same architecture."
                        + (
                            report.Unused.FirstOrDefault(tensor => tensor.Nearest is not null) is { } near
                                ? $" Nearest: {near.Source} in the file, {near.Nearest} here."
                                : ""
                        )
            );
        }

        if (!strict && !partial)
        {
            PartialBackbone.Refuse(weights, report.Fresh.Select(tensor => tensor.Name), s_parts[0]);
        }

        FreshTensor[] lacking = [.. report.Fresh.Where(tensor => wholeDetector || IsIn(tensor.Name, report.Parts))];
        if (strict && lacking.Length + report.Unused.Count > 0)
        {
            throw new SocoDataException(
                new StateMatch(
                    report.File,
                    [.. report.Taken.Select(tensor => tensor.Name)],
                    [.. lacking.Where(tensor => tensor.ShapeInFile is null).Select(tensor => tensor.Name)],
                    [.. report.Unused.Select(tensor => tensor.Source)],
                    [
                        .. lacking
                            .Where(tensor => tensor.ShapeInFile is not null)
                            .Select(tensor => StateMatch.Misfit(tensor.Name, tensor.ShapeInFile!, tensor.Shape)),
                    ]
                ).Describe()
            );
        }
    }
}

using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Weights.Naming;

/// <summary>
/// A detector whose predictors are in the other framework's order of classes. torchvision: background first, with boxes and a mask of its
/// own, which nothing reads. detectron2, mmdetection: background last, without. The objects' rows are the same to the bit.
/// </summary>
/// <param name="source">The detector, under torchvision's names.</param>
/// <param name="backgroundFirst">The order that is wanted; the source has the other.</param>
internal sealed class ReorderedClasses(INamedTensors source, bool backgroundFirst) : INamedTensors
{
    private const string Scores = "roi_heads.box_predictor.cls_score.";
    private const string Boxes = "roi_heads.box_predictor.bbox_pred.";
    private const string Masks = "roi_heads.mask_predictor.mask_fcn_logits.";

    public IReadOnlyList<string> Names => source.Names;

    /// <summary>Whether the background comes first: then there are as many boxes as scores. Null where there are no predictors.</summary>
    public static bool? BackgroundIsFirst(Func<string, IReadOnlyList<long>?> shapeOf) =>
        shapeOf(Scores + "bias") is [var scores] && shapeOf(Boxes + "bias") is [var boxes] ? boxes == 4 * scores : null;

    public IReadOnlyList<long> Shape(string name) =>
        RowsOfBackground(name) is var rows and > 0
            ? [source.Shape(name)[0] + (backgroundFirst ? rows : -rows), .. source.Shape(name).Skip(1)]
            : source.Shape(name);

    public ScalarType DType(string name) => source.DType(name);

    public Tensor Read(string name)
    {
        Tensor read = source.Read(name);
        bool isScores = name.StartsWith(Scores, StringComparison.Ordinal);
        long rows = RowsOfBackground(name);
        if (!isScores && rows == 0)
        {
            return read;
        }

        using (read)
        using (DisposeScope scope = NewDisposeScope())
        {
            Tensor reordered =
                isScores ? read.roll(backgroundFirst ? 1 : -1, 0)
                : backgroundFirst ? cat([zeros([rows, .. read.shape.Skip(1)], read.dtype), read])
                : read.narrow(0, rows, read.shape[0] - rows).clone();
            return reordered.MoveToOuterDisposeScope();
        }
    }

    public void CopyInto(string name, Tensor target)
    {
        using IDisposable noGradients = no_grad();
        using Tensor read = Read(name);
        target.copy_(read);
    }

    private static long RowsOfBackground(string name) =>
        name.StartsWith(Boxes, StringComparison.Ordinal) ? 4
        : name.StartsWith(Masks, StringComparison.Ordinal) ? 1
        : 0;
}

using static TorchSharp.torch;

namespace Soco.Detection.Model;

/// <summary>The losses of a batch: float32 scalars. Disposing them frees the graph that is behind them.</summary>
/// <param name="Total">The sum of the others; the one to run backward.</param>
/// <param name="RpnObjectness">Object or not, over the sampled anchors (binary cross entropy).</param>
/// <param name="RpnBox">Box offsets of the positive anchors (smooth L1).</param>
/// <param name="Classifier">Class of the sampled regions, background among them (cross entropy).</param>
/// <param name="Box">Box offsets of the positive regions (smooth L1).</param>
/// <param name="Mask">Masks of the positive regions (binary cross entropy); null where the detector has no mask head.</param>
public sealed record DetectionLosses(Tensor Total, Tensor RpnObjectness, Tensor RpnBox, Tensor Classifier, Tensor Box, Tensor? Mask)
    : IDisposable
{
    /// <summary>The parts of the total by the names they have in a log.</summary>
    public IEnumerable<(string Name, Tensor Loss)> Parts()
    {
        yield return ("loss_rpn_cls", RpnObjectness);
        yield return ("loss_rpn_loc", RpnBox);
        yield return ("loss_cls", Classifier);
        yield return ("loss_box_reg", Box);
        if (Mask is not null)
        {
            yield return ("loss_mask", Mask);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Total.Dispose();
        foreach ((_, Tensor loss) in Parts())
        {
            loss.Dispose();
        }
    }
}

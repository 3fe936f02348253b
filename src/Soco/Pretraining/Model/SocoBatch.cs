using Soco.Tensors;
using static TorchSharp.torch;

namespace Soco.Pretraining.Model;

/// <summary>Two views whose boxes are compared: the first view and another.</summary>
/// <param name="View">Index of the other view, 1 or more.</param>
/// <param name="First">The boxes in the first view. The pairs of one batch may share a set; then it is embedded once.</param>
/// <param name="Other">The same objects in the other view.</param>
public sealed record ViewPair(int View, BoxSet First, BoxSet Other);

/// <summary>What one step sees: the views of N images and the boxes in them. Owns the views.</summary>
/// <param name="Views">Each [N, 3, side, side] float32, normalized; the first is the whole image.</param>
/// <param name="Pairs">Pairs of views, in the order of the other view.</param>
public sealed record SocoBatch(IReadOnlyList<Tensor> Views, IReadOnlyList<ViewPair> Pairs) : IDisposable
{
    /// <summary>Images in the batch, N.</summary>
    public int Images => (int)Views[0].shape[0];

    /// <summary>Images of the batch in all processes.</summary>
    public int WholeImages
    {
        get => field == 0 ? Images : field;
        init;
    }

    /// <summary>
    /// The box sets of a view: for the first view one of each pair (a shared set once for each pair), else the other side of its pair.
    /// </summary>
    internal IReadOnlyList<BoxSet> BoxesOf(int view) =>
        view == 0 ? [.. Pairs.Select(pair => pair.First)] : [.. Pairs.Where(pair => pair.View == view).Select(pair => pair.Other)];

    /// <summary>A batch of its own with the views on a device.</summary>
    internal SocoBatch To(Device device) => this with { Views = [.. Views.Select(view => view.On(device))] };

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor view in Views)
        {
            view.Dispose();
        }
    }
}

using Soco.Vision;
using static TorchSharp.torch;

namespace Soco.Probing;

/// <summary>A labelled box of an image of a batch.</summary>
/// <param name="Image">Place of the image in the batch.</param>
/// <param name="Box">Pixels of the resized image.</param>
/// <param name="Label">Its class.</param>
internal sealed record ProbeBox(int Image, BoxXyxy Box, int Label);

/// <summary>Resized images and their labelled boxes. Owns its tensor.</summary>
/// <param name="Images">[N, 3, H, W] float32, normalized.</param>
/// <param name="Boxes">In the order of the images.</param>
internal sealed record ProbeBatch(Tensor Images, IReadOnlyList<ProbeBox> Boxes) : IDisposable
{
    /// <summary>Boxes as RoIAlign takes them: [R, 5].</summary>
    /// <param name="places">Which of them; null: all.</param>
    public Tensor Regions(IReadOnlyList<int>? places = null)
    {
        float[] rows =
        [
            .. (places ?? [.. Enumerable.Range(0, Boxes.Count)])
                .Select(place => Boxes[place])
                .SelectMany(box => new[] { box.Image, (float)box.Box.X1, (float)box.Box.Y1, (float)box.Box.X2, (float)box.Box.Y2 }),
        ];
        return tensor(rows, [rows.Length / 5, 5]);
    }

    /// <inheritdoc/>
    public void Dispose() => Images.Dispose();
}

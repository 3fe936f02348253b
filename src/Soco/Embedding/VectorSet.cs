using Soco.Vision;
using static TorchSharp.torch;

namespace Soco.Embedding;

/// <summary>What vectors were made by.</summary>
/// <param name="Weights">The file of the weights.</param>
/// <param name="Architecture">The backbone, and its width where that is not 1: <c>resnet18 x 0.5</c>.</param>
/// <param name="Stage"><c>C5</c>: images, the mean over the cells of the last stage. <c>head</c>: boxes, what the box head gives.</param>
/// <param name="Side">Side of the square that each whole image is resized to, pixels.</param>
public sealed record VectorOrigin(string Weights, string Architecture, string Stage, int Side);

/// <summary>The vectors of images, or of boxes in them, in the order of the images. Owns its tensor.</summary>
public sealed class VectorSet : IDisposable
{
    private readonly int[] _imageOf;
    private readonly Dictionary<string, int> _images = new(StringComparer.Ordinal);

    /// <param name="values">[N, D] float32; this set disposes it.</param>
    /// <param name="paths">N: the name of the image of each, as its source has it.</param>
    /// <param name="boxes">N: the box of each, pixels of its image; null for vectors of whole images.</param>
    /// <param name="origin">What made them.</param>
    public VectorSet(Tensor values, IReadOnlyList<string> paths, IReadOnlyList<BoxXyxy>? boxes, VectorOrigin origin)
    {
        (Values, Paths, Boxes, Origin) = (values.DetachFromDisposeScope(), paths, boxes, origin);
        _imageOf = [.. paths.Select(path => _images.TryGetValue(path, out int known) ? known : _images[path] = _images.Count)];
    }

    /// <summary>[N, D] float32, as the network gives them.</summary>
    public Tensor Values { get; }

    /// <summary>N: the name of the image of each.</summary>
    public IReadOnlyList<string> Paths { get; }

    /// <summary>N: the box of each; null for vectors of whole images.</summary>
    public IReadOnlyList<BoxXyxy>? Boxes { get; }

    /// <summary>What made them.</summary>
    public VectorOrigin Origin { get; }

    /// <summary>Number of vectors, N.</summary>
    public int Count => Paths.Count;

    /// <summary>Values of a vector, D.</summary>
    public int Dimensions => (int)Values.shape[1];

    /// <summary>The images, each once, in their order.</summary>
    public IReadOnlyList<string> Images => [.. _images.Keys];

    /// <summary>N: the number of the image of each, in <see cref="Images"/>.</summary>
    public IReadOnlyList<int> ImageOf => _imageOf;

    /// <summary>
    /// [N, D] float32: the vectors at length 1, so that products of them are cosines; a vector of zeros stays one. The caller disposes it.
    /// </summary>
    public Tensor Directions()
    {
        using IDisposable guard = no_grad();
        return nn.functional.normalize(Values, p: 2, dim: 1);
    }

    /// <inheritdoc/>
    public void Dispose() => Values.Dispose();
}

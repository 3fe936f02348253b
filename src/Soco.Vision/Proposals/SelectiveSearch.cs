using Soco.Vision.Imaging;
using Soco.Vision.Proposals.Regions;

namespace Soco.Vision.Proposals;

/// <summary>
/// Selective search (Uijlings et al., IJCV 2013) as the published SoCo proposals were made (arXiv 2106.02637, section 3.1): a segmentation,
/// then every segment and every union of the most similar neighbors is a box. Exact to the bit but for ties between equal edge costs,
/// which the published code broke in no set order. It keeps its buffers from image to image: one instance for each worker, not thread-safe.
/// </summary>
public sealed class SelectiveSearch
{
    private readonly Segmentation _segmentation;
    private readonly RegionData _regions = new();
    private readonly RegionNeighbors _neighbors = new();
    private readonly RegionMerging _merging = new();

    /// <param name="options">The parameters; null for those of the published proposals.</param>
    public SelectiveSearch(SelectiveSearchOptions? options = null)
    {
        Options = options ?? new SelectiveSearchOptions();
        _segmentation = new Segmentation(Options);
    }

    /// <summary>The parameters.</summary>
    public SelectiveSearchOptions Options { get; }

    /// <summary>Proposes boxes for an image, in pixels; all of them, before any filter.</summary>
    /// <param name="image">The image.</param>
    /// <param name="cancellationToken">Ends the search within a second or two, however large the image is.</param>
    /// <exception cref="OperationCanceledException">The search was ended.</exception>
    public SelectiveSearchResult Propose(RgbImage image, CancellationToken cancellationToken = default)
    {
        int segments = _segmentation.Segment(image, cancellationToken);
        _regions.Measure(image, _segmentation.Labels, segments, cancellationToken);
        var boxes = new List<BoxXywh>(2 * segments - 1);
        for (int region = 0; region < segments; region++)
        {
            boxes.Add(_regions[region].Box);
        }

        _merging.Merge(_regions, _neighbors.Find(_regions, image.Width, image.Height), boxes, cancellationToken);
        return new SelectiveSearchResult(segments, boxes);
    }
}

using Soco.Vision.Imaging;

namespace Soco.Vision.Proposals;

/// <summary>How the boxes of an image are proposed. Its name and parameters are written beside the boxes.</summary>
public abstract class ProposalStrategy
{
    /// <summary>The name in proposal files and on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>All that decides the boxes, for example <c>scale=300;sigma=0.9;min_size=100;keep=rules</c>.</summary>
    public abstract string Parameters { get; }

    /// <summary>
    /// What one thread proposes with: (image, its name) to boxes, pixels. Equal images and names give equal boxes on any thread.
    /// </summary>
    /// <param name="cancellationToken">Ends the search of an image with an <see cref="OperationCanceledException"/>.</param>
    public abstract Func<RgbImage, string, IReadOnlyList<BoxXywh>> NewWorker(CancellationToken cancellationToken = default);
}

/// <summary>Strategy <c>soco</c>: selective search, then <see cref="ProposalFilter"/> (or no filter).</summary>
/// <param name="options">The parameters; null for those of the published proposals.</param>
/// <param name="filter">Which boxes are kept; null for the published limits.</param>
/// <param name="keepAll">Keep every box, not only those of sensible size and shape.</param>
/// <param name="maxSide">
/// Images with a longer side are searched at a size where it is this many pixels; their boxes are those of the whole image all the same. 0:
/// never.
/// </param>
public sealed class SelectiveSearchStrategy(
    SelectiveSearchOptions? options = null,
    ProposalFilter? filter = null,
    bool keepAll = false,
    int maxSide = SelectiveSearchStrategy.DefaultMaxSide
) : ProposalStrategy
{
    /// <summary>The longest side that is searched as it is, pixels: a square of it is 4 megapixels, a few seconds of one core.</summary>
    public const int DefaultMaxSide = 2048;

    private readonly SelectiveSearchOptions _options = options ?? new SelectiveSearchOptions();
    private readonly ProposalFilter _filter = filter ?? ProposalFilter.Published;

    /// <inheritdoc/>
    public override string Name => "soco";

    /// <inheritdoc/>
    public override string Parameters => $"{_options};keep={(keepAll ? "all" : _filter)}{(maxSide > 0 ? $";max_side={maxSide}" : "")}";

    /// <inheritdoc/>
    public override Func<RgbImage, string, IReadOnlyList<BoxXywh>> NewWorker(CancellationToken cancellationToken = default)
    {
        var search = new SelectiveSearch(_options);
        return (image, _) =>
        {
            IReadOnlyList<BoxXywh> boxes = Search(search, image, cancellationToken);
            return keepAll ? boxes : _filter.Keep(boxes, image.Width, image.Height).Boxes;
        };
    }

    private IReadOnlyList<BoxXywh> Search(SelectiveSearch search, RgbImage image, CancellationToken cancellationToken)
    {
        int longest = Math.Max(image.Width, image.Height);
        if (maxSide == 0 || longest <= maxSide)
        {
            return search.Propose(image, cancellationToken).Boxes;
        }

        double scale = (double)longest / maxSide;
        RgbImage small = Resampling.ResizeBilinear(image, Shrunk(image.Width, scale), Shrunk(image.Height, scale));
        List<BoxXywh> boxes = [.. search.Propose(small, cancellationToken).Boxes.Select(box => Enlarged(box, small, image))];
        small.Recycle();
        return boxes;
    }

    private static int Shrunk(int side, double scale) => Math.Max(1, (int)Math.Round(side / scale));

    /// <summary>The box of the whole image whose edges lie where those of a box of the shrunk one do.</summary>
    private static BoxXywh Enlarged(BoxXywh box, RgbImage small, RgbImage image)
    {
        int left = At(box.X, small.Width, image.Width),
            right = At(box.X + box.Width, small.Width, image.Width);
        int top = At(box.Y, small.Height, image.Height),
            bottom = At(box.Y + box.Height, small.Height, image.Height);
        return new BoxXywh(left, top, right - left, bottom - top);

        static int At(int edge, int of, int to) => (int)Math.Round((double)edge * to / of);
    }
}

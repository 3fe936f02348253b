using Soco.Images;

namespace Soco.Proposals;

/// <summary>How the boxes of an image are proposed. Its name and parameters are written beside the boxes.</summary>
public abstract class ProposalStrategy
{
    /// <summary>The name in proposal files and on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>All that decides the boxes, for example <c>scale=300;sigma=0.9;min_size=100;keep=rules</c>.</summary>
    public abstract string Parameters { get; }

    /// <summary>What one thread proposes with: (image, its name) to boxes, pixels. Equal images and names give equal boxes on any thread.</summary>
    public abstract Func<RgbImage, string, IReadOnlyList<BoxXywh>> NewWorker();
}

/// <summary>Strategy <c>soco</c>: selective search, then <see cref="ProposalFilter"/> (or no filter).</summary>
/// <param name="options">The parameters; null for those of the published proposals.</param>
/// <param name="filter">Which boxes are kept; null for the published limits.</param>
/// <param name="keepAll">Keep every box, not only those of sensible size and shape.</param>
public sealed class SelectiveSearchStrategy(SelectiveSearchOptions? options = null, ProposalFilter? filter = null, bool keepAll = false) : ProposalStrategy
{
    private readonly SelectiveSearchOptions _options = options ?? new SelectiveSearchOptions();
    private readonly ProposalFilter _filter = filter ?? ProposalFilter.Published;

    /// <inheritdoc/>
    public override string Name => "soco";

    /// <inheritdoc/>
    public override string Parameters => $"{_options};keep={(keepAll ? "all" : _filter)}";

    /// <inheritdoc/>
    public override Func<RgbImage, string, IReadOnlyList<BoxXywh>> NewWorker()
    {
        var search = new SelectiveSearch(_options);
        return (image, _) =>
        {
            IReadOnlyList<BoxXywh> boxes = search.Propose(image).Boxes;
            return keepAll ? boxes : _filter.Keep(boxes, image.Width, image.Height).Boxes;
        };
    }
}

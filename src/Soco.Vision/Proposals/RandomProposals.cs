using System.Globalization;
using System.Text;
using Soco.Vision.Imaging;
using Soco.Vision.Random;

namespace Soco.Vision.Proposals;

/// <summary>
/// Strategy <c>random</c>, an ablation (arXiv 2106.02637, section 4.4): boxes of random place, aspect uniform in [1/3, 3] and size ratio
/// uniform in [0.3, 0.8] (or the limits given), inside the image, at least 32 px a side. Where no such box fits (a small or very long
/// image) the sides are clipped to the image. The boxes of an image depend on the seed and on its name, not on the order of the images.
/// </summary>
public sealed class RandomProposals : ProposalStrategy
{
    private const ulong Purpose = 0x72616E646F6D;
    private const int Tries = 100;

    private readonly int _count;
    private readonly ulong _seed;
    private readonly ProposalFilter _limits;

    /// <param name="count">Boxes an image, at least 1.</param>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="limits">Sizes of the boxes; null for the published ones.</param>
    public RandomProposals(int count, ulong seed = 0, ProposalFilter? limits = null)
    {
        _limits = limits ?? ProposalFilter.Published;
        _count = count >= 1 ? count : throw new SocoRequestException($"{count} random boxes an image are asked for; give at least 1.");
        _seed = seed;
    }

    /// <inheritdoc/>
    public override string Name => "random";

    /// <inheritdoc/>
    public override string Parameters =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"boxes={_count};seed={_seed}{(_limits == ProposalFilter.Published ? "" : $";{_limits}")}"
        );

    /// <inheritdoc/>
    public override Func<RgbImage, string, IReadOnlyList<BoxXywh>> NewWorker(CancellationToken cancellationToken = default) =>
        (image, name) => Propose(name, image.Width, image.Height);

    /// <summary>The boxes of an image, pixels.</summary>
    /// <param name="name">Name of the image in its source.</param>
    /// <param name="width">Of the image, pixels.</param>
    /// <param name="height">Of the image, pixels.</param>
    public BoxXywh[] Propose(string name, int width, int height)
    {
        var random = new CounterRandom(_seed, 0, HashOf(name), Purpose);
        var boxes = new BoxXywh[_count];
        foreach (ref BoxXywh box in boxes.AsSpan())
        {
            box = Draw(ref random, width, height);
        }

        return boxes;
    }

    private BoxXywh Draw(ref CounterRandom random, int width, int height)
    {
        int boxWidth = 0,
            boxHeight = 0;
        for (int attempt = 0; attempt < Tries; attempt++)
        {
            double aspect = random.Uniform(1.0 / ProposalFilter.GreatestRatio, ProposalFilter.GreatestRatio);
            double side = random.Uniform(_limits.LeastSizeRatio, _limits.GreatestSizeRatio) * Math.Sqrt((double)width * height);
            boxWidth = (int)Math.Round(side * Math.Sqrt(aspect));
            boxHeight = (int)Math.Round(side / Math.Sqrt(aspect));
            if (
                boxWidth <= width
                && boxHeight <= height
                && _limits.StrictestPassedBy(new BoxXywh(0, 0, boxWidth, boxHeight), width, height) == KeepRule.RatioAndSize
            )
            {
                return Place(ref random, boxWidth, boxHeight, width, height);
            }
        }

        boxWidth = Math.Min(width, Math.Max(_limits.LeastSide, boxWidth));
        boxHeight = Math.Min(height, Math.Max(_limits.LeastSide, boxHeight));
        return Place(ref random, boxWidth, boxHeight, width, height);
    }

    private static BoxXywh Place(ref CounterRandom random, int boxWidth, int boxHeight, int width, int height) =>
        new(random.NextInt(width - boxWidth + 1), random.NextInt(height - boxHeight + 1), boxWidth, boxHeight);

    /// <summary>FNV-1a, 64 bits, over UTF-8.</summary>
    private static ulong HashOf(string name)
    {
        ulong hash = 0xCBF29CE484222325UL;
        foreach (byte b in Encoding.UTF8.GetBytes(name))
        {
            hash = (hash ^ b) * 0x100000001B3UL;
        }

        return hash;
    }
}

using System.Globalization;

namespace Soco.Vision.Proposals;

/// <summary>Which rule decided what <see cref="ProposalFilter"/> kept.</summary>
public enum KeepRule
{
    /// <summary>Nothing passed any rule; the whole image will stand in.</summary>
    None,

    /// <summary>Both sides long enough.</summary>
    Side,

    /// <summary>And width / height from 1/3 to 3.</summary>
    Ratio,

    /// <summary>And the square root of the box area within limits, as a share of that of the image.</summary>
    RatioAndSize,
}

/// <summary>
/// Keeps boxes of sensible size and shape, by default those of the paper (arXiv 2106.02637, section 4.1). Where no box is, first the size
/// rule is given up, then the shape rule.
/// </summary>
public sealed record ProposalFilter
{
    /// <summary>The greatest ratio of the sides, either way.</summary>
    public const int GreatestRatio = 3;

    /// <summary>The published limits.</summary>
    public static ProposalFilter Published { get; } = new();

    /// <summary>The least width and height of a kept box, pixels.</summary>
    public int LeastSide { get; init; } = 32;

    /// <summary>The least square root of the ratio of box area and image area.</summary>
    public double LeastSizeRatio { get; init; } = 0.3;

    /// <summary>The greatest square root of the ratio of box area and image area.</summary>
    public double GreatestSizeRatio { get; init; } = 0.8;

    /// <summary>The boxes that pass the strictest rule that any box passes, in their order, and that rule.</summary>
    /// <param name="boxes">Proposals, pixels.</param>
    /// <param name="width">Of the image, pixels.</param>
    /// <param name="height">Of the image, pixels.</param>
    public (List<BoxXywh> Boxes, KeepRule Rule) Keep(IReadOnlyList<BoxXywh> boxes, int width, int height)
    {
        var kept = new List<BoxXywh>();
        KeepRule strictest = KeepRule.None;
        foreach (BoxXywh box in boxes)
        {
            KeepRule passed = StrictestPassedBy(box, width, height);
            if (passed > strictest)
            {
                strictest = passed;
                kept.Clear();
            }

            if (passed == strictest && passed != KeepRule.None)
            {
                kept.Add(box);
            }
        }

        return (kept, strictest);
    }

    /// <summary>As proposal files state it: <c>rules</c> for the published limits, otherwise the limits.</summary>
    public override string ToString() =>
        this == Published
            ? "rules"
            : string.Create(CultureInfo.InvariantCulture, $"side>={LeastSide},size={LeastSizeRatio}..{GreatestSizeRatio}");

    internal KeepRule StrictestPassedBy(BoxXywh box, int width, int height)
    {
        if (box.Width < LeastSide || box.Height < LeastSide)
        {
            return KeepRule.None;
        }

        if (box.Width > (long)GreatestRatio * box.Height || box.Height > (long)GreatestRatio * box.Width)
        {
            return KeepRule.Side;
        }

        double sizeRatio = Math.Sqrt((double)box.Width * box.Height) / Math.Sqrt((double)width * height);
        return sizeRatio >= LeastSizeRatio && sizeRatio <= GreatestSizeRatio ? KeepRule.RatioAndSize : KeepRule.Ratio;
    }
}

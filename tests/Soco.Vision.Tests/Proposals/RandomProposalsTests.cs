using CsCheck;
using Soco.Vision.Proposals;

namespace Soco.Vision.Tests.Proposals;

public sealed class RandomProposalsTests
{
    [Fact]
    public void Boxes_have_the_shapes_of_the_ablation_where_the_image_allows() =>
        Gen.Select(Gen.Int[160, 2000], Gen.Double[0.5, 2], Gen.Int[0, 1000])
            .Sample(
                (width, aspect, seed) =>
                {
                    int height = Math.Max(160, (int)(width / aspect));
                    foreach (BoxXywh box in new RandomProposals(8, (ulong)seed).Propose("a.jpg", width, height))
                    {
                        Assert.Equal(KeepRule.RatioAndSize, ProposalFilter.Published.StrictestPassedBy(box, width, height));
                        AssertInside(box, width, height);
                    }
                }
            );

    [Fact]
    public void Boxes_lie_inside_any_image_however_small_or_long() =>
        Gen.Select(Gen.Int[1, 3000], Gen.Int[1, 60], Gen.Bool)
            .Sample(
                (longSide, shortSide, upright) =>
                {
                    (int width, int height) = upright ? (shortSide, longSide) : (longSide, shortSide);
                    foreach (BoxXywh box in new RandomProposals(4).Propose("a.jpg", width, height))
                    {
                        AssertInside(box, width, height);
                        Assert.True(box.Width >= Math.Min(32, width) && box.Height >= Math.Min(32, height), $"{box}");
                    }
                }
            );

    [Fact]
    public void Boxes_depend_on_seed_and_name_alone()
    {
        BoxXywh[] boxes = new RandomProposals(4, 1).Propose("a.jpg", 500, 375);
        Assert.Equal(boxes, new RandomProposals(4, 1).Propose("a.jpg", 500, 375));
        Assert.Equal(boxes, new RandomProposals(8, 1).Propose("a.jpg", 500, 375)[..4]);
        Assert.NotEqual(boxes, new RandomProposals(4, 2).Propose("a.jpg", 500, 375));
        Assert.NotEqual(boxes, new RandomProposals(4, 1).Propose("b.jpg", 500, 375));
    }

    [Fact]
    public void Sizes_and_shapes_spread_over_their_whole_range()
    {
        BoxXywh[] boxes = new RandomProposals(4000).Propose("a.jpg", 1000, 1000);
        double[] sizes = [.. boxes.Select(box => Math.Sqrt(box.Width * box.Height) / 1000)];
        double[] aspects = [.. boxes.Select(box => box.Width / (double)box.Height)];
        Assert.InRange(sizes.Min(), 0.3, 0.31);
        Assert.InRange(sizes.Max(), 0.78, 0.8);
        Assert.InRange(aspects.Min(), 1.0 / 3, 0.36);
        Assert.InRange(aspects.Max(), 2.95, 3);
    }

    [Fact]
    public void Limits_can_be_moved()
    {
        var limits = new ProposalFilter
        {
            LeastSide = 16,
            LeastSizeRatio = 0.1,
            GreatestSizeRatio = 0.2,
        };
        double[] sizes =
        [
            .. new RandomProposals(1000, limits: limits)
                .Propose("a.jpg", 1000, 1000)
                .Select(box => Math.Sqrt(box.Width * box.Height) / 1000),
        ];
        Assert.InRange(sizes.Min(), 0.1, 0.102);
        Assert.InRange(sizes.Max(), 0.198, 0.2);
        Assert.NotEqual(new RandomProposals(1).Parameters, new RandomProposals(1, limits: limits).Parameters);
    }

    [Fact]
    public void No_boxes_is_a_wrong_request() => Assert.Throws<SocoRequestException>(() => new RandomProposals(0));

    private static void AssertInside(BoxXywh box, int width, int height) =>
        Assert.True(
            box.X >= 0 && box.Y >= 0 && box.Width > 0 && box.Height > 0 && box.X + box.Width <= width && box.Y + box.Height <= height,
            $"{box}"
        );
}

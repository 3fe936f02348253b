using CsCheck;
using Soco.Vision.Proposals;

namespace Soco.Vision.Tests.Proposals;

public sealed class ProposalFilterTests
{
    private static readonly Gen<BoxXywh> Boxes = Gen.Select(
        Gen.Int[0, 50],
        Gen.Int[0, 50],
        Gen.Int[0, 250],
        Gen.Int[0, 250],
        (x, y, w, h) => new BoxXywh(x, y, w, h)
    );

    [Theory]
    [InlineData(100, 100, KeepRule.RatioAndSize)]
    [InlineData(60, 60, KeepRule.RatioAndSize)]
    [InlineData(59, 59, KeepRule.Ratio)]
    [InlineData(160, 160, KeepRule.RatioAndSize)]
    [InlineData(161, 161, KeepRule.Ratio)]
    [InlineData(180, 60, KeepRule.RatioAndSize)]
    [InlineData(181, 60, KeepRule.Side)]
    [InlineData(60, 181, KeepRule.Side)]
    [InlineData(32, 32, KeepRule.Ratio)]
    [InlineData(31, 100, KeepRule.None)]
    [InlineData(100, 31, KeepRule.None)]
    public void The_limits_belong_to_what_is_kept(int width, int height, KeepRule expected)
    {
        var box = new BoxXywh(1, 2, width, height);
        (List<BoxXywh> kept, KeepRule rule) = ProposalFilter.Published.Keep([box], 200, 200);
        Assert.Equal(expected, rule);
        Assert.Equal(expected == KeepRule.None ? [] : [box], kept);
    }

    [Theory]
    [InlineData(20, 20, KeepRule.RatioAndSize)]
    [InlineData(19, 19, KeepRule.Ratio)]
    [InlineData(100, 100, KeepRule.RatioAndSize)]
    [InlineData(101, 100, KeepRule.Ratio)]
    [InlineData(15, 45, KeepRule.None)]
    public void The_limits_can_be_moved(int width, int height, KeepRule expected)
    {
        var filter = new ProposalFilter
        {
            LeastSide = 16,
            LeastSizeRatio = 0.1,
            GreatestSizeRatio = 0.5,
        };
        Assert.Equal(expected, filter.Keep([new BoxXywh(0, 0, width, height)], 200, 200).Rule);
        Assert.Equal("side>=16,size=0.1..0.5", $"{filter}");
        Assert.Equal("rules", $"{new ProposalFilter()}");
    }

    [Fact]
    public void The_strictest_rule_that_any_box_passes_decides() =>
        Gen.Select(Boxes.Array[0, 12], Gen.Int[40, 300], Gen.Int[40, 300])
            .Sample(
                (boxes, width, height) =>
                {
                    BoxXywh[] side = [.. boxes.Where(box => box.Width >= 32 && box.Height >= 32)];
                    BoxXywh[] ratio = [.. side.Where(box => box.Width / (double)box.Height is >= 1.0 / 3 and <= 3)];
                    BoxXywh[] size =
                    [
                        .. ratio.Where(box => Math.Sqrt(box.Width * box.Height) / Math.Sqrt(width * height) is >= 0.3 and <= 0.8),
                    ];
                    (BoxXywh[] expected, KeepRule rule) =
                        size.Length > 0 ? (size, KeepRule.RatioAndSize)
                        : ratio.Length > 0 ? (ratio, KeepRule.Ratio)
                        : side.Length > 0 ? (side, KeepRule.Side)
                        : ([], KeepRule.None);
                    (List<BoxXywh> kept, KeepRule keptBy) = ProposalFilter.Published.Keep(boxes, width, height);
                    Assert.Equal(rule, keptBy);
                    Assert.Equal(expected, kept);
                }
            );
}

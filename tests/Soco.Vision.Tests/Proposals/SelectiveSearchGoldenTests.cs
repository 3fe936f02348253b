using Soco.TestSupport;
using Soco.Vision.Imaging;
using Soco.Vision.Proposals;

namespace Soco.Vision.Tests.Proposals;

[Trait("Category", "Golden")]
public sealed class SelectiveSearchGoldenTests(ITestOutputHelper output)
{
    [Fact]
    public void Proposals_of_the_synthetic_images_are_the_published_ones() =>
        Compare(GoldenSelectiveSearch.All().FindAll(image => image.IsSynthetic));

    [Fact]
    public void Proposals_of_the_photographs_are_the_published_ones()
    {
        Assert.SkipUnless(
            Directory.Exists(GoldenFiles.Images),
            $"The folder of photographs {GoldenFiles.Images} is not there; name it in SOCO_IMAGES."
        );
        Compare(GoldenSelectiveSearch.All().FindAll(image => !image.IsSynthetic));
    }

    private void Compare(List<GoldenSelectiveSearch> images)
    {
        Assert.NotEmpty(images);
        var search = new SelectiveSearch();
        double sum = 0;
        int equal = 0;
        foreach (GoldenSelectiveSearch golden in images)
        {
            RgbImage image = golden.Load();
            SelectiveSearchResult result = search.Propose(image);
            (List<BoxXywh> kept, KeepRule rule) = ProposalFilter.Published.Keep(result.Boxes, golden.Width, golden.Height);
            double f1 = BoxMatching.F1(result.Boxes, golden.Boxes, 0.9);
            bool same = result.Boxes.SequenceEqual(golden.Boxes);
            output.WriteLine(
                $"{golden.Image}: {result.SegmentCount} segments of {golden.Segments}, F1 {f1:0.0000}, {(same ? "equal" : "not equal")}"
            );
            Assert.InRange(result.SegmentCount, golden.Segments * 0.99, golden.Segments * 1.01);
            Assert.Equal(golden.KeptBy, GoldenNameOf(rule));
            Assert.InRange(BoxMatching.F1(kept, golden.Kept, 0.9), 0.95, 1);
            Assert.True(!same || kept.SequenceEqual(golden.Kept), $"{golden.Image}: other boxes are kept of the same proposals.");
            sum += f1;
            equal += same ? 1 : 0;
        }

        output.WriteLine($"mean F1 {sum / images.Count:0.0000}, {equal} of {images.Count} equal");
        Assert.InRange(sum / images.Count, 0.98, 1);
        Assert.InRange(equal, 0.8 * images.Count, images.Count);
    }

    private static string GoldenNameOf(KeepRule rule) =>
        rule switch
        {
            KeepRule.RatioAndSize => "ratio3size0308",
            KeepRule.Ratio => "ratio3",
            _ => rule.ToString(),
        };
}

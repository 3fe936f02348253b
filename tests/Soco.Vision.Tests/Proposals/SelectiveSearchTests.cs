using System.Diagnostics;
using CsCheck;
using Soco.Vision.Imaging;
using Soco.Vision.Proposals;
using Soco.Vision.Random;

namespace Soco.Vision.Tests.Proposals;

public sealed class SelectiveSearchTests
{
    // Few levels give ties, many give none; blocks give segments.
    private static readonly Gen<RgbImage> Images = Gen.Select(
            Gen.Int[1, 60],
            Gen.Int[1, 60],
            Gen.Int[1, 12],
            Gen.Int[1, 256],
            Gen.Int[0, int.MaxValue]
        )
        .Select(Blocks);

    private static readonly Gen<SelectiveSearchOptions> SomeOptions = Gen.Select(
        Gen.Double[5, 500],
        Gen.Double[0, 1.5],
        Gen.Int[1, 60],
        (scale, sigma, size) =>
            new SelectiveSearchOptions
            {
                Scale = scale,
                Sigma = sigma,
                MinimumSize = size,
            }
    );

    [Fact]
    public void The_fast_search_proposes_what_the_plain_one_does() =>
        Gen.Select(Images, SomeOptions)
            .Sample(
                (image, options) =>
                {
                    SelectiveSearchResult fast = new SelectiveSearch(options).Propose(image);
                    (int segments, List<BoxXywh> boxes) = PlainSelectiveSearch.Propose(
                        image,
                        options.Scale,
                        options.Sigma,
                        options.MinimumSize
                    );
                    Assert.Equal(segments, fast.SegmentCount);
                    Assert.Equal(boxes, fast.Boxes);
                },
                iter: 300
            );

    [Fact]
    public void One_instance_proposes_the_same_whatever_it_saw_before() =>
        Gen.Select(Images, Images)
            .Sample(
                (image, before) =>
                {
                    var search = new SelectiveSearch();
                    search.Propose(before);
                    Assert.Equal(new SelectiveSearch().Propose(image).Boxes, search.Propose(image).Boxes);
                },
                iter: 100
            );

    [Fact]
    public void Boxes_lie_inside_the_image_and_the_segments_cover_it() =>
        Images.Sample(
            image =>
            {
                SelectiveSearchResult result = new SelectiveSearch(new SelectiveSearchOptions { MinimumSize = 5 }).Propose(image);
                Assert.All(
                    result.Boxes,
                    box =>
                        Assert.True(
                            box.X >= 0
                                && box.Y >= 0
                                && box.Width >= 0
                                && box.Height >= 0
                                && box.X + box.Width < image.Width
                                && box.Y + box.Height < image.Height,
                            $"{box}"
                        )
                );
                Assert.InRange(result.Boxes.Count, result.SegmentCount, 2 * result.SegmentCount - 1);
                Assert.Equal(0, result.Boxes.Min(box => box.X));
                Assert.Equal(image.Height - 1, result.Boxes.Max(box => box.Y + box.Height));
            },
            iter: 300
        );

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 700)]
    [InlineData(700, 1)]
    [InlineData(2, 2)]
    [InlineData(333, 222)]
    public void A_flat_image_is_one_segment(int width, int height)
    {
        var image = new RgbImage(width, height);
        Array.Fill(image.Pixels, (byte)77);
        SelectiveSearchResult result = new SelectiveSearch().Propose(image);
        Assert.Equal(1, result.SegmentCount);
        Assert.Equal([new BoxXywh(0, 0, width - 1, height - 1)], result.Boxes);
    }

    [Fact]
    public void Thousands_of_regions_do_not_take_time_with_their_square()
    {
        RgbImage image = Blocks(1500, 1500, 12, 256, 5);
        var clock = Stopwatch.StartNew();
        SelectiveSearchResult result = new SelectiveSearch().Propose(image);
        Assert.True(result.SegmentCount > 10_000, $"{result.SegmentCount} segments");
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"{clock.Elapsed}");
    }

    [Theory]
    [InlineData(0, 0.9, 100)]
    [InlineData(double.NaN, 0.9, 100)]
    [InlineData(300, -1, 100)]
    [InlineData(300, 17, 100)]
    [InlineData(300, 0.9, 0)]
    public void A_parameter_out_of_range_is_a_wrong_request(double scale, double sigma, int minimumSize) =>
        Assert.Throws<SocoRequestException>(() =>
            new SelectiveSearchOptions
            {
                Scale = scale,
                Sigma = sigma,
                MinimumSize = minimumSize,
            }
        );

    /// <summary>Blocks of one color each, of a few levels, with a little noise.</summary>
    private static RgbImage Blocks(int width, int height, int side, int levels, int seed)
    {
        var image = new RgbImage(width, height);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                var block = new CounterRandom((ulong)seed, (ulong)(x / side), (ulong)(y / side), 0);
                var noise = new CounterRandom((ulong)seed, (ulong)x, (ulong)y, 1);
                for (int c = 0; c < 3; c++)
                {
                    int level = block.NextInt(levels) * 255 / levels + noise.NextInt(Math.Max(1, levels / 16));
                    image.Pixels[3 * (y * width + x) + c] = (byte)Math.Min(255, level);
                }
            }
        }

        return image;
    }

    [Fact]
    public void A_large_image_is_searched_smaller_and_its_boxes_scaled_back()
    {
        RgbImage image = Noise(300, 200);
        RgbImage small = Resampling.ResizeBilinear(image, 150, 100);

        IReadOnlyList<BoxXywh> boxes = new SelectiveSearchStrategy(keepAll: true, maxSide: 150).NewWorker()(image, "a");

        Assert.Equal(
            new SelectiveSearch().Propose(small).Boxes.Select(box => new BoxXywh(2 * box.X, 2 * box.Y, 2 * box.Width, 2 * box.Height)),
            boxes
        );
        Assert.Equal(
            new SelectiveSearch().Propose(image).Boxes,
            new SelectiveSearchStrategy(keepAll: true, maxSide: 300).NewWorker()(image, "a")
        );
        Assert.Equal(
            new SelectiveSearch().Propose(image).Boxes,
            new SelectiveSearchStrategy(keepAll: true, maxSide: 0).NewWorker()(image, "a")
        );
        Assert.EndsWith("max_side=150", new SelectiveSearchStrategy(maxSide: 150).Parameters, StringComparison.Ordinal);
        Assert.DoesNotContain("max_side", new SelectiveSearchStrategy(maxSide: 0).Parameters, StringComparison.Ordinal);
    }

    [Fact]
    public void A_search_can_be_ended_in_the_middle_and_the_next_one_is_whole()
    {
        RgbImage image = Noise(1200, 900);
        var search = new SelectiveSearch(new SelectiveSearchOptions { MinimumSize = 5 });
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(20));

        Assert.Throws<OperationCanceledException>(() => search.Propose(image, soon.Token));

        RgbImage other = Noise(60, 40);
        Assert.Equal(new SelectiveSearch(search.Options).Propose(other).Boxes, search.Propose(other).Boxes);
    }

    private static RgbImage Noise(int width, int height)
    {
        var image = new RgbImage(width, height);
        new System.Random(1).NextBytes(image.Pixels);
        return image;
    }
}

using CsCheck;
using Soco.Pretraining.Views;
using Soco.Vision;
using Soco.Vision.Random;

namespace Soco.Tests.Pretraining.Views;

public sealed class CropTests
{
    private static readonly Gen<CounterRandom> s_random = Gen.ULong.Select(seed => new CounterRandom(seed, 0, 0, 0));

    [Fact]
    public void A_random_crop_lies_inside_the_image_whatever_its_shape() =>
        Gen.Select(s_random, Gen.Int[1, 300], Gen.Int[1, 300], Gen.Double[0.05, 1])
            .Sample(
                (random, width, height, minArea) =>
                {
                    Crop crop = Crop.Random(ref random, width, height, minArea, 3.0 / 4, 4.0 / 3);

                    Assert.True(crop is { Left: >= 0, Top: >= 0, Width: >= 1, Height: >= 1 }, $"{crop}");
                    Assert.True(crop.Left + crop.Width <= width && crop.Top + crop.Height <= height, $"{crop} of {width}x{height}");
                }
            );

    [Fact]
    public void Area_and_aspect_of_a_random_crop_are_in_range_to_the_rounding_of_its_sides() =>
        Gen.Select(s_random, Gen.Int[180, 220])
            .Sample(
                (random, side) =>
                {
                    Crop crop = Crop.Random(ref random, side, side, 0.5, 3.0 / 4, 4.0 / 3);

                    double rounding = 0.5 / Math.Min(crop.Width, crop.Height);
                    Assert.InRange((double)crop.Width * crop.Height / (side * side), 0.5 * (1 - 2 * rounding), 1);
                    Assert.InRange((double)crop.Width / crop.Height, 0.75 * (1 - 2 * rounding), 4.0 / 3 * (1 + 2 * rounding));
                }
            );

    [Fact]
    public void Random_crops_reach_both_ends_of_the_area_and_of_the_aspect()
    {
        var random = new CounterRandom(5, 0, 0, 0);
        Crop[] crops = [.. Enumerable.Range(0, 2000).Select(_ => Crop.Random(ref random, 1000, 1000, 0.5, 3.0 / 4, 4.0 / 3))];

        double[] areas = [.. crops.Select(crop => crop.Width * crop.Height / 1e6)];
        Assert.True(areas.Min() < 0.51 && areas.Max() > 0.95, $"areas {areas.Min()} to {areas.Max()}");
        double[] aspects = [.. crops.Select(crop => (double)crop.Width / crop.Height)];
        Assert.True(aspects.Min() < 0.76 && aspects.Max() > 1.31, $"aspects {aspects.Min()} to {aspects.Max()}");
        Assert.True(crops.Select(crop => crop.Left).Distinct().Count() > 100 && crops.Select(crop => crop.Top).Distinct().Count() > 100);
    }

    [Theory]
    [InlineData(3000, 30, 1480, 0, 40, 30)]
    [InlineData(30, 3000, 0, 1480, 30, 40)]
    public void An_extreme_image_gives_the_largest_center_crop_whose_aspect_is_in_range(
        int width,
        int height,
        int left,
        int top,
        int cropWidth,
        int cropHeight
    )
    {
        var random = new CounterRandom(1, 0, 0, 0);

        Assert.Equal(new Crop(left, top, cropWidth, cropHeight), Crop.Random(ref random, width, height, 0.5, 3.0 / 4, 4.0 / 3));
    }

    [Fact]
    public void A_box_overlaps_where_they_share_more_than_an_edge()
    {
        var crop = new Crop(10, 20, 30, 40);

        Assert.True(crop.Overlaps(new BoxXyxy(0, 0, 11, 21)));
        Assert.True(crop.Overlaps(new BoxXyxy(38, 58, 100, 100)));
        Assert.True(crop.Overlaps(new BoxXyxy(15, 25, 20, 30)));
        Assert.True(crop.Overlaps(new BoxXyxy(0, 0, 500, 500)));
        Assert.False(crop.Overlaps(new BoxXyxy(0, 0, 10, 100)));
        Assert.False(crop.Overlaps(new BoxXyxy(39, 0, 100, 100)));
        Assert.False(crop.Overlaps(new BoxXyxy(0, 0, 100, 20)));
        Assert.False(crop.Overlaps(new BoxXyxy(0, 59, 100, 100)));
    }

    [Fact]
    public void A_clipped_box_is_what_the_crop_shows_of_it_in_units_of_the_crop()
    {
        var crop = new Crop(10, 20, 40, 80);

        Assert.Equal(new BoxXyxy(0, 0.25, 0.5, 0.75), crop.Clip(new BoxXyxy(0, 40, 30, 80)));
        Assert.Equal(new BoxXyxy(0, 0, 39.0 / 40, 79.0 / 80), crop.Clip(new BoxXyxy(-100, -100, 1000, 1000)));
    }

    [Fact]
    public void A_box_that_overlaps_keeps_a_positive_part_inside_the_unit_square() =>
        Gen.Select(Gen.Int[0, 50], Gen.Int[0, 50], Gen.Int[1, 100], Gen.Int[1, 100], Gen.Double[-20, 150].Array[4])
            .Sample(
                (left, top, width, height, c) =>
                {
                    var crop = new Crop(left, top, width, height);
                    var box = new BoxXyxy(Math.Min(c[0], c[1]), Math.Min(c[2], c[3]), Math.Max(c[0], c[1]), Math.Max(c[2], c[3]));
                    if (box is { Width: > 0, Height: > 0 } && crop.Overlaps(box))
                    {
                        BoxXyxy clipped = crop.Clip(box);
                        Assert.True(clipped is { X1: >= 0, Y1: >= 0, X2: <= 1, Y2: <= 1, Width: > 0, Height: > 0 }, $"{clipped}");
                    }
                }
            );
}

using CsCheck;
using Soco.Vision.Annotations.Masks;

namespace Soco.Vision.Tests.Annotations.Masks;

public sealed class PolygonMaskTests
{
    /// <summary>Polygons, and what the COCO API makes of them.</summary>
    public static TheoryData<int, int, double[], string, int> Golden =>
        new()
        {
            { 12, 10, [1, 1, 8, 1, 8, 6, 1, 6], ";5500000000000W1", 35 },
            { 12, 10, [0.5, 0.5, 11.5, 0.5, 6, 9.5], ";192N1O2N2N00N2N2O1N;", 44 },
            { 20, 16, [2.3, 1.7, 17.9, 3.2, 14.1, 14.8, 3.3, 12.6], "R11?:F000000001O01O000001OO1M3M3MP1", 151 },
            { 20, 16, [17.9, 3.2, 2.3, 1.7, 3.3, 12.6, 14.1, 14.8], "R11?:F000000001O01O000001OO1M3M3MP1", 151 },
            { 20, 16, [10, 1, 4, 15, 19, 6, 1, 6, 16, 15], "V11?001GO12K0641JJ24OM022OM13OM31L06OI2640LI06ONO1080j0", 62 }, // crosses itself
            { 20, 16, [-5.5, -3.25, 30.2, 4.4, 12.5, 40.1], "0;52Nc4N_K0000001O000000", 300 }, // beyond the image
            { 20, 16, [-9, -9, -2, -9, -2, -3], "P:", 0 }, // outside
            { 20, 16, [3, 3, 3, 3, 9, 3, 9, 9, 9, 9], "S21?1O1O1O1\\5", 15 }, // corners twice
            { 20, 16, [4.1, 4.1, 4.2, 4.2, 4.3, 4.1], "P:", 0 }, // less than a pixel
            { 20, 16, [0, 0, 20, 0, 20, 16, 0, 16], "0P:", 320 },
            {
                64,
                48,
                [33.21, 4.4, 60.03, 20.77, 44.9, 47.2, 20.5, 40.04, 3.3, 25.5, 12.9, 8.61],
                "Y51^11N3M3M3M3N2M2N3M3N2O1O1O001N2O1O1O001N1000001O0O101O0000001O01O010O1O010O001O10O01N1N3N2M2N3M3N1N3M2N3N2M2N3M2O]5",
                1503
            },
            { 20, 16, [5, 15.3, 9, 15.3, 9, 16.2, 5, 16.2], "o21?00000Q5", 4 },
        };

    [Theory]
    [MemberData(nameof(Golden))]
    public void A_polygon_becomes_the_runs_that_the_coco_api_makes(int width, int height, double[] corners, string text, int area)
    {
        RunLengthMask mask = new PolygonMask([corners], width, height).ToRunLengths();
        Assert.Equal((text, area), (mask.ToText(), mask.Area));
    }

    [Fact]
    public void Polygons_of_one_object_are_joined()
    {
        double[] quadrangle = [2.3, 1.7, 17.9, 3.2, 14.1, 14.8, 3.3, 12.6],
            star = [10, 1, 4, 15, 19, 6, 1, 6, 16, 15];
        RunLengthMask both = new PolygonMask([quadrangle, star], 20, 16).ToRunLengths();
        Assert.Equal(("R11308:J0LF2;1O1001O0001O0001OO1MNI147MFOX1", 157), (both.ToText(), both.Area));
    }

    [Fact]
    public void Stepping_over_columns_gives_the_runs_of_walking_every_point()
    {
        Gen<double> coordinate = Gen.OneOf(
            Gen.Double[-20, 60],
            Gen.Int[-2, 40].Select(whole => (double)whole),
            Gen.Int[-10, 400].Select(tenth => tenth / 10.0)
        );
        Gen.Select(Gen.Int[1, 40], Gen.Int[1, 40], coordinate.Array[6, 24])
            .Sample(
                (width, height, drawn) =>
                {
                    double[] corners = drawn[..(drawn.Length & ~1)];
                    Assert.Equal(PlainPolygon.Pixels(corners, width, height), new PolygonMask([corners], width, height).Decode());
                }
            );
    }

    [Fact]
    public void Corners_beyond_all_bounds_take_no_time_or_memory()
    {
        RunLengthMask mask = new PolygonMask(
            [
                [-1e8, -1e8, 1e8, -1e8, 1e8, 1e8, -1e8, 1e8],
            ],
            20,
            16
        ).ToRunLengths();
        Assert.Equal(20 * 16, mask.Area);
    }

    [Fact]
    public void A_mask_that_is_resized_moves_its_corners_before_it_becomes_pixels()
    {
        var mask = new PolygonMask(
            [
                [0, 0, 4, 0, 4, 2, 0, 2],
            ],
            10,
            5
        );
        var resized = (PolygonMask)mask.Resize(20, 15, flipped: true);
        Assert.Equal((20, 15), (resized.Width, resized.Height));
        Assert.Equal([20, 0, 12, 0, 12, 6, 20, 6], resized.Polygons[0]);
        Assert.Equal(8 * 6, resized.ToRunLengths().Area);
    }

    [Fact]
    public void A_crop_takes_the_sides_of_the_box_to_the_sides_of_the_square()
    {
        // The left half of the box, the upper quarter of its height.
        var mask = new PolygonMask(
            [
                [10, 20, 14, 20, 14, 25, 10, 25],
            ],
            100,
            100
        );
        byte[] crop = mask.Crop(new BoxXyxy(10, 20, 18, 40), 8);
        Assert.Equal(Enumerable.Range(0, 64).Select(i => (byte)(i % 8 < 4 && i / 8 < 2 ? 1 : 0)), crop);
    }
}

using Soco.Vision.Annotations.Masks;

namespace Soco.Vision.Tests.Annotations.Masks;

public sealed class MaskOutlineTests
{
    [Fact]
    public void A_rectangle_has_four_corners()
    {
        Assert.Equal(
            [
                [4.0, 1, 4, 3, 1, 3, 1, 1],
            ],
            MaskOutline.Of(Mask("......", ".###..", ".###..", "......"))
        );
    }

    [Fact]
    public void Parts_that_touch_at_a_corner_are_apart_and_holes_are_filled()
    {
        IReadOnlyList<double[]> parts = MaskOutline.Of(Mask("##....", "##....", "..###.", "..#.#.", "..###."));

        Assert.Equal(2, parts.Count);
        Assert.Equal([5.0, 2, 5, 5, 2, 5, 2, 2], parts[1]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_joined_outline_has_the_pixels_and_bounds_of_the_mask(int seed)
    {
        // Blobs: whole rectangles here and there, some apart, some over each other.
        var random = new System.Random(seed);
        byte[] pixels = new byte[60 * 40];
        for (int i = 0; i < 4; i++)
        {
            (int left, int top, int width, int height) = (random.Next(50), random.Next(30), random.Next(2, 10), random.Next(2, 10));
            for (int y = top; y < top + height; y++)
            {
                pixels.AsSpan(60 * y + left, width).Fill(1);
            }
        }

        RunLengthMask mask = RunLengthMask.Encode(pixels, 60, 40);
        var outline = new PolygonMask([MaskOutline.Joined(MaskOutline.Of(mask))], 60, 40);

        Assert.Equal(mask.Box, outline.ToRunLengths().Box);
        Assert.True(mask.Iou(outline.ToRunLengths()) > 0.98, $"{mask.Iou(outline.ToRunLengths())}");
    }

    [Fact]
    public void An_empty_mask_has_none() => Assert.Empty(MaskOutline.Of(Mask("...", "...")));

    private static RunLengthMask Mask(params string[] rows) =>
        RunLengthMask.Encode([.. rows.SelectMany(row => row.Select(pixel => (byte)(pixel == '#' ? 1 : 0)))], rows[0].Length, rows.Length);
}

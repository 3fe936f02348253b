using CsCheck;
using Soco.Vision.Annotations.Masks;

namespace Soco.Vision.Tests.Annotations.Masks;

public sealed class RunLengthMaskTests
{
    private static readonly Gen<(byte[] Pixels, int Width, int Height)> s_masks = Gen.Select(
            Gen.Int[1, 24],
            Gen.Int[1, 24],
            Gen.Int[0, 100]
        )
        .SelectMany(
            (width, height, percent) =>
                Gen.Int[0, 99]
                    .Select(draw => (byte)(draw < percent ? 1 : 0))
                    .Array[width * height]
                    .Select(pixels => (pixels, width, height))
        );

    /// <summary>Strings that pycocotools wrote, and what numpy says of the pixels they stand for.</summary>
    public static TheoryData<string, int, int, int, int, BoxXywh> Golden =>
        new()
        {
            { "kfa46U=1O0Tmg3", 640, 427, 7, 20, new BoxXywh(349, 188, 3, 7) },
            { "jfX3c1Z;2O\\NQlh4", 640, 414, 7, 105, new BoxXywh(259, 0, 2, 414) },
            { "g]h28g>h0YO00N1M4O0O^Y`6", 640, 480, 15, 180, new BoxXywh(188, 308, 7, 34) },
            { "YZa55[>01O001O00O100O11NgT\\3", 640, 464, 21, 40, new BoxXywh(391, 153, 10, 5) },
            { "`lS72gc07I8I6I8H8I6J7O0010L3J6K5K6J5K5K5K6JPah1", 474, 640, 39, 570, new BoxXywh(364, 354, 19, 53) },
        };

    [Theory]
    [MemberData(nameof(Golden))]
    public void The_text_of_pycocotools_is_read_and_written_to_the_letter(
        string text,
        int width,
        int height,
        int runs,
        int area,
        BoxXywh box
    )
    {
        RunLengthMask mask = RunLengthMask.Parse(text, width, height);
        Assert.Equal((runs, area, box), (mask.Counts.Length, mask.Area, mask.Box));
        Assert.Equal(text, mask.ToText());
        Assert.Equal(text, RunLengthMask.Encode(mask.Decode(), width, height).ToText());
    }

    [Fact]
    public void Runs_go_down_the_columns_and_begin_with_zeros()
    {
        byte[] pixels = [1, 0, 0, 1, 0, 1];
        Assert.Equal([0, 2, 3, 1], RunLengthMask.Encode(pixels, 3, 2).Counts.ToArray());
    }

    [Fact]
    public void Any_mask_survives_runs_and_text()
    {
        s_masks.Sample(drawn =>
        {
            RunLengthMask mask = RunLengthMask.Encode(drawn.Pixels, drawn.Width, drawn.Height);
            Assert.Equal(drawn.Pixels, mask.Decode());
            Assert.Equal(drawn.Pixels, RunLengthMask.FromCounts(mask.Counts, drawn.Width, drawn.Height).Decode());
            Assert.Equal(drawn.Pixels, RunLengthMask.Parse(mask.ToText(), drawn.Width, drawn.Height).Decode());
        });
    }

    [Fact]
    public void Area_and_box_are_those_of_the_pixels()
    {
        s_masks.Sample(drawn =>
        {
            RunLengthMask mask = RunLengthMask.Encode(drawn.Pixels, drawn.Width, drawn.Height);
            int[] set = [.. Enumerable.Range(0, drawn.Pixels.Length).Where(i => drawn.Pixels[i] != 0)];
            Assert.Equal(set.Length, mask.Area);
            Assert.Equal(BoxOf(set, drawn.Width), mask.Box);
        });
    }

    [Fact]
    public void Union_and_overlap_are_those_of_the_pixels()
    {
        Gen.Select(Gen.Int[1, 16], Gen.Int[1, 16], Gen.Int[0, 100])
            .SelectMany(
                (width, height, percent) =>
                    Gen.Int[0, 99]
                        .Select(draw => (byte)(draw < percent ? 1 : 0))
                        .Array[width * height]
                        .Array[3]
                        .Select(masks => (masks, width, height))
            )
            .Sample(drawn =>
            {
                (byte[][] masks, int width, int height) = drawn;
                RunLengthMask[] runs = [.. masks.Select(pixels => RunLengthMask.Encode(pixels, width, height))];
                byte[] any = [.. Enumerable.Range(0, width * height).Select(i => masks.Max(pixels => pixels[i]))];
                Assert.Equal(any, RunLengthMask.Union(runs, width, height).Decode());
                Assert.Equal(RunLengthMask.Encode(any, width, height).ToText(), RunLengthMask.Union(runs, width, height).ToText());

                int both = masks[0].Zip(masks[1], (a, b) => a & b).Sum(),
                    either = masks[0].Zip(masks[1], (a, b) => a | b).Sum();
                Assert.Equal(both == 0 ? 0 : (double)both / either, runs[0].Iou(runs[1]));
                Assert.Equal(both == 0 ? 0 : (double)both / runs[0].Area, runs[0].Iou(runs[1], crowd: true));
            });
    }

    [Fact]
    public void The_overlap_is_what_the_coco_api_says()
    {
        RunLengthMask quadrangle = RunLengthMask.Parse("R11?:F000000001O01O000001OO1M3M3MP1", 20, 16);
        RunLengthMask star = RunLengthMask.Parse("V11?001GO12K0641JJ24OM022OM13OM31L06OI2640LI06ONO1080j0", 20, 16);
        Assert.Equal(0.35668789808917195, quadrangle.Iou(star));
        Assert.Equal(0.3708609271523179, quadrangle.Iou(star, crowd: true));
    }

    [Fact]
    public void A_mask_known_inside_a_box_is_encoded_without_the_rest_of_its_image()
    {
        Gen.Select(Gen.Int[1, 12], Gen.Int[1, 12], Gen.Int[0, 4], Gen.Int[0, 4], Gen.Int[0, 4], Gen.Int[0, 4])
            .SelectMany(
                (w, h, left, top, right, bottom) =>
                    Gen.Byte[0, 1]
                        .Array[w * h]
                        .Select(pixels => (pixels, place: new BoxXywh(left, top, w, h), width: left + w + right, height: top + h + bottom))
            )
            .Sample(drawn =>
            {
                (byte[] pixels, BoxXywh place, int width, int height) = drawn;
                byte[] whole = new byte[width * height];
                for (int i = 0; i < pixels.Length; i++)
                {
                    whole[(place.Y + i / place.Width) * width + place.X + i % place.Width] = pixels[i];
                }

                RunLengthMask mask = RunLengthMask.Encode(pixels, place, width, height);
                Assert.Equal(RunLengthMask.Encode(whole, width, height).ToText(), mask.ToText());
                Assert.Equal(whole, mask.Decode());
            });
    }

    [Fact]
    public void A_resized_mask_takes_the_nearest_pixels()
    {
        RunLengthMask mask = RunLengthMask.Encode([1, 0, 0, 1, 1, 0], 3, 2);
        Assert.Equal([1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0], mask.Resize(6, 2).Decode());
        Assert.Equal([0, 0, 1, 0, 1, 1], mask.Resize(3, 2, flipped: true).Decode());
    }

    [Theory]
    [InlineData("0", "add up to 0, not 12")]
    [InlineData("<1", "add up to 13, not 12")]
    [InlineData("O=", "run of -1 pixels")]
    [InlineData("P", "ends in the middle")]
    [InlineData("< ", "holds ' ' at place 1")]
    [InlineData("oooooooooooooo", "more than 40 bits")]
    [InlineData("PPPPPP2", "more than any image")]
    public void Text_that_is_no_mask_is_one_sentence(string text, string reason) =>
        Assert.Contains(reason, Assert.Throws<SocoDataException>(() => RunLengthMask.Parse(text, 4, 3)).Message);

    [Fact]
    public void A_mask_too_large_for_any_image_is_one_sentence() =>
        Assert.Contains("100000 x 100000", Assert.Throws<SocoDataException>(() => RunLengthMask.FromCounts([], 100_000, 100_000)).Message);

    private static BoxXywh BoxOf(int[] set, int width)
    {
        if (set.Length == 0)
        {
            return default;
        }

        (int left, int right) = (set.Min(i => i % width), set.Max(i => i % width));
        (int top, int bottom) = (set.Min(i => i / width), set.Max(i => i / width));
        return new BoxXywh(left, top, right - left + 1, bottom - top + 1);
    }
}

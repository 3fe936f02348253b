using CsCheck;
using Soco.Vision.Imaging;
using Soco.Vision.Imaging.Color;

namespace Soco.Vision.Tests.Imaging;

public class ColorTransformsTests
{
    [Fact]
    public void Flip_twice_is_the_same_image() =>
        ComputedImages.Any.Sample(image =>
            Unchanged(
                image,
                copy =>
                {
                    ColorTransforms.FlipHorizontal(copy);
                    ColorTransforms.FlipHorizontal(copy);
                }
            )
        );

    [Fact]
    public void Flip_puts_the_last_column_first() =>
        ComputedImages.Any.Sample(image =>
        {
            RgbImage flipped = ComputedImages.Copy(image);
            ColorTransforms.FlipHorizontal(flipped);
            return flipped[0, image.Height - 1] == image[image.Width - 1, image.Height - 1];
        });

    [Fact]
    public void A_factor_of_1_changes_nothing() =>
        ComputedImages.Any.Sample(image =>
            Unchanged(
                image,
                copy =>
                {
                    ColorTransforms.AdjustBrightness(copy, 1);
                    ColorTransforms.AdjustContrast(copy, 1);
                    ColorTransforms.AdjustSaturation(copy, 1);
                }
            )
        );

    [Fact]
    public void A_blur_of_sigma_0_changes_nothing() =>
        ComputedImages.Any.Sample(image => Unchanged(image, copy => ColorTransforms.GaussianBlur(copy, 0)));

    [Fact]
    public void A_blur_leaves_one_color_alone() =>
        Gen.Select(Gen.Byte, Gen.Int[1, 50], Gen.Double[0, 30])
            .Sample(
                (level, side, sigma) =>
                {
                    var image = new RgbImage(side, 7);
                    image.Pixels.AsSpan().Fill(level);
                    return Unchanged(image, copy => ColorTransforms.GaussianBlur(copy, sigma));
                }
            );

    [Fact]
    public void Grey_twice_is_grey_once() =>
        ComputedImages.Any.Sample(image =>
        {
            ColorTransforms.ToGrayscale(image);
            return Unchanged(image, ColorTransforms.ToGrayscale)
                && image.Pixels.Chunk(3).All(pixel => pixel[0] == pixel[1] && pixel[1] == pixel[2]);
        });

    [Fact]
    public void A_saturation_of_0_is_grey() =>
        ComputedImages.Any.Sample(image =>
        {
            RgbImage grey = ComputedImages.Copy(image);
            ColorTransforms.ToGrayscale(grey);
            ColorTransforms.AdjustSaturation(image, 0);
            return grey.Pixels.SequenceEqual(image.Pixels);
        });

    [Fact]
    public void Solarize_at_0_twice_is_the_same_image() =>
        ComputedImages.Any.Sample(image =>
            Unchanged(
                image,
                copy =>
                {
                    ColorTransforms.Solarize(copy, 0);
                    ColorTransforms.Solarize(copy, 0);
                }
            )
        );

    [Fact]
    public void Vectors_and_the_plain_loops_give_the_same_pixels() =>
        Gen.Select(ComputedImages.Any, Gen.Byte, Gen.Single[0, 3])
            .Sample(
                (image, level, alpha) =>
                {
                    RgbImage plain = ComputedImages.Copy(image);
                    Assert.Equal(
                        ColorKernels.SumOfLuma(plain.Pixels, vectorized: false),
                        ColorKernels.SumOfLuma(image.Pixels, vectorized: true)
                    );
                    foreach ((RgbImage changed, bool vectorized) in new[] { (plain, false), (image, true) })
                    {
                        ColorKernels.Blend(changed.Pixels, level, alpha, vectorized);
                        ColorKernels.Saturate(changed.Pixels, alpha, vectorized);
                        HueRotation.Rotate(changed.Pixels, level, vectorized);
                        ColorKernels.Flip(changed.Pixels, changed.Width, vectorized);
                        ColorKernels.Solarize(changed.Pixels, level, vectorized);
                    }

                    Assert.Equal(plain.Pixels, image.Pixels);
                    ColorKernels.Grey(plain.Pixels, vectorized: false);
                    ColorKernels.Grey(image.Pixels, vectorized: true);
                    Assert.Equal(plain.Pixels, image.Pixels);
                }
            );

    [Fact]
    public void Blurring_by_vectors_and_by_the_plain_loop_give_the_same_pixels() =>
        Gen.Select(ComputedImages.Any, Gen.Single[0, 80])
            .Sample(
                (image, sigma) =>
                {
                    RgbImage plain = ComputedImages.Copy(image);
                    BoxBlur.Gaussian(plain, sigma, vectorized: false);
                    BoxBlur.Gaussian(image, sigma, vectorized: true);
                    return plain.Pixels.SequenceEqual(image.Pixels);
                }
            );

    [Fact]
    public void Hue_by_vectors_is_exact_for_every_hue_that_three_bytes_can_have()
    {
        // Hue depends on differences alone, so the largest channel may stand for all: 255. The middle and the smallest run over all pairs.
        byte[] pixels =
        [
            .. from largest in Enumerable.Range(0, 3)
            from middle in Enumerable.Range(0, 256)
            from smallest in Enumerable.Range(0, middle + 1)
            from turn in (int[])[1, 2]
            from sample in Arranged(largest, turn, (byte)middle, (byte)smallest)
            select sample,
        ];
        foreach (byte shift in (byte[])[0, 1, 100, 231])
        {
            byte[] plain = [.. pixels],
                fast = [.. pixels];
            HueRotation.Rotate(plain, shift, vectorized: false);
            HueRotation.Rotate(fast, shift, vectorized: true);
            Assert.True(plain.AsSpan().SequenceEqual(fast));
        }
    }

    [Fact]
    public void Hue_by_vectors_is_exact_on_colors_of_every_kind()
    {
        byte[] levels = [.. Enumerable.Range(0, 86).Select(i => (byte)(3 * i))];
        byte[] plain = [.. from r in levels from g in levels from b in levels from sample in (byte[])[r, g, b] select sample];
        byte[] fast = [.. plain];
        HueRotation.Rotate(plain, 77, vectorized: false);
        HueRotation.Rotate(fast, 77, vectorized: true);
        Assert.True(plain.AsSpan().SequenceEqual(fast));
    }

    [Fact]
    public void Values_out_of_range_are_refused()
    {
        var image = new RgbImage(2, 2);
        Assert.Throws<ArgumentOutOfRangeException>(() => ColorTransforms.AdjustBrightness(image, -0.1));
        Assert.Throws<ArgumentOutOfRangeException>(() => ColorTransforms.AdjustContrast(image, double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => ColorTransforms.AdjustSaturation(image, double.PositiveInfinity));
        Assert.Throws<ArgumentOutOfRangeException>(() => ColorTransforms.AdjustHue(image, 0.51));
        Assert.Throws<ArgumentOutOfRangeException>(() => ColorTransforms.AdjustHue(image, double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => ColorTransforms.Solarize(image, 257));
        Assert.Throws<ArgumentOutOfRangeException>(() => ColorTransforms.GaussianBlur(image, -1));
    }

    private static byte[] Arranged(int largest, int turn, byte middle, byte smallest)
    {
        byte[] rgb = [255, 255, 255];
        rgb[(largest + turn) % 3] = middle;
        rgb[(largest + 3 - turn) % 3] = smallest;
        return rgb;
    }

    private static bool Unchanged(RgbImage image, Action<RgbImage> change)
    {
        RgbImage copy = ComputedImages.Copy(image);
        change(copy);
        return copy.Pixels.SequenceEqual(image.Pixels);
    }
}

using CsCheck;
using Soco.Images;

namespace Soco.Tests.Images;

public class ColorTransformsTests
{
    [Fact]
    public void Flip_twice_is_the_same_image() => ComputedImages.Any.Sample(image => Unchanged(image, copy =>
    {
        ColorTransforms.FlipHorizontal(copy);
        ColorTransforms.FlipHorizontal(copy);
    }));

    [Fact]
    public void Flip_puts_the_last_column_first() => ComputedImages.Any.Sample(image =>
    {
        RgbImage flipped = ComputedImages.Copy(image);
        ColorTransforms.FlipHorizontal(flipped);
        return flipped[0, image.Height - 1] == image[image.Width - 1, image.Height - 1];
    });

    [Fact]
    public void A_factor_of_1_changes_nothing() => ComputedImages.Any.Sample(image => Unchanged(image, copy =>
    {
        ColorTransforms.AdjustBrightness(copy, 1);
        ColorTransforms.AdjustContrast(copy, 1);
        ColorTransforms.AdjustSaturation(copy, 1);
    }));

    [Fact]
    public void A_blur_of_sigma_0_changes_nothing() =>
        ComputedImages.Any.Sample(image => Unchanged(image, copy => ColorTransforms.GaussianBlur(copy, 0)));

    [Fact]
    public void A_blur_leaves_one_colour_alone() => Gen.Select(Gen.Byte, Gen.Int[1, 50], Gen.Double[0, 30]).Sample((level, side, sigma) =>
    {
        var image = new RgbImage(side, 7);
        image.Pixels.AsSpan().Fill(level);
        return Unchanged(image, copy => ColorTransforms.GaussianBlur(copy, sigma));
    });

    [Fact]
    public void Grey_twice_is_grey_once() => ComputedImages.Any.Sample(image =>
    {
        ColorTransforms.ToGrayscale(image);
        return Unchanged(image, ColorTransforms.ToGrayscale)
            && image.Pixels.Chunk(3).All(pixel => pixel[0] == pixel[1] && pixel[1] == pixel[2]);
    });

    [Fact]
    public void A_saturation_of_0_is_grey() => ComputedImages.Any.Sample(image =>
    {
        RgbImage grey = ComputedImages.Copy(image);
        ColorTransforms.ToGrayscale(grey);
        ColorTransforms.AdjustSaturation(image, 0);
        return grey.Pixels.SequenceEqual(image.Pixels);
    });

    [Fact]
    public void Solarize_at_0_twice_is_the_same_image() => ComputedImages.Any.Sample(image => Unchanged(image, copy =>
    {
        ColorTransforms.Solarize(copy, 0);
        ColorTransforms.Solarize(copy, 0);
    }));

    [Fact]
    public void Blending_by_vectors_and_by_the_plain_loop_give_the_same_pixels() =>
        Gen.Select(ComputedImages.Any, Gen.Byte, Gen.Single[0, 3]).Sample((image, level, alpha) =>
        {
            byte[] other = [.. image.Pixels.Select(sample => (byte)(sample * 7 + level))];
            RgbImage plain = ComputedImages.Copy(image);
            ColorTransforms.Blend(plain.Pixels, other, alpha, vectorized: false);
            ColorTransforms.Blend(image.Pixels, other, alpha, vectorized: true);
            return plain.Pixels.SequenceEqual(image.Pixels);
        });

    [Fact]
    public void Blurring_by_vectors_and_by_the_plain_loop_give_the_same_pixels() =>
        Gen.Select(ComputedImages.Any, Gen.Single[0, 80]).Sample((image, sigma) =>
        {
            RgbImage plain = ComputedImages.Copy(image);
            BoxBlur.Gaussian(plain, sigma, vectorized: false);
            BoxBlur.Gaussian(image, sigma, vectorized: true);
            return plain.Pixels.SequenceEqual(image.Pixels);
        });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(231)]
    public void Hue_by_table_and_by_formula_agree_on_colours_of_every_kind(byte shift)
    {
        byte[] levels = [.. Enumerable.Range(0, 86).Select(i => (byte)(3 * i))];
        byte[] tabled = [.. from r in levels from g in levels from b in levels from sample in (byte[])[r, g, b] select sample];
        byte[] expected = [.. tabled];
        for (int i = 0; i < expected.Length; i += 3)
        {
            (byte hue, byte saturation, byte value) = HueRotation.ToHsv(expected[i], expected[i + 1], expected[i + 2]);
            HueRotation.ToRgb((byte)(hue + shift), saturation, value, expected.AsSpan(i, 3));
        }

        HueRotation.Rotate(tabled, shift);
        Assert.True(expected.AsSpan().SequenceEqual(tabled));
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

    private static bool Unchanged(RgbImage image, Action<RgbImage> change)
    {
        RgbImage copy = ComputedImages.Copy(image);
        change(copy);
        return copy.Pixels.SequenceEqual(image.Pixels);
    }
}

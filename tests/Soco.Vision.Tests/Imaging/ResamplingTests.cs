using CsCheck;
using Soco.Vision.Imaging;
using Soco.Vision.Imaging.Color;

namespace Soco.Vision.Tests.Imaging;

public class ResamplingTests
{
    private static readonly Gen<int> Side = Gen.Int[1, 90];

    [Fact]
    public void Vectors_and_the_plain_loop_give_the_same_pixels() =>
        Gen.Select(ComputedImages.Any, Side, Side, Gen.Double[0, 1].Array[4])
            .Sample(
                (image, width, height, place) =>
                {
                    (int left, int top, int cropWidth, int cropHeight) = CropOf(image, place);
                    RgbImage plain = Resampling.Resize(image, left, top, cropWidth, cropHeight, width, height, vectorized: false);
                    RgbImage fast = Resampling.Resize(image, left, top, cropWidth, cropHeight, width, height, vectorized: true);
                    return plain.Pixels.SequenceEqual(fast.Pixels);
                }
            );

    [Fact]
    public void The_same_size_is_the_same_image() =>
        ComputedImages.Any.Sample(image => Resampling.ResizeBilinear(image, image.Width, image.Height).Pixels.SequenceEqual(image.Pixels));

    [Fact]
    public void One_color_stays_that_color_at_every_size() =>
        Gen.Select(Gen.Byte, Side, Side, Side, Side)
            .Sample(
                (level, fromWidth, fromHeight, width, height) =>
                {
                    var image = new RgbImage(fromWidth, fromHeight);
                    image.Pixels.AsSpan().Fill(level);
                    return Resampling.ResizeBilinear(image, width, height).Pixels.All(sample => sample == level);
                }
            );

    [Fact]
    public void Nothing_outside_the_crop_leaks_in() =>
        Gen.Select(ComputedImages.Any, Side, Side, Gen.Double[0, 1].Array[4])
            .Sample(
                (image, width, height, place) =>
                {
                    (int left, int top, int cropWidth, int cropHeight) = CropOf(image, place);
                    var alone = new RgbImage(cropWidth, cropHeight);
                    for (int y = 0; y < cropHeight; y++)
                    {
                        image
                            .Pixels.AsSpan(3 * ((top + y) * image.Width + left), 3 * cropWidth)
                            .CopyTo(alone.Pixels.AsSpan(3 * y * cropWidth));
                    }

                    RgbImage cropped = Resampling.CropAndResizeBilinear(image, left, top, cropWidth, cropHeight, width, height);
                    return Resampling.ResizeBilinear(alone, width, height).Pixels.SequenceEqual(cropped.Pixels);
                }
            );

    [Fact]
    public void Flip_and_resize_commute() =>
        Gen.Select(ComputedImages.Any, Side, Side)
            .Sample(
                (image, width, height) =>
                {
                    RgbImage flippedLast = Resampling.ResizeBilinear(image, width, height);
                    ColorTransforms.FlipHorizontal(flippedLast);
                    ColorTransforms.FlipHorizontal(image);
                    RgbImage flippedFirst = Resampling.ResizeBilinear(image, width, height);
                    // Weights are rounded from either end, so one level of rounding may part them.
                    return flippedFirst.Pixels.Zip(flippedLast.Pixels).All(pair => Math.Abs(pair.First - pair.Second) <= 1);
                }
            );

    [Theory]
    [InlineData(-1, 0, 5, 5, 8, 8)]
    [InlineData(0, 0, 11, 5, 8, 8)]
    [InlineData(6, 0, 5, 5, 8, 8)]
    [InlineData(0, 4, 5, 5, 8, 8)]
    [InlineData(0, 0, 0, 5, 8, 8)]
    [InlineData(0, 0, 5, 5, 0, 8)]
    [InlineData(0, 0, 5, 5, 8, -1)]
    public void A_part_outside_the_image_or_an_empty_size_is_refused(
        int left,
        int top,
        int cropWidth,
        int cropHeight,
        int width,
        int height
    ) =>
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            Resampling.CropAndResizeBilinear(new RgbImage(10, 8), left, top, cropWidth, cropHeight, width, height)
        );

    /// <summary>A part of the image from four numbers in [0, 1).</summary>
    private static (int Left, int Top, int Width, int Height) CropOf(RgbImage image, double[] place)
    {
        int left = Math.Min((int)(place[0] * image.Width), image.Width - 1);
        int top = Math.Min((int)(place[1] * image.Height), image.Height - 1);
        int width = 1 + (int)(place[2] * (image.Width - left - 1));
        int height = 1 + (int)(place[3] * (image.Height - top - 1));
        return (left, top, width, height);
    }
}

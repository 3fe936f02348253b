using CsCheck;
using Soco.Vision.Annotations.Masks;
using Soco.Vision.Inference;

namespace Soco.Vision.Tests.Inference;

public class MaskPastingTests
{
    private static readonly Gen<BoxXyxy> Boxes =
        from x in Gen.Double[0, 50]
        from y in Gen.Double[0, 30]
        from width in Gen.Double[0.5, 40]
        from height in Gen.Double[0.5, 30]
        select new BoxXyxy((float)x, (float)y, (float)Math.Min(x + width, 60), (float)Math.Min(y + height, 40));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Pasting_samples_the_masks_grid_at_each_pixel(bool resized) =>
        Gen.Select(Boxes, Gen.Float[0, 1].Array[25])
            .Sample(
                (box, probabilities) =>
                {
                    var image = new ImageSize(40, 60);
                    byte[] pasted = MaskPasting.Paste(probabilities, box, image, resized).Decode();

                    for (int y = 0; y < image.Height; y++)
                    {
                        for (int x = 0; x < image.Width; x++)
                        {
                            double value = resized ? Resized(probabilities, box, x, y) : Sampled(probabilities, box, x, y);
                            if (Math.Abs(value - 0.5) > 1e-4)
                            {
                                Assert.True(value > 0.5 == (pasted[y * image.Width + x] == 1), $"{box}, pixel {x}, {y}: {value}");
                            }
                        }
                    }
                }
            );

    [Fact]
    public void A_full_mask_covers_its_box()
    {
        float[] full = [.. Enumerable.Repeat(1f, 28 * 28)];
        RunLengthMask mask = MaskPasting.Paste(full, new BoxXyxy(10, 5, 30, 25), new ImageSize(40, 60), resized: false);

        Assert.Equal(new BoxXywh(10, 5, 20, 20), mask.Box);
        Assert.Equal(400, mask.Area);
    }

    [Fact]
    public void A_mask_over_the_whole_image_is_one_run()
    {
        float[] full = [.. Enumerable.Repeat(1f, 28 * 28)];
        RunLengthMask mask = MaskPasting.Paste(full, new BoxXyxy(0, 0, 60, 40), new ImageSize(40, 60), resized: false);

        Assert.Equal([0, 2400, 0], [.. mask.Counts]);
    }

    [Fact]
    public void Results_are_in_pixels_of_the_original_image()
    {
        var found = new Detections(
            [new(10, 20, 30, 40), new(0, 0, 8, 8)],
            [3, 1],
            [0.9f, 0.5f],
            [
                [.. Enumerable.Repeat(1f, 784)],
                new float[784],
            ]
        );

        IReadOnlyList<DetectedObject> objects = DetectionResults.ToImage(found, new ImageSize(40, 60), new ImageSize(80, 180));

        Assert.Equal([new BoxXyxy(30, 40, 90, 80), new BoxXyxy(0, 0, 24, 16)], objects.Select(o => o.Box));
        Assert.Equal([3, 1], objects.Select(o => o.Label));
        Assert.Equal([0.9f, 0.5f], objects.Select(o => o.Score));
        Assert.Equal(new BoxXywh(30, 40, 60, 40), objects[0].Mask!.Box);
        Assert.Equal((0, 180, 80), (objects[1].Mask!.Area, objects[1].Mask!.Width, objects[1].Mask!.Height));
    }

    /// <summary>detectron2: the grid covers the box.</summary>
    private static double Sampled(float[] mask, BoxXyxy box, int x, int y) =>
        Bilinear(mask, (x + 0.5 - box.X1) / box.Width * 5 - 0.5, (y + 0.5 - box.Y1) / box.Height * 5 - 0.5);

    /// <summary>torchvision: the grid and a ring of zeros cover the widened box in whole pixels.</summary>
    private static double Resized(float[] mask, BoxXyxy box, int x, int y)
    {
        (int left, int width) = Widened(box.X1, box.X2);
        (int top, int height) = Widened(box.Y1, box.Y2);
        return x < left || x >= left + width || y < top || y >= top + height
            ? 0
            : Bilinear(mask, (x - left + 0.5) * 7 / width - 1.5, (y - top + 0.5) * 7 / height - 1.5);

        static (int First, int Count) Widened(double low, double high)
        {
            float half = (float)(high - low) * 0.5f * (7f / 5),
                center = (float)(high + low) * 0.5f;
            return ((int)(center - half), Math.Max((int)(center + half) - (int)(center - half) + 1, 1));
        }
    }

    private static double Bilinear(float[] mask, double x, double y)
    {
        double sum = 0;
        for (int v = 0; v < 5; v++)
        {
            for (int u = 0; u < 5; u++)
            {
                sum += mask[5 * v + u] * Math.Max(0, 1 - Math.Abs(x - u)) * Math.Max(0, 1 - Math.Abs(y - v));
            }
        }

        return sum;
    }
}

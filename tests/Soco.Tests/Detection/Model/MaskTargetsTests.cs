using Soco.Detection.Model;
using Soco.Tensors;
using Soco.Vision.Random;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Tests.Detection.Model;

public class MaskTargetsTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Targets_are_the_pooled_mask_of_the_regions_object(bool soft)
    {
        using DisposeScope scope = NewDisposeScope();
        var convention = new DetectionConvention { SoftMaskTargets = soft, RoiAligned = !soft };
        var random = new CounterRandom(0, 0, 0, 0);
        byte[] pixels = [.. Enumerable.Range(0, 3 * 50 * 70).Select(_ => (byte)(random.NextDouble() < 0.6 ? 1 : 0))];
        Tensor masks = tensor(pixels, [3, 50, 70], ScalarType.Byte);
        (Corners Box, int Object, int Place)[] regions =
        [
            (new(3, 4, 40.5f, 44), 2, 1),
            (new(10, 0, 69, 3), 0, 0),
            (new(5.5f, 5.5f, 6, 6), 1, 3),
            (new(0, 0, 70, 50), 1, 2),
        ];
        var targets = new float[4 * 28 * 28];

        MaskTargets.Pool(masks, regions, 28, convention, targets);

        foreach ((Corners box, int which, int place) in regions)
        {
            Tensor map = masks[which].to_type(ScalarType.Float32).view(1, 1, 50, 70);
            Tensor region = tensor(new[] { 0, box.X1, box.Y1, box.X2, box.Y2 }, [1, 5]);
            float[] pooled = RoiAlign.Apply(map, region, new RoiAlignOptions(28, Aligned: !soft)).contiguous().data<float>().ToArray();
            for (int i = 0; i < pooled.Length; i++)
            {
                float target = targets[place * pooled.Length + i];
                if (soft)
                {
                    Assert.Equal(pooled[i], target, 1e-5);
                }
                else if (Math.Abs(pooled[i] - 0.5) > 1e-5)
                {
                    Assert.Equal(pooled[i] >= 0.5 ? 1 : 0, target);
                }
            }
        }
    }
}

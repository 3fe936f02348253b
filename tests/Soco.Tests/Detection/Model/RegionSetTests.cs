using Soco.Detection.Model;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Tests.Detection.Model;

public sealed class RegionSetTests
{
    [Theory]
    [InlineData(224, new[] { 2, 3, 4, 5, 5 }, new[] { 111, 112, 224, 448, 2000 })]
    [InlineData(56, new[] { 2, 2, 3, 4, 5 }, new[] { 8, 27, 28, 111, 112 })]
    public void A_region_is_read_from_the_level_of_its_size(float canonicalSide, int[] levels, int[] sides)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] maps = [.. Enumerable.Range(2, 4).Select(level => full(1, 1, 64, 64, level, dtype: ScalarType.Float32))];
        Corners[] boxes = [.. sides.Select(side => new Corners(0, 0, side, side))];
        var regions = new RegionSet([boxes], maps.Length, canonicalSide);
        float[] read = regions.PoolFrom(maps, bins: 1, new DetectionConvention { RoiSamplingRatio = 1 }).data<float>().ToArray();
        Assert.Equal(
            levels,
            regions
                .Sources.Select((source, r) => (source.Index, Level: (int)read[r]))
                .OrderBy(region => region.Index)
                .Select(region => region.Level)
        );
    }
}

using Soco.Pretraining.Views;
using Soco.Recipes;
using Soco.Vision;
using Soco.Vision.Imaging;
using static Soco.Tests.Pretraining.Views.ViewSamples;

namespace Soco.Tests.Pretraining.Views;

/// <summary>Where a box says an object is, its pixels are: through crop, resizing and flip.</summary>
public sealed class ViewGeometryTests
{
    [Theory]
    [InlineData(View3Source.Resize)]
    [InlineData(View3Source.Crop)]
    public void A_marked_rectangle_fills_its_box_in_every_view(View3Source source)
    {
        var sampler = new ViewSampler(Plain with { Method = PretrainingMethod.SocoStar, Views = Small.Views with { View3 = source } });
        var box = new BoxXywh(20, 30, 60, 44);
        RgbImage image = Painted(
            160,
            120,
            (x, y) => x is >= 20 and < 80 && y is >= 30 and < 74 ? ((byte)255, (byte)255, (byte)255) : default
        );
        var seen = new HashSet<(int, bool)>();
        for (int index = 0; index < 60; index++)
        {
            Sample sample = sampler.Make(image, [box], 0, index, withGeometry: true);
            foreach (SamplePair pair in sample.Pairs)
            {
                AssertFills(sample.Views[0].Geometry!, pair.First[0].Corners);
                AssertFills(sample.Views[pair.View].Geometry!, pair.Other[0].Corners);
                seen.Add((pair.View, pair.Other[0].Corners.X1 < 0.4));
            }
        }

        Assert.Equal(6, seen.Count);
    }

    [Fact]
    public void A_view_without_colors_is_its_geometry()
    {
        Sample sample = new ViewSampler(Plain).Make(Noise(160, 120), Boxes, 0, 0, withGeometry: true);

        Assert.All(sample.Views, view => Assert.Equal(view.Geometry!.Pixels, view.Image.Pixels));
        Assert.All(new ViewSampler(Plain).Make(Noise(160, 120), Boxes, 0, 0).Views, view => Assert.Null(view.Geometry));
    }

    // The far corner is the last pixel that the box covers, so the marked pixels end up to one source pixel behind it.
    private static void AssertFills(RgbImage view, BoxXyxy corners)
    {
        int[] columns = [.. Enumerable.Range(0, view.Width).Where(x => Enumerable.Range(0, view.Height).Any(y => view[x, y].R > 127))];
        int[] rows = [.. Enumerable.Range(0, view.Height).Where(y => Enumerable.Range(0, view.Width).Any(x => view[x, y].R > 127))];

        Assert.InRange(columns[0] - corners.X1 * view.Width, -1.5, 1.5);
        Assert.InRange(columns[^1] + 1 - corners.X2 * view.Width, -1.5, 1.5);
        Assert.InRange(rows[0] - corners.Y1 * view.Height, -1.5, 1.5);
        Assert.InRange(rows[^1] + 1 - corners.Y2 * view.Height, -1.5, 1.5);
    }
}

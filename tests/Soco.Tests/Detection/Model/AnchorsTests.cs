using Soco.Detection.Model;
using Soco.Vision;

namespace Soco.Tests.Detection.Model;

public class AnchorsTests
{
    [Fact]
    public void They_go_by_level_then_row_column_and_ratio()
    {
        AnchorGrid grid = new Anchors(
            [
                [32],
                [64],
            ],
            [0.5, 1, 2],
            4,
            rounded: true
        ).On(new ImageSize(16, 8), [new(4, 2), new(2, 1)]);

        Assert.Equal([24, 6], grid.Counts);
        Assert.Equal(new Corners(-23, -11, 23, 11), grid.Boxes[0]);
        Assert.Equal(new Corners(-16, -16, 16, 16), grid.Boxes[1]);
        Assert.Equal(new Corners(-11, -23, 11, 23), grid.Boxes[2]);
        Assert.Equal(new Corners(-12, -16, 20, 16), grid.Boxes[4]);
        Assert.Equal(new Corners(-16, -12, 16, 20), grid.Boxes[7]);
        Assert.Equal(new Corners(-32, -24, 32, 40), grid.Boxes[28]);
    }

    [Fact]
    public void Exact_ones_have_the_area_of_their_size_and_the_stride_of_their_level()
    {
        // A map of 3 cells over 160 pixels: torchvision would step by 53.
        AnchorGrid grid = new Anchors(
            [
                [512],
            ],
            [0.5, 1, 2],
            64,
            rounded: false
        ).On(new ImageSize(160, 160), [new(3, 3)]);

        Assert.All(Enumerable.Range(0, grid.Count), i => Assert.Equal(512.0 * 512, grid.Boxes[i].Area, 1.0));
        Assert.Equal(64, grid.Boxes[3].X1 - grid.Boxes[0].X1, 1e-4);
        Assert.Equal(0.5, grid.Boxes[0].Height / grid.Boxes[0].Width, 1e-5);
    }

    [Fact]
    public void On_C4_every_cell_has_all_sizes()
    {
        var anchors = new Anchors(
            [
                [32, 64, 128, 256, 512],
            ],
            [0.5, 1, 2],
            16,
            rounded: false
        );

        Assert.Equal(15, anchors.PerCell);
        Assert.Equal([4 * 5 * 15], anchors.On(new ImageSize(64, 80), [new(4, 5)]).Counts);
    }
}

using Soco.Pretraining.Model;
using Soco.Pretraining.Views;
using Soco.Recipes;
using Soco.Vision;

namespace Soco.Tests.Pretraining.Views;

public sealed class PyramidLevelsTests
{
    private static readonly PyramidLevels s_levels = new(new PretrainingRecipe().LevelLimits);

    [Theory]
    [InlineData(1, 0)]
    [InlineData(48, 0)]
    [InlineData(49, 1)]
    [InlineData(96, 1)]
    [InlineData(97, 2)]
    [InlineData(192, 2)]
    [InlineData(193, 3)]
    [InlineData(224, 3)]
    [InlineData(225, BoxSet.NoLevel)]
    public void A_square_goes_to_the_first_level_whose_limit_its_side_does_not_pass(int side, int level) =>
        Assert.Equal(level, s_levels.LevelOf(new BoxXyxy(0, 0, side - 1, side - 1)));

    [Fact]
    public void The_size_of_a_box_is_the_root_of_its_area()
    {
        Assert.Equal(0, s_levels.LevelOf(new BoxXyxy(0, 0, 23, 95)));
        Assert.Equal(1, s_levels.LevelOf(new BoxXyxy(0, 0, 24, 95)));
    }

    [Fact]
    public void Corners_are_truncated_before_they_are_measured()
    {
        Assert.Equal(0, s_levels.LevelOf(new BoxXyxy(0.9, 0.9, 47.9, 47.9)));
        Assert.Equal(1, s_levels.LevelOf(new BoxXyxy(0.1, 0.1, 48.1, 48.1)));
    }

    [Fact]
    public void The_limits_scale_with_the_side_of_the_first_view_unless_the_recipe_sets_them()
    {
        Assert.Equal(new LevelLimits(24, 48, 96, 112), new PretrainingRecipe { Views = new() { Size = 112 } }.LevelLimits);
        var own = new LevelLimits(1, 2, 3, 4);
        Assert.Equal(
            own,
            new PretrainingRecipe
            {
                Views = new() { Size = 112 },
                Boxes = new() { Limits = own },
            }.LevelLimits
        );
    }
}

using Soco.Pretraining.Model;
using Soco.Recipes;
using Soco.Vision;

namespace Soco.Pretraining.Views;

/// <summary>
/// Scale-aware assignment (SoCo, section 3.3): the level of a box follows its size in its own view, so one object lies on different levels
/// in different views. With s = sqrt(w * h) in pixels, a box goes to the first level whose limit s does not pass.
/// </summary>
public sealed class PyramidLevels
{
    private readonly double[] _limits;

    /// <param name="limits">Largest s of each level in pixels, ascending; the same for every view.</param>
    public PyramidLevels(LevelLimits limits) => _limits = [limits.P2, limits.P3, limits.P4, limits.P5];

    /// <summary>The number of levels.</summary>
    public static int Count => 4;

    /// <summary>The level of a box.</summary>
    /// <param name="box">
    /// Corners in pixels of the view, the far corner inclusive; truncated to integers here, as the published code does.
    /// </param>
    /// <returns>0 for P2 to 3 for P5; <see cref="BoxSet.NoLevel"/> past the last limit.</returns>
    public int LevelOf(BoxXyxy box)
    {
        int width = (int)box.X2 - (int)box.X1 + 1;
        int height = (int)box.Y2 - (int)box.Y1 + 1;
        double size = Math.Sqrt((double)width * height);
        int level = Array.FindIndex(_limits, limit => size <= limit);
        return level < 0 ? BoxSet.NoLevel : level;
    }
}

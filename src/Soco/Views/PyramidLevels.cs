using Soco.Pretraining;

namespace Soco.Views;

/// <summary>
/// Scale-aware assignment (SoCo, section 3.3): the level of a box follows its size in its own view, so one object lies on different levels in
/// different views. With s = sqrt(w * h) in pixels, a box goes to the first level whose limit s does not pass.
/// </summary>
public sealed class PyramidLevels
{
    /// <summary>Limits of P2, P3, P4 and P5 for first views of 224 pixels.</summary>
    public static readonly IReadOnlyList<double> PublishedLimits = [48, 96, 192, 224];

    private const double PublishedSide = 224;
    private readonly double[] _limits;

    /// <param name="limits">Largest s of each level in pixels, ascending; the same for every view.</param>
    public PyramidLevels(IEnumerable<double> limits) => _limits = [.. limits];

    /// <summary>The published limits, scaled to first views of another side.</summary>
    /// <param name="side">Side of the first view in pixels.</param>
    public static PyramidLevels ForSide(int side) => new(PublishedLimits.Select(limit => limit * side / PublishedSide));

    /// <summary>The level of a box.</summary>
    /// <param name="box">Corners in pixels of the view, the far corner inclusive; truncated to integers here, as the published code does.</param>
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

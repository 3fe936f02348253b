namespace Soco.Recipes;

/// <summary>A closed interval; in YAML <c>[low, high]</c>.</summary>
public readonly record struct Interval(double Low, double High);

/// <summary>One value for V1 and one for every other view; in YAML <c>[first, others]</c>.</summary>
public readonly record struct PerView(double First, double Others)
{
    /// <summary>The value for a view, V1 being 1.</summary>
    public double Of(int view) => view == 1 ? First : Others;
}

/// <summary>
/// The largest box size, sqrt(w*h) in pixels of its view, that each pyramid level takes; in YAML <c>[p2, p3, p4, p5]</c>.
/// </summary>
public readonly record struct LevelLimits(double P2, double P3, double P4, double P5);

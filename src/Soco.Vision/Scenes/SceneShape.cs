using System.Numerics;

namespace Soco.Vision.Scenes;

/// <summary>
/// The outline of each class as a signed distance: below 0 inside, above 0 outside, in units of the object's radius. One function gives
/// the anti-aliased edge, the bevel and the soft shadow.
/// </summary>
internal static class SceneShape
{
    /// <param name="kind">The class.</param>
    /// <param name="form">0 to 1: where this object stands in the range of its class (slimmer or stouter).</param>
    /// <param name="at">A point in the object's own frame, whose outline lies about 1 from the center.</param>
    public static float Distance(SceneClass kind, float form, Vector2 at) =>
        kind switch
        {
            SceneClass.Disc => at.Length() - 0.95f,
            SceneClass.Square => Box(at, new Vector2(0.72f), 0.1f),
            SceneClass.Triangle => Star(at, 3, 0.5f, 0.07f),
            SceneClass.Star => Star(at, 5, float.Lerp(0.42f, 0.56f, form), 0.04f),
            SceneClass.Ellipse => Ellipse(at, new Vector2(1, float.Lerp(0.5f, 0.68f, form))),
            SceneClass.Cross => Cross(at, float.Lerp(0.26f, 0.36f, form)),
            SceneClass.Ring => Ring(at, float.Lerp(0.2f, 0.28f, form)),
            SceneClass.Hexagon => Star(at, 6, MathF.Cos(MathF.PI / 6), 0.06f),
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        };

    private static float Box(Vector2 at, Vector2 half, float rounding)
    {
        Vector2 outside = Vector2.Abs(at) - half + new Vector2(rounding);
        return Vector2.Max(outside, Vector2.Zero).Length() + Math.Min(Math.Max(outside.X, outside.Y), 0) - rounding;
    }

    private static float Cross(Vector2 at, float half) =>
        Math.Min(Box(at, new Vector2(0.95f, half), 0.06f), Box(at, new Vector2(half, 0.95f), 0.06f));

    private static float Ring(Vector2 at, float half) => MathF.Abs(at.Length() - (0.97f - half)) - half;

    /// <summary>A star of n points; with an inner radius of cos(pi / n) it is the regular polygon of n sides.</summary>
    private static float Star(Vector2 at, int points, float inner, float rounding)
    {
        // The plane is folded into the wedge between a point and the notch beside it; there the outline is one segment.
        float wedge = MathF.PI / points;
        float angle = MathF.Atan2(at.Y, at.X) + MathF.PI / 2;
        angle = MathF.Abs(angle - 2 * wedge * MathF.Round(angle / (2 * wedge)));
        float length = at.Length();
        var folded = new Vector2(length * MathF.Cos(angle), length * MathF.Sin(angle));

        var point = new Vector2(1 - rounding, 0);
        var notch = new Vector2(inner * MathF.Cos(wedge), inner * MathF.Sin(wedge)) * (1 - rounding);
        Vector2 edge = notch - point;
        Vector2 fromPoint = folded - point;
        float along = Math.Clamp(Vector2.Dot(fromPoint, edge) / edge.LengthSquared(), 0, 1);
        float distance = (fromPoint - along * edge).Length();
        bool inside = edge.X * fromPoint.Y - edge.Y * fromPoint.X > 0;
        return (inside ? -distance : distance) - rounding;
    }

    /// <summary>The distance to first order: the value of the implicit function over the length of its gradient.</summary>
    private static float Ellipse(Vector2 at, Vector2 half)
    {
        Vector2 scaled = at / half;
        float radius = scaled.Length();
        float gradient = (scaled / half).Length();
        return gradient < 1e-6f ? -half.Y : radius * (radius - 1) / gradient;
    }
}

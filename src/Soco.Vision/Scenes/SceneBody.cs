using System.Numerics;

namespace Soco.Vision.Scenes;

/// <summary>An object before it is painted: where it is, and what its surface is like.</summary>
/// <param name="Class">Its kind.</param>
/// <param name="Center">Pixels; it may lie near or beyond the edge of the image.</param>
/// <param name="Radius">Pixels from the center to about the farthest point of the outline.</param>
/// <param name="Rotation">Radians.</param>
/// <param name="Form">0 to 1: slimmer or stouter within its class.</param>
/// <param name="Bevel">Width of the rounded rim in units of the radius.</param>
/// <param name="Texture">The pattern.</param>
/// <param name="Ramp">First, middle and last color of the pattern, linear light.</param>
internal sealed record SceneBody(
    SceneClass Class,
    Vector2 Center,
    float Radius,
    float Rotation,
    float Form,
    float Bevel,
    SceneTexture Texture,
    SceneBody.Colors Ramp
)
{
    private readonly Vector2 _axis = new(MathF.Cos(Rotation), MathF.Sin(Rotation));

    /// <summary>A point of the image in the object's own frame.</summary>
    public Vector2 Local(Vector2 at)
    {
        Vector2 from = (at - Center) / Radius;
        return new Vector2(Vector2.Dot(from, _axis), from.Y * _axis.X - from.X * _axis.Y);
    }

    /// <summary>A direction of the object's own frame in the image.</summary>
    public Vector2 ToImage(Vector2 direction) =>
        new(direction.X * _axis.X - direction.Y * _axis.Y, direction.X * _axis.Y + direction.Y * _axis.X);

    /// <summary>Signed distance to the outline in units of the radius, at a point of the object's own frame.</summary>
    public float Distance(Vector2 local) => SceneShape.Distance(Class, Form, local);

    /// <summary>The color of the surface under even light.</summary>
    public Vector3 Color(Vector2 local) => Ramp.At(Texture.At(local));

    /// <summary>Three colors and the way through them.</summary>
    internal readonly record struct Colors(Vector3 First, Vector3 Middle, Vector3 Last)
    {
        /// <summary>0 gives the first color, 1 the last.</summary>
        public Vector3 At(float level) => level < 0.5f ? Vector3.Lerp(First, Middle, 2 * level) : Vector3.Lerp(Middle, Last, 2 * level - 1);
    }
}

using System.Numerics;
using Soco.Vision.Random;

namespace Soco.Vision.Scenes;

/// <summary>The one lamp of a scene: it shades rims, makes highlights and casts shadows, and the image is brighter on its side.</summary>
internal sealed class SceneLight
{
    private readonly Vector3 _direction;
    private readonly Vector3 _halfway;
    private readonly float _gloss;
    private readonly float _falloff;
    private readonly float _warmth;

    /// <summary>Draws where the lamp stands and what its light is like.</summary>
    public SceneLight(CounterRandom random)
    {
        double azimuth = random.Uniform(0, 2 * Math.PI);
        double elevation = random.Uniform(0.6, 1.05);
        Toward = new Vector2((float)Math.Cos(azimuth), (float)Math.Sin(azimuth));
        _direction = new Vector3((float)Math.Cos(elevation) * Toward, (float)Math.Sin(elevation));
        _halfway = Vector3.Normalize(_direction + Vector3.UnitZ);
        _gloss = (float)random.Uniform(0.1, 0.5);
        _falloff = (float)random.Uniform(0.1, 0.3);
        ShadowStrength = (float)random.Uniform(0.3, 0.6);
        _warmth = (float)random.Uniform(-0.06, 0.06);
    }

    /// <summary>The unit vector in the image that points to the lamp.</summary>
    public Vector2 Toward { get; }

    /// <summary>The share of light that a shadow takes away, 0 to 1.</summary>
    public float ShadowStrength { get; }

    /// <summary>The light that reaches a point of the image, per channel.</summary>
    /// <param name="fromMiddle">From the middle of the image, whose corners lie 1 away.</param>
    public Vector3 At(Vector2 fromMiddle)
    {
        float level = 1 + _falloff * Vector2.Dot(fromMiddle, Toward) - 0.14f * fromMiddle.LengthSquared();
        return level * new Vector3(1 + _warmth, 1, 1 - _warmth);
    }

    /// <summary>Light on a surface by its slope: what a level one gives is 1.</summary>
    /// <param name="slope">Rise of the surface toward its inside, in the image.</param>
    /// <returns>The factor of the surface's color and the white that is added.</returns>
    public (float Diffuse, float Highlight) On(Vector2 slope)
    {
        var normal = Vector3.Normalize(new Vector3(slope, 1));
        float diffuse = Math.Max(0, Vector3.Dot(normal, _direction)) / _direction.Z;
        float mirror = Math.Max(0, Vector3.Dot(normal, _halfway));
        float mirror4 = mirror * mirror * mirror * mirror;
        float mirror16 = mirror4 * mirror4 * mirror4 * mirror4;
        return (0.4f + 0.6f * Math.Min(diffuse, 1.6f), _gloss * mirror16 * mirror16);
    }
}

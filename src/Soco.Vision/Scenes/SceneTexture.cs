using System.Numerics;

namespace Soco.Vision.Scenes;

/// <summary>
/// What the surface of each class looks like: at a point of the object's own frame a value from 0, its first color, to 1, its last. Edges
/// are softened over about one pixel, so that fine textures do not alias.
/// </summary>
/// <param name="kind">The class that the texture belongs to.</param>
/// <param name="density">0 to 1: coarse to fine.</param>
/// <param name="angle">Radians between the texture and the shape.</param>
/// <param name="phase">0 to 1: where the pattern begins.</param>
/// <param name="pixel">The side of a pixel in units of the object's radius.</param>
/// <param name="seed">Of the noise.</param>
internal sealed class SceneTexture(SceneClass kind, float density, float angle, float phase, float pixel, uint seed)
{
    private readonly Vector2 _direction = new(MathF.Cos(angle), MathF.Sin(angle));

    public float At(Vector2 at)
    {
        var turned = new Vector2(Vector2.Dot(at, _direction), at.Y * _direction.X - at.X * _direction.Y);
        return kind switch
        {
            SceneClass.Disc => Band(at.Length() * Between(2, 4.5f) + phase, Between(2, 4.5f), 0.5f),
            SceneClass.Square => Band(turned.X * Between(1.6f, 4) + phase, Between(1.6f, 4), 0.5f),
            SceneClass.Triangle => Checks(turned * Between(1.4f, 3) + new Vector2(phase), Between(1.4f, 3)),
            SceneClass.Star => Marble(turned * Between(1.8f, 4)),
            SceneClass.Ellipse => Spots(turned * Between(2.2f, 4.2f) + new Vector2(phase, 0)),
            SceneClass.Cross => Math.Clamp(0.5f + 0.5f * turned.X * Between(0.9f, 1.3f) + 0.3f * (phase - 0.5f), 0, 1),
            SceneClass.Ring => Sectors(at),
            SceneClass.Hexagon => Hatching(turned * Between(2, 4.5f) + new Vector2(phase)),
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        };
    }

    private float Between(float coarse, float fine) => float.Lerp(coarse, fine, density);

    /// <summary>1 on a share of each period, 0 elsewhere; a period is 1 long, and frequency periods fit in a unit of the frame.</summary>
    private float Band(float position, float frequency, float share)
    {
        float fromMiddle = 2 * MathF.Abs(position - MathF.Round(position));
        float blur = MathF.Min(1.6f * frequency * pixel, 0.4f);
        return 1 - SceneNoise.Step(share - blur, share + blur, fromMiddle);
    }

    private float Checks(Vector2 at, float frequency)
    {
        float across = Band(at.X, frequency, 0.5f);
        float down = Band(at.Y, frequency, 0.5f);
        return across + down - 2 * across * down;
    }

    private float Marble(Vector2 at)
    {
        float bend = SceneNoise.Fractal(at + new Vector2(phase * 50), seed, 3);
        float noise = SceneNoise.Fractal(2.2f * at + new Vector2(5 * bend), seed + 9, 4);
        return SceneNoise.Step(0.25f, 0.75f, noise);
    }

    private float Spots(Vector2 at)
    {
        int row = (int)MathF.Floor(at.Y);
        float x = (row & 1) == 0 ? at.X : at.X + 0.5f;
        int column = (int)MathF.Floor(x);
        var stray = new Vector2(SceneNoise.Cell(column, row, seed), SceneNoise.Cell(row, column, seed));
        Vector2 middle = new Vector2(column + 0.44f, row + 0.44f) + 0.12f * stray;
        float radius = float.Lerp(0.24f, 0.4f, SceneNoise.Cell(column, row, seed + 1));
        float blur = MathF.Min(Between(2.2f, 4.2f) * pixel, 0.2f);
        return 1 - SceneNoise.Step(radius - blur, radius + blur, (new Vector2(x, at.Y) - middle).Length());
    }

    private float Sectors(Vector2 at)
    {
        float count = MathF.Round(Between(3, 7));
        float turn = MathF.Atan2(at.Y, at.X) / (2 * MathF.PI);
        return Band(turn * count + phase, count / (2 * MathF.PI * MathF.Max(at.Length(), 0.2f)), 0.5f);
    }

    private float Hatching(Vector2 at)
    {
        float frequency = Between(2, 4.5f);
        return MathF.Max(Band(at.X, frequency, 0.3f), 0.75f * Band(at.Y, frequency, 0.3f));
    }
}

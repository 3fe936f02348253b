using System.Numerics;

namespace Soco.Vision.Scenes;

/// <summary>Smooth random fields over the plane: pure functions of a position and a seed.</summary>
internal static class SceneNoise
{
    /// <summary>A uniform value in [0, 1) for a cell of the integer grid.</summary>
    public static float Cell(int x, int y, uint seed) => (Hash(x, y, seed) >> 8) * (1f / (1 << 24));

    /// <summary>Gradient noise in [0, 1]: each corner of the grid slopes its own way, and the slopes are joined smoothly.</summary>
    public static float Gradient(Vector2 at, uint seed)
    {
        float left = MathF.Floor(at.X);
        float top = MathF.Floor(at.Y);
        (int x, int y) = ((int)left, (int)top);
        var within = new Vector2(at.X - left, at.Y - top);
        float across = Ease(within.X);
        float upper = float.Lerp(Slope(x, y, seed, within), Slope(x + 1, y, seed, within - Vector2.UnitX), across);
        float lower = float.Lerp(Slope(x, y + 1, seed, within - Vector2.UnitY), Slope(x + 1, y + 1, seed, within - Vector2.One), across);
        return Math.Clamp(0.5f + 0.75f * float.Lerp(upper, lower, Ease(within.Y)), 0, 1);
    }

    /// <summary>Noise at several scales, in [0, 1]: each octave twice as fine and half as strong as the one before.</summary>
    public static float Fractal(Vector2 at, uint seed, int octaves)
    {
        float sum = 0;
        float strength = 0.5f;
        for (int octave = 0; octave < octaves; octave++)
        {
            sum += strength * Gradient(at, seed + (uint)octave);
            at = new Vector2(1.6f * at.X - 1.2f * at.Y, 1.2f * at.X + 1.6f * at.Y); // twice as fine, turned off the axes
            strength /= 2;
        }

        return sum / (1 - 2 * strength);
    }

    /// <summary>0 below the low edge, 1 above the high one, smooth between them.</summary>
    public static float Step(float low, float high, float value) => Ease(Math.Clamp((value - low) / (high - low), 0, 1));

    private static uint Hash(int x, int y, uint seed)
    {
        uint hash = (uint)x * 0x8DA6B343 ^ (uint)y * 0xD8163841 ^ seed;
        hash = (hash ^ (hash >> 15)) * 0x2C1B3C6D;
        hash = (hash ^ (hash >> 12)) * 0x297A2D39;
        return hash ^ (hash >> 15);
    }

    /// <summary>The height at an offset from a corner of the grid, whose plane slopes at most 1 along each axis.</summary>
    private static float Slope(int x, int y, uint seed, Vector2 from)
    {
        uint hash = Hash(x, y, seed);
        return ((short)hash * from.X + (short)(hash >> 16) * from.Y) * (1f / (1 << 15));
    }

    /// <summary>The smooth way from 0 to 1.</summary>
    private static float Ease(float t) => t * t * (3 - 2 * t);
}

using System.Numerics;
using Soco.Vision.Random;

namespace Soco.Vision.Scenes;

/// <summary>Fills a canvas with one of six kinds of grounds, in colors that are calmer than those of the objects.</summary>
internal static class SceneBackground
{
    private const int Kinds = 6;
    private const int RampLevels = 256;

    /// <summary>Draws the kind, its parameters and its colors, and paints it.</summary>
    public static void Paint(SceneCanvas canvas, CounterRandom random)
    {
        Func<Vector2, float> field = Field(ref random);
        Vector3[] ramp = Ramp(ref random);
        var seed = (uint)random.NextUInt64();
        var fine = (float)random.Uniform(20, 60);
        var roughness = (float)random.Uniform(0.02, 0.12);
        float side = Math.Min(canvas.Width, canvas.Height);
        for (int y = 0; y < canvas.Height; y++)
        {
            for (int x = 0; x < canvas.Width; x++)
            {
                Vector2 at = new Vector2(x + 0.5f, y + 0.5f) / side;
                float level = field(at) + roughness * (SceneNoise.Gradient(fine * at, seed) - 0.5f);
                canvas[x, y] = ramp[(int)(Math.Clamp(level, 0, 1) * (RampLevels - 1))];
            }
        }
    }

    /// <summary>A level in about [0, 1] for each point; the shorter side of the image is 1 long.</summary>
    private static Func<Vector2, float> Field(ref CounterRandom random)
    {
        int kind = random.NextInt(Kinds);
        var seed = (uint)random.NextUInt64();
        var scale = (float)random.Uniform(0, 1);
        float angle = (float)random.Uniform(0, 2 * Math.PI);
        Vector2 along = new(MathF.Cos(angle), MathF.Sin(angle));
        Vector2 across = new(-along.Y, along.X);
        Vector2 center = new((float)random.Uniform(0.2, 1.1), (float)random.Uniform(0.2, 0.8));
        return kind switch
        {
            0 => at => 0.44f + 0.55f * Vector2.Dot(at - new Vector2(0.65f, 0.5f), along) + 0.12f * SceneNoise.Fractal(3 * at, seed, 3),
            1 => at => 1.1f - 1.1f * (at - center).Length() + 0.1f * SceneNoise.Fractal(6 * at, seed, 3),
            2 => at => Stretch(SceneNoise.Fractal(float.Lerp(2, 9, scale) * at, seed, 5)),
            3 => Grain(along, across, scale, seed),
            4 => Stripes(along, scale, seed),
            _ => at => Pebbles(float.Lerp(3, 9, scale) * at, seed),
        };
    }

    /// <summary>Noise drawn out along one direction, like wood or brushed metal.</summary>
    private static Func<Vector2, float> Grain(Vector2 along, Vector2 across, float scale, uint seed) =>
        at =>
        {
            var drawnOut = new Vector2(float.Lerp(0.8f, 2.5f, scale), float.Lerp(6, 20, scale));
            return Stretch(SceneNoise.Fractal(drawnOut * new Vector2(Vector2.Dot(at, along), Vector2.Dot(at, across)), seed, 4));
        };

    /// <summary>Broad soft stripes that waver a little.</summary>
    private static Func<Vector2, float> Stripes(Vector2 along, float scale, uint seed) =>
        at =>
        {
            float position = float.Lerp(2.5f, 8, scale) * Vector2.Dot(at, along) + 0.5f * SceneNoise.Gradient(2.5f * at, seed);
            float wave = MathF.Abs(position - MathF.Round(position)) * 2;
            return 0.15f + 0.6f * SceneNoise.Step(0.38f, 0.62f, wave) + 0.25f * SceneNoise.Fractal(6 * at, seed + 7, 3);
        };

    /// <summary>Rounded blobs of different levels with soft gaps: the nearest of a jittered grid of centers.</summary>
    private static float Pebbles(Vector2 at, uint seed)
    {
        (int column, int row) = ((int)MathF.Floor(at.X), (int)MathF.Floor(at.Y));
        float nearest = float.MaxValue;
        float second = float.MaxValue;
        float level = 0;
        for (int y = row - 1; y <= row + 1; y++)
        {
            for (int x = column - 1; x <= column + 1; x++)
            {
                var center = new Vector2(x + SceneNoise.Cell(x, y, seed), y + SceneNoise.Cell(x, y, seed + 1));
                float distance = (at - center).Length();
                if (distance < nearest)
                {
                    (nearest, second) = (distance, nearest);
                    level = SceneNoise.Cell(x, y, seed + 2);
                }
                else if (distance < second)
                {
                    second = distance;
                }
            }
        }

        return (0.25f + 0.75f * level) * (0.55f + 0.45f * SceneNoise.Step(0.02f, 0.22f, second - nearest));
    }

    /// <summary>Noise gathers around 0.5; this spreads it over the whole range.</summary>
    private static float Stretch(float noise) => Math.Clamp(0.5f + 1.7f * (noise - 0.5f), 0, 1);

    /// <summary>Three neighboring colors of low chroma, dark to light, joined in Oklab.</summary>
    private static Vector3[] Ramp(ref CounterRandom random)
    {
        double hue = random.Uniform(0, 2 * Math.PI);
        double hueTurn = random.Uniform(-1.2, 1.2);
        double middle = random.Uniform(0.38, 0.8);
        double spread = random.Uniform(0.08, 0.17);
        double chroma = random.Uniform(0.015, 0.075);
        bool reversed = random.Bernoulli(0.5);
        var ramp = new Vector3[RampLevels];
        for (int i = 0; i < RampLevels; i++)
        {
            double level = 2.0 * i / (RampLevels - 1) - 1;
            ramp[i] = SceneColor.Linear(middle + (reversed ? -spread : spread) * level, chroma, hue + hueTurn * level / 2);
        }

        return ramp;
    }
}

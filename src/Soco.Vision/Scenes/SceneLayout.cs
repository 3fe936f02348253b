using System.Numerics;
using Soco.Vision.Random;

namespace Soco.Vision.Scenes;

/// <summary>Decides which objects a scene has, where they are and what they are made of.</summary>
internal static class SceneLayout
{
    private const int Tries = 2;

    /// <summary>The objects of a scene, the farthest first.</summary>
    public static SceneBody[] Draw(SceneOptions options, CounterRandom layout, CounterRandom surface)
    {
        var bodies = new SceneBody[options.MinObjects + layout.NextInt(options.MaxObjects - options.MinObjects + 1)];
        double side = Math.Min(options.Width, options.Height);
        for (int i = 0; i < bodies.Length; i++)
        {
            var kind = (SceneClass)(1 + layout.NextInt(SceneGenerator.Categories.Count));
            // Log-uniform: as many objects between 15 and 30 % of the side as between 30 and 60 %.
            var radius = (float)(0.5 * side * options.MinSize * Math.Pow(options.MaxSize / options.MinSize, layout.NextDouble()));
            var rotation = (float)layout.Uniform(0, 2 * Math.PI);
            Vector2 center = Place(bodies.AsSpan(0, i), options, radius, ref layout);
            bodies[i] = Dress(kind, center, radius, rotation, ref surface);
        }

        return bodies;
    }

    /// <summary>The better of two random places: many objects overlap, and few hide each other.</summary>
    private static Vector2 Place(ReadOnlySpan<SceneBody> placed, SceneOptions options, float radius, ref CounterRandom random)
    {
        Vector2 best = default;
        float leastOverlap = float.MaxValue;
        for (int attempt = 0; attempt < Tries; attempt++)
        {
            double inset = 0.7 * radius; // an edge of the image may cut off a part
            double x = random.Uniform(inset, options.Width - inset);
            double y = random.Uniform(inset, options.Height - inset);
            var center = new Vector2((float)x, (float)y);
            float overlap = 0;
            foreach (SceneBody other in placed)
            {
                float gap = (center - other.Center).Length() - 0.8f * (radius + other.Radius);
                overlap += Math.Max(0, -gap) / Math.Min(radius, other.Radius);
            }

            if (overlap < leastOverlap)
            {
                (best, leastOverlap) = (center, overlap);
            }
        }

        return best;
    }

    private static SceneBody Dress(SceneClass kind, Vector2 center, float radius, float rotation, ref CounterRandom random)
    {
        var texture = new SceneTexture(
            kind,
            density: (float)random.NextDouble(),
            angle: (float)random.Uniform(0, 2 * Math.PI),
            phase: (float)random.NextDouble(),
            pixel: 1 / radius,
            seed: (uint)random.NextUInt64()
        );
        var form = (float)random.NextDouble();
        var bevel = (float)random.Uniform(0.08, 0.35);
        return new SceneBody(kind, center, radius, rotation, form, bevel, texture, DrawColors(ref random));
    }

    /// <summary>Two strong colors that differ in lightness and often in hue, and one between them.</summary>
    private static SceneBody.Colors DrawColors(ref CounterRandom random)
    {
        double hue = random.Uniform(0, 2 * Math.PI);
        double turn = random.NextInt(4) switch
        {
            0 => random.Uniform(-0.4, 0.4),
            1 => random.Uniform(0.7, 1.5),
            2 => -random.Uniform(0.7, 1.5),
            _ => random.Uniform(2.4, 3.8),
        };
        double dark = random.Uniform(0.34, 0.6);
        double light = Math.Min(dark + random.Uniform(0.26, 0.45), 0.95);
        double darkChroma = random.Uniform(0.09, 0.19);
        double lightChroma = random.Uniform(0.03, 0.16);
        Vector3 first = SceneColor.Linear(dark, darkChroma, hue);
        Vector3 last = SceneColor.Linear(light, lightChroma, hue + turn);
        Vector3 middle = SceneColor.Linear((dark + light) / 2, (darkChroma + lightChroma) / 2, hue + turn / 2);
        return random.Bernoulli(0.5) ? new SceneBody.Colors(first, middle, last) : new SceneBody.Colors(last, middle, first);
    }
}

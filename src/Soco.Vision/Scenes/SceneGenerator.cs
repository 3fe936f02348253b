using Soco.Vision.Annotations.Coco;
using Soco.Vision.Annotations.Masks;
using Soco.Vision.Random;

namespace Soco.Vision.Scenes;

/// <summary>
/// Draws scenes that need no data: two to six textured objects of eight classes over varied grounds, lit, shaded and partly hidden, with
/// exact masks. For demonstrations, and for experiments whose ground truth must be perfect.
/// </summary>
public static class SceneGenerator
{
    /// <summary>The eight categories, in the order of <see cref="SceneClass"/>.</summary>
    public static IReadOnlyList<CocoCategory> Categories { get; } =
    [.. Enum.GetValues<SceneClass>().Select(kind => new CocoCategory((int)kind, NameOf(kind), "shape"))];

    /// <summary>The name of a class, in small letters.</summary>
    public static string NameOf(SceneClass kind) => kind.ToString().ToLowerInvariant();

    /// <summary>Draws one scene: a pure function of its arguments, so the order and the threads do not matter.</summary>
    /// <param name="seed">Of the set.</param>
    /// <param name="index">Of the scene in the set, from 0.</param>
    /// <param name="options">Sizes and numbers; the defaults where it is null.</param>
    /// <exception cref="SocoRequestException">An option is out of its range.</exception>
    public static Scene Draw(ulong seed, int index, SceneOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        options ??= new SceneOptions();
        options.Check();

        CounterRandom For(ScenePurpose purpose) => new(seed, 0, (ulong)index, (ulong)purpose);
        var canvas = new SceneCanvas(options.Width, options.Height);
        var light = new SceneLight(For(ScenePurpose.Light));
        SceneBackground.Paint(canvas, For(ScenePurpose.Background));
        SceneBody[] bodies = SceneLayout.Draw(options, For(ScenePurpose.Layout), For(ScenePurpose.Surface));
        foreach (SceneBody body in bodies)
        {
            canvas.CastShadow(body, light);
            canvas.Paint(body, light);
        }

        CounterRandom grain = For(ScenePurpose.Grain);
        return new Scene(canvas.Develop(light, (uint)grain.NextUInt64()), [.. Annotated(canvas, bodies, options.MinVisible)]);
    }

    private static IEnumerable<SceneObject> Annotated(SceneCanvas canvas, SceneBody[] bodies, double minVisible)
    {
        for (int i = 0; i < bodies.Length; i++)
        {
            RunLengthMask mask = canvas.MaskOf(i + 1);
            double visible = (double)mask.Area / Math.Max(1, canvas.SilhouetteOf(i + 1));
            if (mask.Area > 0 && visible >= minVisible)
            {
                yield return new SceneObject(bodies[i].Class, mask, visible);
            }
        }
    }
}

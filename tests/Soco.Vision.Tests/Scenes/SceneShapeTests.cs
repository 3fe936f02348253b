using System.Numerics;
using CsCheck;
using Soco.Vision.Scenes;

namespace Soco.Vision.Tests.Scenes;

public sealed class SceneShapeTests
{
    private static readonly Gen<SceneClass> s_classes = Gen.Int[1, 8].Select(number => (SceneClass)number);
    private static readonly Gen<Vector2> s_points = Gen.Select(Gen.Float[-1.5f, 1.5f], Gen.Float[-1.5f, 1.5f], (x, y) => new Vector2(x, y));

    [Fact]
    public void Every_outline_lies_within_its_radius_and_comes_near_it()
    {
        foreach (SceneClass kind in Enum.GetValues<SceneClass>())
        {
            foreach (float form in new[] { 0f, 0.5f, 1f })
            {
                float farthest = 0;
                for (int step = 0; step < 720; step++)
                {
                    (float sin, float cos) = MathF.SinCos(step * MathF.PI / 360);
                    var direction = new Vector2(cos, sin);
                    Assert.True(SceneShape.Distance(kind, form, 1.001f * direction) > 0, $"{kind} reaches beyond its radius");
                    farthest = Math.Max(farthest, -SceneShape.Distance(kind, form, 0.9f * direction));
                }

                Assert.True(farthest > 0, $"{kind} ends before 0.9 of its radius");
            }
        }
    }

    [Fact]
    public void A_distance_never_changes_faster_than_the_point_moves()
    {
        Gen<SceneClass> exact = s_classes.Where(kind => kind != SceneClass.Ellipse); // the ellipse is right at its outline only
        Gen.Select(exact, Gen.Float[0, 1], s_points, s_points)
            .Sample(drawn =>
            {
                (SceneClass kind, float form, Vector2 from, Vector2 to) = drawn;
                float change = MathF.Abs(SceneShape.Distance(kind, form, from) - SceneShape.Distance(kind, form, to));
                Assert.True(change <= (from - to).Length() + 1e-4f, $"{kind} {from} {to}: {change}");
            });
    }

    [Fact]
    public void Near_its_outline_an_ellipse_is_as_far_as_it_says()
    {
        var half = new Vector2(1, 0.5f);
        for (int step = 0; step < 360; step++)
        {
            (float sin, float cos) = MathF.SinCos(step * MathF.PI / 180);
            var outward = Vector2.Normalize(new Vector2(cos / half.X, sin / half.Y));
            float distance = SceneShape.Distance(SceneClass.Ellipse, 0, half * new Vector2(cos, sin) + 0.01f * outward);
            Assert.InRange(distance, 0.0095f, 0.0105f);
        }
    }

    [Fact]
    public void Classes_differ_in_outline()
    {
        float[][] outlines =
        [
            .. Enum.GetValues<SceneClass>()
                .Select(kind =>
                    Enumerable
                        .Range(0, 90)
                        .Select(step =>
                            SceneShape.Distance(kind, 0.5f, (step % 2 == 0 ? 0.8f : 0.2f) * new Vector2(MathF.Cos(step), MathF.Sin(step)))
                        )
                        .ToArray()
                ),
        ];
        for (int i = 0; i < outlines.Length; i++)
        {
            for (int j = 0; j < i; j++)
            {
                Assert.True(outlines[i].Zip(outlines[j], (a, b) => MathF.Abs(a - b)).Max() > 0.05f, $"{i} and {j}");
            }
        }
    }
}

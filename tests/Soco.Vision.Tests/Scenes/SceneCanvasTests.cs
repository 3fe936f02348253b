using System.Numerics;
using Soco.Vision.Annotations.Masks;
using Soco.Vision.Random;
using Soco.Vision.Scenes;

namespace Soco.Vision.Tests.Scenes;

public sealed class SceneCanvasTests
{
    private const int Side = 80;
    private static readonly SceneLight s_light = new(new CounterRandom(1, 0, 0, 0));

    public static TheoryData<SceneClass> Classes => [.. Enum.GetValues<SceneClass>()];

    [Theory]
    [MemberData(nameof(Classes))]
    public void A_mask_is_what_was_painted_but_for_the_soft_edge(SceneClass kind)
    {
        var canvas = new SceneCanvas(Side, Side);
        canvas.Paint(Body(kind, new Vector2(41.3f, 38.6f), 30), s_light);
        byte[] mask = canvas.MaskOf(1).Decode();
        Assert.Equal(mask.Sum(pixel => pixel), canvas.SilhouetteOf(1));
        Assert.True(mask.Sum(pixel => pixel) > 600);
        for (int y = 0; y < Side; y++)
        {
            for (int x = 0; x < Side; x++)
            {
                bool painted = canvas[x, y] != Vector3.Zero;
                bool masked = mask[y * Side + x] != 0;
                Assert.True(painted || !masked, $"({x}, {y}) is in the mask and was not painted");
                Assert.True(masked || !painted || TouchesMask(mask, x, y), $"({x}, {y}) was painted away from the mask");
            }
        }
    }

    [Fact]
    public void A_disc_has_the_area_of_a_disc()
    {
        var canvas = new SceneCanvas(Side, Side);
        canvas.Paint(Body(SceneClass.Disc, new Vector2(40, 40), 30), s_light);
        Assert.InRange(canvas.MaskOf(1).Area / (Math.PI * Math.Pow(0.95 * 30, 2)), 0.99, 1.01);
    }

    [Fact]
    public void A_nearer_object_takes_the_pixels_that_it_covers()
    {
        var canvas = new SceneCanvas(Side, Side);
        canvas.Paint(Body(SceneClass.Disc, new Vector2(30, 40), 20), s_light);
        RunLengthMask alone = canvas.MaskOf(1);
        canvas.Paint(Body(SceneClass.Square, new Vector2(45, 40), 20), s_light);
        byte[] near = canvas.MaskOf(2).Decode();
        byte[] far = canvas.MaskOf(1).Decode();
        byte[] before = alone.Decode();
        for (int i = 0; i < near.Length; i++)
        {
            Assert.Equal(before[i] != 0 && near[i] == 0, far[i] != 0);
        }

        Assert.True(canvas.MaskOf(1).Area < alone.Area);
        Assert.Equal(alone.Area, canvas.SilhouetteOf(1));
        Assert.Equal(canvas.MaskOf(2).Area, canvas.SilhouetteOf(2));
    }

    [Fact]
    public void The_silhouette_counts_what_the_edge_of_the_image_cuts_off()
    {
        var canvas = new SceneCanvas(Side, Side);
        canvas.Paint(Body(SceneClass.Disc, new Vector2(0, 40), 30), s_light);
        Assert.InRange((double)canvas.MaskOf(1).Area / canvas.SilhouetteOf(1), 0.49, 0.51);
    }

    [Fact]
    public void A_shadow_darkens_the_side_away_from_the_lamp_and_owns_no_pixel()
    {
        var canvas = new SceneCanvas(Side, Side);
        for (int i = 0; i < Side * Side; i++)
        {
            canvas[i % Side, i / Side] = Vector3.One;
        }

        var center = new Vector2(40, 40);
        SceneBody body = Body(SceneClass.Disc, center, 20);
        canvas.CastShadow(body, s_light);
        Assert.InRange(canvas[40, 40].X, 0.99f - s_light.ShadowStrength, 1.01f - s_light.ShadowStrength);
        Vector2 away = center - 20 * s_light.Toward;
        Vector2 toward = center + 26 * s_light.Toward;
        Assert.True(canvas[(int)away.X, (int)away.Y].X < 0.95f);
        Assert.Equal(1, canvas[(int)toward.X, (int)toward.Y].X);
        Assert.Equal(0, canvas.MaskOf(1).Area);
    }

    private static bool TouchesMask(byte[] mask, int x, int y)
    {
        for (int row = Math.Max(0, y - 1); row <= Math.Min(Side - 1, y + 1); row++)
        {
            for (int column = Math.Max(0, x - 1); column <= Math.Min(Side - 1, x + 1); column++)
            {
                if (mask[row * Side + column] != 0)
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static SceneBody Body(SceneClass kind, Vector2 center, float radius)
    {
        var texture = new SceneTexture(kind, density: 0.5f, angle: 0.3f, phase: 0.2f, pixel: 1 / radius, seed: 5);
        var colors = new SceneBody.Colors(new Vector3(0.3f), new Vector3(0.5f), new Vector3(0.8f));
        return new SceneBody(kind, center, radius, Rotation: 0.7f, Form: 0.5f, Bevel: 0.2f, texture, colors);
    }
}

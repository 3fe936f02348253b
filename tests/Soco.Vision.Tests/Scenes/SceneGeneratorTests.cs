using Soco.Vision.Scenes;

namespace Soco.Vision.Tests.Scenes;

public sealed class SceneGeneratorTests
{
    private static readonly SceneOptions s_small = new() { Width = 96, Height = 72 };

    [Fact]
    public void A_scene_depends_on_its_seed_and_index_alone()
    {
        Scene[] inOrder = [.. Enumerable.Range(0, 12).Select(i => SceneGenerator.Draw(5, i, s_small))];
        var atOnce = new Scene[12];
        Parallel.For(0, 12, i => atOnce[11 - i] = SceneGenerator.Draw(5, 11 - i, s_small));
        for (int i = 0; i < inOrder.Length; i++)
        {
            Assert.Equal(inOrder[i].Image.Pixels, atOnce[i].Image.Pixels);
            Assert.Equal(Described(inOrder[i]), Described(atOnce[i]));
            Assert.NotEqual(inOrder[i].Image.Pixels, SceneGenerator.Draw(6, i, s_small).Image.Pixels);
            Assert.NotEqual(inOrder[i].Image.Pixels, SceneGenerator.Draw(5, i + 1, s_small).Image.Pixels);
        }
    }

    [Fact]
    public void Masks_of_a_scene_do_not_overlap_and_fill_their_boxes_to_the_edges()
    {
        for (int index = 0; index < 40; index++)
        {
            Scene scene = SceneGenerator.Draw(2, index, s_small);
            var seen = new byte[96 * 72];
            foreach (SceneObject found in scene.Objects)
            {
                byte[] mask = found.Mask.Decode();
                Assert.Equal(mask.Sum(pixel => pixel), found.Area);
                (int x, int y, int width, int height) = found.Box;
                int[] set = [.. Enumerable.Range(0, mask.Length).Where(i => mask[i] != 0)];
                Assert.Equal((x, x + width - 1), (set.Min(i => i % 96), set.Max(i => i % 96)));
                Assert.Equal((y, y + height - 1), (set.Min(i => i / 96), set.Max(i => i / 96)));
                foreach (int i in set)
                {
                    Assert.Equal(0, seen[i]);
                    seen[i] = 1;
                }
            }
        }
    }

    [Fact]
    public void Objects_that_are_mostly_hidden_are_drawn_but_not_annotated()
    {
        var crowded = new SceneOptions
        {
            Width = 96,
            Height = 72,
            MinObjects = 8,
            MaxObjects = 8,
            MinSize = 0.4,
        };
        int dropped = 0;
        for (int index = 0; index < 60; index++)
        {
            Scene all = SceneGenerator.Draw(3, index, crowded with { MinVisible = 0 });
            Scene most = SceneGenerator.Draw(3, index, crowded with { MinVisible = 0.5 });
            Assert.Equal(all.Image.Pixels, most.Image.Pixels);
            Assert.Equal(Described(all).Where(o => o.VisibleShare >= 0.5), Described(most));
            dropped += all.Objects.Count - most.Objects.Count;
        }

        Assert.True(dropped > 20, $"{dropped} objects dropped");
    }

    [Fact]
    public void Scenes_have_two_to_six_objects_of_all_classes_in_the_sizes_asked_for()
    {
        Scene[] scenes = [.. Enumerable.Range(0, 150).Select(i => SceneGenerator.Draw(4, i, s_small with { MinVisible = 0 }))];
        Assert.Equal([2, 3, 4, 5, 6], scenes.Select(scene => scene.Objects.Count).Where(count => count >= 2).Distinct().Order());
        SceneObject[] whole = [.. scenes.SelectMany(scene => scene.Objects).Where(found => found.VisibleShare == 1)];
        Assert.Equal(Enum.GetValues<SceneClass>(), whole.Select(found => found.Class).Distinct().Order());
        Assert.All(whole, found => Assert.InRange(Math.Max(found.Box.Width, found.Box.Height), 0.7 * 0.15 * 72, 0.6 * 72 + 2));
        Assert.Contains(whole, found => found.Box.Width < 0.2 * 72);
        Assert.Contains(whole, found => found.Box.Width > 0.45 * 72);
    }

    [Fact]
    public void Scenes_are_neither_flat_nor_blown_out()
    {
        for (int index = 0; index < 40; index++)
        {
            byte[] pixels = SceneGenerator.Draw(7, index, s_small).Image.Pixels;
            double mean = pixels.Average(value => value);
            Assert.InRange(mean, 25, 230);
            Assert.True(Math.Sqrt(pixels.Average(value => (value - mean) * (value - mean))) > 10, $"scene {index} is flat");
            Assert.True(pixels.Count(value => value is 0 or 255) < 0.2 * pixels.Length, $"scene {index} is clipped");
        }
    }

    [Theory]
    [InlineData(16, 72, 2, 6, 0.15, 0.6, 0.25, "16 x 72 pixels")]
    [InlineData(96, 72, 4, 3, 0.15, 0.6, 0.25, "4 to 3 objects")]
    [InlineData(96, 72, 2, 256, 0.15, 0.6, 0.25, "2 to 256 objects")]
    [InlineData(96, 72, 2, 6, 0.15, 1.5, 0.25, "0.15 to 1.5 of the shorter side")]
    [InlineData(96, 72, 2, 6, 0.15, 0.6, double.NaN, "visible share of NaN")]
    public void An_option_out_of_range_is_one_sentence(
        int width,
        int height,
        int fewest,
        int most,
        double smallest,
        double largest,
        double visible,
        string value
    )
    {
        var options = new SceneOptions
        {
            Width = width,
            Height = height,
            MinObjects = fewest,
            MaxObjects = most,
            MinSize = smallest,
            MaxSize = largest,
            MinVisible = visible,
        };
        Assert.Contains(value, Assert.Throws<SocoRequestException>(() => SceneGenerator.Draw(1, 0, options)).Message);
    }

    private static IEnumerable<(SceneClass Class, string Mask, double VisibleShare)> Described(Scene scene) =>
        scene.Objects.Select(found => (found.Class, found.Mask.ToText(), found.VisibleShare));
}

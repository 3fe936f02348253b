using Soco.Pretraining.Views;
using Soco.Recipes;
using Soco.Vision;
using Soco.Vision.Imaging;
using static Soco.Tests.Pretraining.Views.ViewSamples;

namespace Soco.Tests.Pretraining.Views;

/// <summary>Over many draws everything random happens as often as the recipe says, on each view by itself.</summary>
public sealed class ViewStatisticsTests
{
    private const int Draws = 600;

    private static readonly PretrainingRecipe s_plain = Plain with
    {
        Views = new() { Size = 16, View3Size = 16 },
    };

    [Fact]
    public void Every_view_is_flipped_half_of_the_time_and_by_itself()
    {
        RgbImage image = Painted(160, 120, (x, _) => ((byte)(x * 255 / 160), 0, 0));
        bool[][] flipped =
        [
            .. Make(s_plain, image).Select(sample => sample.Views.Select(view => view.Image[0, 0].R > view.Image[15, 0].R).ToArray()),
        ];

        for (int view = 0; view < 3; view++)
        {
            AssertBinomial(0.5, Draws, flipped.Count(f => f[view]), $"flips of view {view}");
            AssertBinomial(0.5, Draws, flipped.Count(f => f[view] != f[(view + 1) % 3]), $"differences from view {view}");
        }
    }

    [Fact]
    public void A_fifth_of_the_views_are_grey_with_all_other_colors_on()
    {
        RgbImage image = Painted(160, 120, (_, _) => (200, 40, 90));
        Sample[] samples = Make(s_plain with { Color = new() }, image);
        for (int view = 0; view < 3; view++)
        {
            AssertBinomial(
                0.2,
                Draws,
                samples.Count(s => s.Views[view].Image[3, 3] is var (r, g, b) && r == g && g == b),
                $"grey of view {view}"
            );
        }
    }

    [Fact]
    public void Four_fifths_of_the_views_are_jittered_in_color() =>
        AssertChanged(NoColors with { JitterProbability = new ColorRecipe().JitterProbability }, Noise(160, 120), 0.8, 0.8);

    [Fact]
    public void The_first_view_is_always_blurred_and_a_tenth_of_the_others() =>
        AssertChanged(
            NoColors with
            {
                BlurProbability = new ColorRecipe().BlurProbability,
                BlurSigma = new(1, 2),
            },
            Noise(160, 120),
            1,
            0.1
        );

    [Fact]
    public void The_first_view_is_never_solarised_and_a_fifth_of_the_others() =>
        AssertChanged(NoColors with { SolarizeProbability = new ColorRecipe().SolarizeProbability }, Noise(160, 120), 0, 0.2);

    [Fact]
    public void Half_of_the_boxes_of_the_first_view_are_jittered_each_by_itself()
    {
        RgbImage image = Noise(160, 120);
        ViewBox[][] plain = [.. Make(s_plain, image).Select(sample => sample.Pairs[0].First)];
        ViewBox[][] jittered = [.. Make(s_plain with { Boxes = new() }, image).Select(sample => sample.Pairs[0].First)];

        AssertBinomial(
            0.5,
            4 * Draws,
            plain.Zip(jittered).Sum(p => p.First.Zip(p.Second).Count(b => b.First != b.Second)),
            "jittered boxes"
        );
        AssertBinomial(
            0.5,
            Draws,
            plain.Zip(jittered).Count(p => p.First[0] != p.Second[0] != (p.First[1] != p.Second[1])),
            "one of two boxes"
        );
    }

    [Fact]
    public void Half_of_the_boxes_of_the_later_views_are_cut_out()
    {
        Sample[] samples = Make(s_plain with { Cutout = new() { Enabled = true } }, Noise(160, 120));

        Assert.All(samples, sample => Assert.Empty(sample.Views[0].Cutouts));
        AssertBinomial(0.5, 4 * Draws, samples.Sum(sample => sample.Views[1].Cutouts.Count), "cutouts of the second view");
        AssertBinomial(0.5, 4 * Draws, samples.Sum(sample => sample.Views[2].Cutouts.Count), "cutouts of the third view");
    }

    [Fact]
    public void Without_scale_aware_levels_a_box_is_cut_out_no_more_often()
    {
        Sample[] samples = Make(
            s_plain with
            {
                Boxes = new() { ScaleAware = false },
                Cutout = new() { Enabled = true },
            },
            Noise(160, 120)
        );

        AssertBinomial(0.5, 4 * Draws, samples.Sum(sample => sample.Views[1].Cutouts.Count), "cutouts of the second view");
    }

    [Fact]
    public void A_cutout_is_a_square_in_the_view_with_its_share_of_the_box_and_its_center_in_it()
    {
        var sampler = new ViewSampler(
            Plain with
            {
                Cutout = new() { Enabled = true, Probability = 1 },
            }
        );
        int whole = 0;
        for (int index = 0; index < 200; index++)
        {
            Sample sample = sampler.Make(Noise(160, 120), Boxes, 0, index);
            foreach (SamplePair pair in sample.Pairs)
            {
                View view = sample.Views[pair.View];
                int side = view.Image.Width;
                Assert.Equal(4, view.Cutouts.Count);
                foreach ((ViewBox box, BoxXyxy square) in pair.Other.Zip(view.Cutouts))
                {
                    Assert.True(
                        square.X1 >= 0
                            && square.Y1 >= 0
                            && square.X2 < side
                            && square.Y2 < side
                            && square.Width >= -0.5
                            && square.Height >= -0.5,
                        $"{square}"
                    );
                    (int x1, int y1, int x2, int y2) = (
                        (int)(box.Corners.X1 * side),
                        (int)(box.Corners.Y1 * side),
                        (int)(box.Corners.X2 * side),
                        (int)(box.Corners.Y2 * side)
                    );
                    double area = (x2 - x1 + 1) * (y2 - y1 + 1),
                        length = Math.Max(square.Width, square.Height) + 1;
                    Assert.InRange(length, 0, Math.Sqrt(0.3 * area) + 0.5);
                    if (square is { X1: > 0, Y1: > 0 } && square.X2 < side - 1 && square.Y2 < side - 1)
                    {
                        whole++;
                        Assert.Equal(square.Width, square.Height);
                        Assert.InRange(length, Math.Sqrt(0.1 * area) - 0.5, Math.Sqrt(0.3 * area) + 0.5);
                        Assert.InRange((square.X1 + square.X2) / 2, x1 - 0.5, x2 + 0.5);
                        Assert.InRange((square.Y1 + square.Y2) / 2, y1 - 0.5, y2 + 0.5);
                    }
                }
            }
        }

        Assert.True(whole > 500, $"Only {whole} squares lie inside their view.");
    }

    private static void AssertChanged(ColorRecipe color, RgbImage image, double first, double others)
    {
        Sample[] samples = Make(s_plain with { Color = color }, image, withGeometry: true);
        for (int view = 0; view < 3; view++)
        {
            int changed = samples.Count(sample =>
                !sample.Views[view].Image.Pixels.AsSpan().SequenceEqual(sample.Views[view].Geometry!.Pixels)
            );
            AssertBinomial(view == 0 ? first : others, Draws, changed, $"changes of view {view}");
        }
    }

    private static Sample[] Make(PretrainingRecipe recipe, RgbImage image, bool withGeometry = false)
    {
        var sampler = new ViewSampler(recipe);
        return [.. Enumerable.Range(0, Draws).Select(index => sampler.Make(image, Boxes, 0, index, withGeometry))];
    }
}

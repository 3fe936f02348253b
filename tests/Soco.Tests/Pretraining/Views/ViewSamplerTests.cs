using CsCheck;
using Soco.Pretraining.Model;
using Soco.Pretraining.Views;
using Soco.Recipes;
using Soco.Vision;
using Soco.Vision.Imaging;
using Soco.Vision.Imaging.Color;
using static Soco.Tests.Pretraining.Views.ViewSamples;

namespace Soco.Tests.Pretraining.Views;

public sealed class ViewSamplerTests
{
    private static readonly RgbImage s_image = Noise(160, 120);
    private static readonly PretrainingRecipe s_withCutout = Small with { Cutout = new() { Enabled = true } };

    [Fact]
    public void A_sample_is_a_function_of_its_key_to_the_byte()
    {
        string first = Fingerprint(new ViewSampler(s_withCutout).Make(s_image, Boxes, 3, 7));

        Assert.Equal(first, Fingerprint(new ViewSampler(s_withCutout).Make(s_image, Boxes, 3, 7)));
        Assert.NotEqual(first, Fingerprint(new ViewSampler(s_withCutout).Make(s_image, Boxes, 4, 7)));
        Assert.NotEqual(first, Fingerprint(new ViewSampler(s_withCutout).Make(s_image, Boxes, 3, 8)));
        Assert.NotEqual(first, Fingerprint(new ViewSampler(s_withCutout with { Seed = 1 }).Make(s_image, Boxes, 3, 7)));
    }

    [Fact]
    public void Making_samples_leaves_the_image_as_it_was()
    {
        byte[] before = [.. s_image.Pixels];
        new ViewSampler(s_withCutout).Make(s_image, Boxes, 0, 0);

        Assert.Equal(before, s_image.Pixels);
    }

    [Fact]
    public void One_sampler_gives_many_threads_the_samples_it_gives_one()
    {
        var sampler = new ViewSampler(s_withCutout);
        string[] alone = [.. Enumerable.Range(0, 64).Select(index => Fingerprint(sampler.Make(s_image, Boxes, 0, index)))];
        var together = new string[alone.Length];
        Parallel.For(
            0,
            alone.Length,
            new ParallelOptions { MaxDegreeOfParallelism = 8 },
            index => together[index] = Fingerprint(sampler.Make(s_image, Boxes, 0, index))
        );

        Assert.Equal(alone, together);
    }

    [Theory]
    [InlineData(PretrainingMethod.Soco, new[] { 1, 2, 3 }, new[] { 64, 64, 32 })]
    [InlineData(PretrainingMethod.SocoStar, new[] { 1, 2, 3, 4 }, new[] { 64, 64, 32, 48 })]
    [InlineData(PretrainingMethod.SocoC4, new[] { 1, 2 }, new[] { 64, 64 })]
    [InlineData(PretrainingMethod.Byol, new[] { 1, 2 }, new[] { 64, 64 })]
    public void A_method_has_its_views_and_each_but_the_first_is_paired_with_the_first(PretrainingMethod method, int[] numbers, int[] sides)
    {
        var sampler = new ViewSampler(Small with { Method = method });
        Sample sample = sampler.Make(s_image, Boxes, 0, 0);

        Assert.Equal(numbers, sample.Views.Select(view => view.Number));
        Assert.Equal(sides, sample.Views.Select(view => view.Image.Width));
        Assert.Equal(sides, sample.Views.Select(view => view.Image.Height));
        Assert.Equal(sides, sampler.Sides);
        Assert.Equal(Enumerable.Range(1, numbers.Length - 1), sample.Pairs.Select(pair => pair.View));
    }

    [Fact]
    public void Without_the_third_view_soco_has_two_and_soco_star_three()
    {
        ViewRecipe views = Small.Views with { UseView3 = false };

        Assert.Equal([1, 2], Numbers(PretrainingMethod.Soco));
        Assert.Equal([1, 2, 4], Numbers(PretrainingMethod.SocoStar));

        IEnumerable<int> Numbers(PretrainingMethod method) =>
            new ViewSampler(Small with { Method = method, Views = views }).Make(s_image, Boxes, 0, 0).Views.Select(view => view.Number);
    }

    [Fact]
    public void There_are_always_k_boxes_inside_the_views_and_ids_agree_across_a_pair() =>
        Gen.Select(BoxLists(most: 12), Gen.Int[1, 16], Gen.Enum<PretrainingMethod>(), Gen.Bool, Gen.Int[0, 1000])
            .Sample(
                (proposals, perImage, method, resize, index) =>
                {
                    var sampler = new ViewSampler(
                        Small with
                        {
                            Method = method,
                            Boxes = new() { PerImage = perImage },
                            Views = new()
                            {
                                Size = 16,
                                View3Size = 16,
                                View4Size = 16,
                                View3 = resize ? View3Source.Resize : View3Source.Crop,
                            },
                        }
                    );
                    Sample sample = sampler.Make(s_image, proposals, 0, index);

                    foreach (SamplePair pair in sample.Pairs)
                    {
                        Assert.Equal(method == PretrainingMethod.Byol ? 1 : perImage, pair.First.Length);
                        Assert.Equal(sampler.BoxesPerPair, pair.First.Length);
                        Assert.Equal(pair.First.Select(box => box.Id), pair.Other.Select(box => box.Id));
                        Assert.All(
                            pair.First.Concat(pair.Other),
                            box =>
                            {
                                Assert.True(box.Corners is { X1: >= 0, Y1: >= 0, X2: <= 1, Y2: <= 1, Width: > 0, Height: > 0 }, $"{box}");
                                Assert.InRange(box.Level, 0, PyramidLevels.Count - 1);
                            }
                        );
                    }
                },
                iter: 300
            );

    [Fact]
    public void Chosen_boxes_are_different_ones_while_there_are_enough_and_repeated_when_there_are_not()
    {
        var sampler = new ViewSampler(Plain);
        BoxXywh[] five = [.. Boxes, new(50, 40, 60, 40)];
        for (int index = 0; index < 50; index++)
        {
            // Every one of these boxes reaches past the center of the image, so every crop of half its area shows most of them.
            SamplePair all = sampler.Make(s_image, five, 0, index).Pairs[0];
            Assert.True(all.First.Select(box => box.Id).Distinct().Count() >= 2);

            SamplePair one = sampler.Make(s_image, [new(60, 40, 40, 40)], 0, index).Pairs[0];
            Assert.Equal([1, 1, 1, 1], one.First.Select(box => box.Id));
            Assert.Single(one.Other.Select(box => box.Corners).Distinct());
        }

        Assert.Equal(
            5,
            Enumerable
                .Range(0, 50)
                .SelectMany(i => sampler.Make(s_image, five, 0, i).Pairs[0].First)
                .Select(box => box.Id)
                .Distinct()
                .Count()
        );
    }

    [Fact]
    public void An_image_without_proposals_is_one_box_and_clipped_to_each_view()
    {
        Sample sample = new ViewSampler(Plain).Make(s_image, [], 0, 0);

        Assert.All(sample.Pairs.SelectMany(pair => pair.First), box => AssertWhole(box, 1.0 / 120));
        Assert.All(sample.Pairs.SelectMany(pair => pair.Other), box => AssertWhole(box, 1.0 / 60));
        Assert.All(sample.Pairs.SelectMany(pair => pair.First), box => Assert.Equal(3, box.Level));
    }

    [Fact]
    public void The_one_box_of_byol_is_the_whole_view_whatever_the_proposals()
    {
        for (int index = 0; index < 20; index++)
        {
            SamplePair pair = Assert.Single(
                new ViewSampler(Small with { Method = PretrainingMethod.Byol }).Make(s_image, Boxes, 0, index).Pairs
            );

            AssertWhole(Assert.Single(pair.First), 1.0 / 120);
            AssertWhole(Assert.Single(pair.Other), 1.0 / 60);
        }
    }

    [Fact]
    public void A_resized_third_view_shares_the_boxes_of_the_second_and_its_pixels_before_flip_and_colors()
    {
        var sampler = new ViewSampler(Small with { Boxes = new() { JitterProbability = 1 } });
        for (int index = 0; index < 20; index++)
        {
            Sample sample = sampler.Make(s_image, Boxes, 0, index, withGeometry: true);

            Assert.Same(sample.Pairs[0].First, sample.Pairs[1].First);
            RgbImage smaller = Resampling.ResizeBilinear(sample.Views[1].Geometry!, 32, 32);
            RgbImage third = sample.Views[2].Geometry!;
            RgbImage mirrored = new(32, 32, [.. third.Pixels]);
            ColorTransforms.FlipHorizontal(mirrored);
            bool same = LargestDifference(smaller, third) <= 1;
            Assert.True(same || LargestDifference(smaller, mirrored) <= 1);
            Assert.All(
                sample.Pairs[0].Other.Zip(sample.Pairs[1].Other),
                boxes => Assert.Equal(boxes.First.Corners.X1, same ? boxes.Second.Corners.X1 : 1 - boxes.Second.Corners.X2, 1e-12)
            );
        }
    }

    [Fact]
    public void A_cropped_third_view_has_a_crop_and_boxes_of_its_own()
    {
        var sampler = new ViewSampler(Plain with { Views = Small.Views with { View3 = View3Source.Crop } });
        Sample[] samples = [.. Enumerable.Range(0, 20).Select(index => sampler.Make(s_image, Boxes, 0, index))];

        Assert.All(samples, sample => Assert.NotSame(sample.Pairs[0].First, sample.Pairs[1].First));
        Assert.Contains(
            samples,
            sample => !sample.Pairs[0].First.Select(box => box.Id).SequenceEqual(sample.Pairs[1].First.Select(box => box.Id))
        );
        Assert.All(samples, sample => Assert.NotEqual(Rows(sample.Pairs[0]), Rows(sample.Pairs[1])));

        // Up and down, which no flip changes.
        static IEnumerable<(double, double)> Rows(SamplePair pair) =>
            [.. pair.Other.OrderBy(box => box.Id).Select(box => (box.Corners.Y1, box.Corners.Y2))];
    }

    [Fact]
    public void One_object_lies_on_lower_levels_in_smaller_views()
    {
        // 100 of 224 pixels is P4, 50 pixels of the third view are P3, whatever the side of the views.
        foreach (int side in new[] { 112, 224 })
        {
            var sampler = new ViewSampler(
                Plain with
                {
                    Views = new()
                    {
                        Size = side,
                        View3Size = side / 2,
                        CropMinArea = 1,
                        CropAspect = new(1, 1),
                    },
                }
            );
            Sample sample = sampler.Make(Noise(224, 224), [new(20, 30, 101, 101)], 0, 0);

            Assert.All(sample.Pairs[0].First, box => Assert.Equal(2, box.Level));
            Assert.All(sample.Pairs[0].Other, box => Assert.Equal(2, box.Level));
            Assert.All(sample.Pairs[1].Other, box => Assert.Equal(1, box.Level));
        }
    }

    [Theory]
    [InlineData(96)]
    [InlineData(112)]
    [InlineData(160)]
    [InlineData(192)]
    public void The_third_view_may_have_any_side(int side)
    {
        var sampler = new ViewSampler(Plain with { Views = new() { View3Size = side } });

        Assert.Equal(side, sampler.Make(s_image, Boxes, 0, 0).Views[2].Image.Width);
    }

    [Fact]
    public void Without_scale_aware_levels_a_box_stands_on_each_level_as_an_object_of_its_own()
    {
        var sampler = new ViewSampler(
            Plain with
            {
                Boxes = new()
                {
                    ScaleAware = false,
                    JitterProbability = 0,
                    PerImage = 3,
                },
            }
        );
        SamplePair pair = sampler.Make(s_image, Boxes, 0, 0).Pairs[0];

        Assert.Equal(12, sampler.BoxesPerPair);
        Assert.Equal(Enumerable.Repeat(new[] { 0, 1, 2, 3 }, 3).SelectMany(l => l), pair.First.Select(box => box.Level));
        Assert.Equal(pair.First.Select(box => box.Level), pair.Other.Select(box => box.Level));
        Assert.Equal(pair.First.Select(box => box.Id), pair.Other.Select(box => box.Id));
        Assert.Equal(12, pair.First.Select(box => box.Id).Distinct().Count());
        Assert.Equal(3, pair.First.Select(box => box.Corners).Distinct().Count());
    }

    [Fact]
    public void Jitter_moves_and_scales_boxes_of_the_first_view_alone_by_up_to_the_ratio()
    {
        var jittered = new ViewSampler(Plain with { Boxes = new() { JitterProbability = 1 } });
        var plain = new ViewSampler(Plain);
        double largest = 0;
        for (int index = 0; index < 200; index++)
        {
            SamplePair moved = jittered.Make(s_image, Boxes, 0, index).Pairs[0],
                still = plain.Make(s_image, Boxes, 0, index).Pairs[0];

            Assert.Equal(still.Other, moved.Other);
            foreach ((ViewBox a, ViewBox b) in moved.First.Zip(still.First))
            {
                double width = b.Corners.Width + 1.0 / 160,
                    height = b.Corners.Height + 1.0 / 120;
                double dx1 = Math.Abs(a.Corners.X1 - b.Corners.X1) / width,
                    dx2 = Math.Abs(a.Corners.X2 - b.Corners.X2) / width;
                Assert.InRange(Math.Max(dx1, dx2), 0, 0.2 + 1e-9);
                Assert.InRange(Math.Min(dx1, dx2), 0, 0.1 + 1e-9);
                Assert.InRange(Math.Abs(a.Corners.Y1 - b.Corners.Y1) / height, 0, 0.1 + 1e-9);
                Assert.InRange(Math.Abs(a.Corners.Y2 - b.Corners.Y2) / height, 0, 0.2 + 1e-9);
                largest = Math.Max(largest, Math.Abs(a.Corners.Y2 - b.Corners.Y2) / height);
            }
        }

        Assert.True(largest > 0.15, $"The largest move is {largest}.");
    }

    [Fact]
    public void Images_of_any_shape_give_samples()
    {
        var sampler = new ViewSampler(Small);
        foreach ((int width, int height) in new[] { (1, 1), (1, 50), (50, 1), (2, 2), (1000, 3), (3, 1000) })
        {
            Sample sample = sampler.Make(Noise(width, height), [], 0, 0);

            Assert.All(sample.Pairs, pair => Assert.Equal(4, pair.First.Length));
            Assert.All(
                sample.Pairs.SelectMany(pair => pair.First.Concat(pair.Other)),
                box =>
                    Assert.True(
                        box.Corners is { X1: >= 0, Y1: >= 0, X2: <= 1, Y2: <= 1, Width: >= 0, Height: >= 0 } && box.Level != BoxSet.NoLevel,
                        $"{box}"
                    )
            );
        }
    }

    private static void AssertWhole(ViewBox box, double lastPixel)
    {
        Assert.InRange(box.Corners.Width, 1 - lastPixel, 1);
        Assert.InRange(box.Corners.Height, 1 - lastPixel, 1);
    }

    private static int LargestDifference(RgbImage a, RgbImage b) => a.Pixels.Zip(b.Pixels).Max(p => Math.Abs(p.First - p.Second));
}

using System.Collections.Concurrent;
using Soco.Data;
using Soco.Pretraining.Data;
using Soco.Pretraining.Model;
using Soco.Pretraining.Views;
using Soco.Recipes;
using Soco.Tensors;
using Soco.Tests.Data;
using Soco.Tests.Pretraining.Views;
using Soco.Vision;
using Soco.Vision.Imaging;
using static TorchSharp.torch;

namespace Soco.Tests.Pretraining.Data;

[Collection(Alone.Name)]
public sealed class SampleLoaderTests
{
    private static readonly PretrainingRecipe s_recipe = new()
    {
        Batch = 3,
        Views = new()
        {
            Size = 32,
            View3Size = 16,
            View4Size = 24,
        },
        Cutout = new() { Enabled = true },
    };

    private readonly ToyImages _images = ToyImages.Scenes(7);

    [Fact]
    public void An_epoch_is_whole_batches_only() => Assert.Equal(2, Loader(s_recipe, _images).StepsPerEpoch);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    public void Batches_are_the_same_whatever_the_thread_count_and_the_step_begun_with(int threads)
    {
        Contents[] all = Read(Loader(s_recipe, _images, threads: 1), 0, 7);
        Assert.Equal(7, all.Length);
        Assert.Equal(7, all.Select(batch => batch.Text).Distinct().Count());

        Assert.Equal(all, Read(Loader(s_recipe, _images, threads), 0, 7));
        Assert.Equal(all[3..], Read(Loader(s_recipe, _images, threads), 3, 7));
        Assert.Equal(all[4..6], Read(Loader(s_recipe, _images, threads), 4, 6));
    }

    [Theory]
    [InlineData(PretrainingMethod.Soco)]
    [InlineData(PretrainingMethod.SocoStar)]
    [InlineData(PretrainingMethod.Byol)]
    public void The_passes_of_a_step_hold_what_its_one_batch_would(PretrainingMethod method)
    {
        PretrainingRecipe recipe = s_recipe with { Method = method };
        PretrainingRecipe passes = recipe with { MicroBatch = 2 };
        using var whole = new Batches(Loader(recipe, _images).Batches(1, 3));
        using var parts = new Batches(Loader(passes, _images).Batches(1, 3));

        Assert.Equal([3, 3], whole.Select(batch => batch.Images));
        Assert.Equal([2, 1, 2, 1], parts.Select(batch => batch.Images));
        for (int view = 0; view < whole[0].Views.Count; view++)
        {
            using Tensor joined = cat([.. parts.Select(batch => batch.Views[view])]),
                expected = cat([.. whole.Select(batch => batch.Views[view])]);
            Assert.True(joined.bytes.SequenceEqual(expected.bytes));
        }

        for (int pair = 0; pair < whole[0].Pairs.Count; pair++)
        {
            Assert.Equal(whole.SelectMany(b => b.Pairs[pair].First.Corners), parts.SelectMany(b => b.Pairs[pair].First.Corners));
            Assert.Equal(whole.SelectMany(b => b.Pairs[pair].Other.Ids), parts.SelectMany(b => b.Pairs[pair].Other.Ids));
            Assert.Equal(whole.SelectMany(b => b.Pairs[pair].Other.Levels), parts.SelectMany(b => b.Pairs[pair].Other.Levels));
        }
    }

    [Fact]
    public void Every_image_of_an_epoch_is_read_once_but_those_of_the_last_part_of_a_batch()
    {
        Read(Loader(s_recipe, _images), 0, 2);

        Assert.Equal(6, _images.Reads.Sum());
        Assert.True(_images.Reads.Max() == 1);
    }

    [Fact]
    public void Only_the_images_that_take_part_are_read()
    {
        var loader = new SampleLoader(s_recipe, _images.All with { Indices = [1, 4, 6] }, 2, _ => { });
        Read(loader, 0, 3);

        Assert.Equal([0, 3, 0, 0, 3, 0, 3], _images.Reads);
    }

    [Fact]
    public void The_third_view_shares_the_boxes_of_the_first_and_the_fourth_has_its_own()
    {
        using var batches = new Batches(Loader(s_recipe with { Method = PretrainingMethod.SocoStar }, _images).Batches(0, 1));
        IReadOnlyList<ViewPair> pairs = batches[0].Pairs;

        Assert.Equal([1, 2, 3], pairs.Select(pair => pair.View));
        Assert.Same(pairs[0].First, pairs[1].First);
        Assert.NotSame(pairs[0].First, pairs[2].First);
    }

    [Fact]
    public void Pixels_are_normalized_by_the_mean_and_deviation_of_imagenet_and_cutouts_are_zero()
    {
        PretrainingRecipe recipe = s_recipe with
        {
            Batch = 1,
            Color = ViewSamples.NoColors,
            Cutout = new() { Enabled = true, Probability = 1 },
        };
        var sample = new ViewSampler(recipe).Make(ViewSamples.Noise(50, 40), [new(5, 5, 40, 30)], 0, 0);
        using var builder = new BatchBuilder(1, [32, 32, 16]);
        builder.Add(0, sample);
        using SocoBatch batch = builder.Build();

        double[] mean = [0.485, 0.456, 0.406],
            deviation = [0.229, 0.224, 0.225];
        for (int view = 0; view < 3; view++)
        {
            RgbImage image = sample.Views[view].Image;
            float[] values = [.. batch.Views[view].data<float>()];
            int zeros = 0;
            for (int i = 0; i < values.Length; i++)
            {
                int channel = i / (image.Width * image.Width),
                    y = i / image.Width % image.Width,
                    x = i % image.Width;
                bool cut = sample.Views[view].Cutouts.Any(square => x >= square.X1 && x <= square.X2 && y >= square.Y1 && y <= square.Y2);
                double expected = cut
                    ? 0
                    : (image.Pixels[3 * (y * image.Width + x) + channel] / 255.0 - mean[channel]) / deviation[channel];
                Assert.Equal(expected, values[i], 1e-6);
                zeros += cut ? 1 : 0;
            }

            Assert.Equal(view > 0, zeros > 0);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void An_unreadable_image_is_told_once_and_the_next_of_its_epoch_stands_in(int threads)
    {
        ToyImages broken = ToyImages.Scenes(7, 1, unreadable: [2, 5]);
        var told = new ConcurrentBag<string>();
        var loader = new SampleLoader(s_recipe, broken.All, threads, exception => told.Add(exception.Name));
        Contents[] batches = Read(loader, 0, 6);

        Assert.Equal(["scene-002.bmp", "scene-005.bmp"], told.Order());
        Assert.Equal(Read(Loader(s_recipe, broken, threads: 1), 0, 6), batches);
        Assert.Equal(batches[3..], Read(Loader(s_recipe, broken), 3, 6));

        // With three of an epoch's seven images at hand the step is as always; one that follows a broken image is there twice.
        int[] order = EpochOrder.Of(s_recipe.Seed, 0, 7);
        int at = Array.IndexOf(order, 2);
        Assert.True(broken.Reads[2] > 0 && broken.Reads[5] > 0);
        Assert.True(broken.Reads[order[(at + 1) % 7]] > 0);
    }

    [Fact]
    public void When_no_image_can_be_read_the_run_fails_with_a_sentence()
    {
        ToyImages broken = ToyImages.Scenes(3, 1, 0, 1, 2);
        var told = new ConcurrentBag<string>();

        var error = Assert.Throws<SocoRunException>(() => Read(new SampleLoader(s_recipe, broken.All, 2, e => told.Add(e.Name)), 0, 5));

        Assert.Equal("None of the 3 images can be read; see skipped.csv for the reasons.", error.Message);
        Assert.Equal(3, told.Count);
    }

    [Fact]
    public void What_goes_wrong_while_a_sample_is_made_reaches_who_reads_the_batches()
    {
        var typed = new SampleLoader(
            s_recipe,
            _images.All with
            {
                BoxesOf = _ => throw new SocoDataException("The store is damaged."),
            },
            4,
            _ => { }
        );
        Assert.Equal("The store is damaged.", Assert.Throws<SocoDataException>(() => Read(typed, 0, 5)).Message);

        var other = new SampleLoader(
            s_recipe,
            _images.All with
            {
                BoxesOf = _ => throw new InvalidOperationException("A mistake of ours."),
            },
            4,
            _ => { }
        );
        Assert.Contains("A mistake of ours.", Assert.ThrowsAny<Exception>(() => Read(other, 0, 5)).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_cancelled_enumeration_ends_soon_and_frees_what_was_made_ahead()
    {
        long before = LiveTensors.Count();
        using var cancellation = new CancellationTokenSource();
        int read = 0;
        Assert.ThrowsAny<OperationCanceledException>(() =>
        {
            foreach (SocoBatch batch in Loader(s_recipe, _images).Batches(0, 1_000_000, cancellation.Token))
            {
                batch.Dispose();
                if (++read == 3)
                {
                    cancellation.Cancel();
                }
            }
        });

        Assert.InRange(read, 3, 6);
        Assert.Equal(before, LiveTensors.Count());
    }

    [Fact]
    public void Whoever_stops_reading_or_fails_leaves_no_thread_and_no_tensor_behind()
    {
        long before = LiveTensors.Count();
        Assert.Throws<InvalidOperationException>(() =>
        {
            foreach (SocoBatch batch in Loader(s_recipe, _images).Batches(0, 1_000_000))
            {
                using (batch)
                {
                    throw new InvalidOperationException("The consumer fails.");
                }
            }
        });
        using (IEnumerator<SocoBatch> never = Loader(s_recipe, _images).Batches(0, 5).GetEnumerator()) { }

        Assert.Equal(before, LiveTensors.Count());
    }

    [Fact]
    public void A_whole_enumeration_makes_no_tensor_but_those_it_hands_out()
    {
        long before = LiveTensors.Count();
        foreach (SocoBatch batch in Loader(s_recipe, _images, threads: 4).Batches(0, 20))
        {
            batch.Dispose();
        }

        Assert.Equal(before, Tensor.TotalCount);
    }

    private static SampleLoader Loader(PretrainingRecipe recipe, ToyImages images, int threads = 2) =>
        new(recipe, images.All, threads, _ => { });

    private static Contents[] Read(SampleLoader loader, long first, long end)
    {
        using var batches = new Batches(loader.Batches(first, end));
        return [.. batches.Select(Contents.Of)];
    }

    /// <summary>Everything that a batch holds.</summary>
    private sealed record Contents(string Text)
    {
        public static Contents Of(SocoBatch batch) =>
            new(
                string.Join(
                    '\n',
                    batch
                        .Views.Select(view => Hash(view.bytes))
                        .Concat(
                            batch.Pairs.SelectMany(pair =>
                                new[] { pair.First, pair.Other }.Select(set =>
                                    $"{pair.View}: {string.Join(' ', set.Corners)}; {string.Join(' ', set.Ids)}; {string.Join(' ', set.Levels)}"
                                )
                            )
                        )
                )
            );

        private static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(bytes));
    }

    /// <summary>Batches that are kept until the end of a test.</summary>
    private sealed class Batches(IEnumerable<SocoBatch> batches) : List<SocoBatch>(batches), IDisposable
    {
        public void Dispose() => ForEach(batch => batch.Dispose());
    }
}

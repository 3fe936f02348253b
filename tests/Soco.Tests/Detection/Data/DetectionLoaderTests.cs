using System.Collections.Concurrent;
using System.Security.Cryptography;
using Soco.Detection.Data;
using Soco.Recipes;
using Soco.Tensors;
using Soco.Tests.Data;
using Soco.Vision;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Imaging;
using Soco.Vision.Inference;
using static TorchSharp.torch;

namespace Soco.Tests.Detection.Data;

[Collection(Alone.Name)]
public sealed class DetectionLoaderTests
{
    private static readonly DetectionRecipe s_recipe = new()
    {
        Batch = 3,
        Threads = 2,
        Input = new()
        {
            ShortSide = new(48, 80),
            ShortSideStep = 16,
            LongSide = 120,
        },
        Model = new() { Heads = DetectorHeads.BoxAndMask },
    };

    [Theory]
    [InlineData(640, 480, 800, 1333, 800, 1067)]
    [InlineData(480, 640, 800, 1333, 1067, 800)]
    [InlineData(1000, 200, 800, 1333, 267, 1333)]
    [InlineData(500, 375, 320, 533, 320, 427)]
    [InlineData(7, 3000, 800, 1333, 1333, 3)]
    public void Sizes_are_those_of_detectron2(int width, int height, int shortSide, int longSide, int expectedHeight, int expectedWidth) =>
        Assert.Equal(new ImageSize(expectedHeight, expectedWidth), ImageResize.SizeOf(width, height, shortSide, longSide));

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Batches_are_the_same_whatever_the_thread_count_and_the_step_begun_with(int threads)
    {
        using LabelledImages images = ToyLabels.Scenes(7);
        string[] all = Read(s_recipe with { Threads = 1 }, images, 0, 6);
        Assert.Equal(6, all.Distinct().Count());

        Assert.Equal(all, Read(s_recipe with { Threads = threads }, images, 0, 6));
        Assert.Equal(all[2..5], Read(s_recipe with { Threads = threads }, images, 2, 5));
    }

    [Fact]
    public void Boxes_and_masks_follow_the_pixels()
    {
        using LabelledImages images = ToyLabels.Boxes(
            (90, 60, [new(10, 20, 30, 20), new(60, 5, 20, 50)]),
            (90, 60, [new(0, 0, 40, 60)]),
            (60, 90, [new(30, 30, 30, 60)])
        );
        int flipped = 0;
        foreach (DetectionBatch batch in new DetectionLoader(s_recipe with { Batch = 1 }, images, _ => { }).Batches(0, 40))
        {
            using (batch)
            {
                ImageSize size = batch.Sizes[0];
                Assert.True(batch.Images.shape[2] % 32 == 0 && batch.Images.shape[3] % 32 == 0);
                Assert.True(batch.Images.shape[2] >= size.Height && batch.Images.shape[2] < size.Height + 32);
                DetectionTarget target = batch.Targets[0];
                float[] boxes = [.. target.Boxes.data<float>()];
                byte[] masks = [.. target.Masks!.data<byte>()];
                Assert.Equal([target.Count, size.Height, size.Width], target.Masks!.shape);
                for (int y = 0; y < batch.Images.shape[2]; y++)
                {
                    for (int x = 0; x < batch.Images.shape[3]; x++)
                    {
                        float red = batch.Images[0, 0, y, x].item<float>();
                        if (y >= size.Height || x >= size.Width)
                        {
                            Assert.Equal(0, red);
                            continue;
                        }

                        // A pixel of white is about 2.25, one of black about -2.1; between them the edge runs through the pixel.
                        bool white = red > 2.2f,
                            black = red < -2.1f;
                        bool inside = Inside(boxes, x + 0.5, y + 0.5);
                        Assert.True(inside ? !black : !white, $"pixel {x}, {y} of {size}");
                        bool masked = Enumerable.Range(0, target.Count).Any(i => masks[(i * size.Height + y) * size.Width + x] == 1);
                        Assert.True(masked ? !black : !white, $"mask at {x}, {y} of {size}");
                    }
                }

                // The first image has its larger box on the right.
                flipped += target.Count == 2 && boxes[4] < boxes[0] ? 1 : 0;
            }
        }

        Assert.InRange(flipped, 2, 12);

        static bool Inside(float[] boxes, double x, double y) =>
            Enumerable
                .Range(0, boxes.Length / 4)
                .Any(i => x >= boxes[4 * i] && x < boxes[4 * i + 2] && y >= boxes[4 * i + 1] && y < boxes[4 * i + 3]);
    }

    [Fact]
    public void Short_sides_are_drawn_from_the_range_by_its_step()
    {
        using LabelledImages images = ToyLabels.Scenes(4);
        using var batches = new Batches(new DetectionLoader(s_recipe, images, _ => { }).Batches(0, 20));

        Assert.Equal(
            [48, 64, 80],
            batches.SelectMany(batch => batch.Sizes).Select(size => Math.Min(size.Height, size.Width)).Distinct().Order()
        );
    }

    [Fact]
    public void The_passes_of_a_step_hold_what_its_one_batch_would()
    {
        using LabelledImages images = ToyLabels.Scenes(7);
        using var whole = new Batches(new DetectionLoader(s_recipe with { Batch = 4 }, images, _ => { }).Batches(1, 3));
        using var parts = new Batches(new DetectionLoader(s_recipe with { Batch = 4, MicroBatch = 2 }, images, _ => { }).Batches(1, 3));

        Assert.Equal((2, 4), (whole.Count, parts.Count));
        Assert.Equal(whole.SelectMany(batch => batch.Sizes), parts.SelectMany(batch => batch.Sizes));
        Assert.Equal(
            whole.SelectMany(batch => batch.Targets).SelectMany(target => target.Boxes.data<float>().ToArray()),
            parts.SelectMany(batch => batch.Targets).SelectMany(target => target.Boxes.data<float>().ToArray())
        );
    }

    [Fact]
    public void Crowds_are_no_targets_and_bad_boxes_are_counted()
    {
        byte[] file = ToyImages.Bitmap(new RgbImage(64, 48));
        using LabelledImages images = ToyLabels.Of(
            [file],
            [(64, 48)],
            [new CocoCategory(7, "a", "")],
            [
                new CocoAnnotation(1, 1, 7, new CocoBox(5, 5, 20, 20), 400),
                new CocoAnnotation(2, 1, 7, new CocoBox(30, 5, 20, 20), 400) { IsCrowd = true },
                new CocoAnnotation(3, 1, 7, new CocoBox(50, 40, 30, 30), 900),
                new CocoAnnotation(4, 1, 7, new CocoBox(70, 5, 20, 20), 400),
                new CocoAnnotation(5, 1, 7, new CocoBox(5, 5, 0, 20), 0),
            ]
        );

        Assert.Equal([new BoxXyxy(5, 5, 25, 25), new BoxXyxy(50, 40, 64, 48)], images.ObjectsOf(0).Select(item => item.Box));
        Assert.Equal((2, 1), (images.Mended.DroppedBoxes, images.Mended.ClippedBoxes));
        Assert.False(images.HasMasks);
        Assert.Equal(
            "Masks are to be learned, and no object has one: take annotations with masks, or --set model.heads=box.",
            Assert.Throws<SocoDataException>(() => new DetectionLoader(s_recipe, images, _ => { })).Message
        );
    }

    [Fact]
    public void Unreadable_images_and_those_of_another_size_are_told_once_and_others_stand_in()
    {
        using LabelledImages broken = ToyLabels.Scenes(6, 1, unreadable: [1, 4]);
        var told = new ConcurrentBag<string>();
        using var batches = new Batches(new DetectionLoader(s_recipe, broken, image => told.Add(image.Name)).Batches(0, 6));
        Assert.Equal(["scene-001.bmp", "scene-004.bmp"], told.Order());
        Assert.Equal(18, batches.Sum(batch => batch.Sizes.Count));

        byte[] file = ToyImages.Bitmap(new RgbImage(48, 64));
        using LabelledImages turned = ToyLabels.Of(
            [file],
            [(64, 48)],
            [new CocoCategory(1, "a", "")],
            [new CocoAnnotation(1, 1, 1, new CocoBox(5, 5, 20, 20), 400)]
        );
        var reasons = new ConcurrentBag<string>();
        var loader = new DetectionLoader(
            s_recipe with
            {
                Model = new() { Heads = DetectorHeads.Box },
            },
            turned,
            image => reasons.Add(image.Reason)
        );
        var error = Assert.Throws<SocoRunException>(() => loader.Batches(0, 1).ToArray());
        Assert.Equal("None of the 1 images can be read; see skipped.csv for the reasons.", error.Message);
        Assert.Equal("it is 48 x 64 pixels, and its annotations are for 64 x 48", reasons.Single());
    }

    [Fact]
    public void An_annotated_image_that_is_not_there_is_one_sentence_with_its_id()
    {
        var dataset = new CocoDataset([new CocoImage(12, "scene-000.bmp", 8, 8), new CocoImage(13, "lost.jpg", 8, 8)], [], []);

        var error = Assert.Throws<SocoDataException>(() =>
            new LabelledImages(
                new ToyImages(
                    [
                        [],
                        [],
                    ],
                    []
                ),
                dataset,
                "gt.json"
            )
        );

        Assert.Equal(
            "gt.json: image 13 is lost.jpg, which is not among the 2 images; name the folder that they are in with --images.",
            error.Message
        );
    }

    [Fact]
    public void The_fingerprint_tells_other_labels_of_the_same_images()
    {
        using LabelledImages one = ToyLabels.Boxes((64, 48, [new(1, 1, 20, 20)])),
            same = ToyLabels.Boxes((64, 48, [new(1, 1, 20, 20)])),
            other = ToyLabels.Boxes((64, 48, [new(1, 1, 20, 21)]));

        Assert.Equal(one.Fingerprint(), same.Fingerprint());
        Assert.NotEqual(one.Fingerprint(), other.Fingerprint());
    }

    [Fact]
    public void Classes_may_be_chosen_by_name()
    {
        using LabelledImages images = ToyLabels.Scenes(5);
        string[] names = [.. images.Classes.Select(category => category.Name)];
        CocoDataset chosen = ClassChoice.Only(images.Truth, [names[2], names[1]], "gt.json");

        Assert.Equal([names[1], names[2]], chosen.Categories.Select(category => category.Name));
        Assert.All(
            chosen.Annotations,
            annotation => Assert.Contains(annotation.CategoryId, chosen.Categories.Select(category => category.Id))
        );
        Assert.Equal(5, chosen.Images.Count);
        Assert.Equal(
            $"gt.json has no class \"{names[0]}x\"; the nearest is \"{names[0]}\".",
            Assert.Throws<SocoRequestException>(() => ClassChoice.Only(images.Truth, [names[0] + "x"], "gt.json")).Message
        );
        Assert.Empty(ClassChoice.Known(images.Truth, ["none"]).Categories);
    }

    [Fact]
    public void A_whole_enumeration_makes_no_tensor_but_those_it_hands_out()
    {
        using LabelledImages images = ToyLabels.Scenes(5);
        long before = LiveTensors.Count();
        foreach (DetectionBatch batch in new DetectionLoader(s_recipe, images, _ => { }).Batches(0, 10))
        {
            batch.Dispose();
        }

        Assert.Equal(before, Tensor.TotalCount);
    }

    private static string[] Read(DetectionRecipe recipe, LabelledImages images, long first, long end)
    {
        using var batches = new Batches(new DetectionLoader(recipe, images, _ => { }).Batches(first, end));
        return
        [
            .. batches.Select(batch =>
                string.Join(
                    '\n',
                    batch
                        .Targets.SelectMany(target => new[] { target.Boxes, target.Labels, target.Masks! })
                        .Prepend(batch.Images)
                        .Select(tensor => Convert.ToHexString(SHA256.HashData(tensor.bytes)))
                        .Concat(batch.Sizes.Select(size => $"{size}"))
                )
            ),
        ];
    }

    /// <summary>Batches that are kept until the end of a test.</summary>
    private sealed class Batches(IEnumerable<DetectionBatch> batches) : List<DetectionBatch>(batches), IDisposable
    {
        public void Dispose() => ForEach(batch => batch.Dispose());
    }
}

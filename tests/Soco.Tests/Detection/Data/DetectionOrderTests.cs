using Soco.Detection.Data;
using Soco.Recipes;
using Soco.Tests.Data;
using Soco.Vision;
using Soco.Vision.Annotations.Coco;

namespace Soco.Tests.Detection.Data;

public sealed class DetectionOrderTests
{
    private static readonly BoxXywh[] s_box = [new(2, 2, 10, 10)];

    [Fact]
    public void An_epoch_shows_every_image_once_and_epochs_differ()
    {
        var order = new DetectionOrder(Recipe(batch: 1), Images(7, 0));
        int[] places = [.. order.Batches().Take(14).Select(batch => batch.Single().Place)];

        Assert.Equal(Enumerable.Range(0, 7), places.Take(7).Order());
        Assert.Equal(Enumerable.Range(0, 7), places.Skip(7).Order());
        Assert.NotEqual(places.Take(7), places.Skip(7));
        Assert.Equal(Enumerable.Range(0, 14), order.Batches().Take(14).Select(batch => (int)batch.Single().Number));
        Assert.Equal((7, 7), (order.Images, order.BatchesPerEpoch));
    }

    [Fact]
    public void A_batch_holds_images_of_one_orientation_and_none_is_lost()
    {
        LabelledImages images = Images(7, 5);
        Turn[][] batches = [.. new DetectionOrder(Recipe(batch: 4), images).Batches().Take(60)];

        Assert.All(batches, batch => Assert.Equal(4, batch.Length));
        Assert.All(
            batches,
            batch => Assert.Single(batch.Select(turn => images.ImageAt(turn.Place).Width < images.ImageAt(turn.Place).Height).Distinct())
        );
        Assert.Equal(240, batches.SelectMany(batch => batch).Select(turn => turn.Number).Distinct().Count());
        int[] counts = [.. batches.SelectMany(batch => batch).CountBy(turn => turn.Place).Select(count => count.Value)];
        Assert.Equal(12, counts.Length);
        Assert.InRange(counts.Max() - counts.Min(), 0, 2);
    }

    [Fact]
    public void Without_grouping_batches_mix_orientations()
    {
        LabelledImages images = Images(6, 6);
        DetectionRecipe recipe = Recipe(batch: 4) with { Input = new() { GroupByAspect = false } };

        Assert.Contains(
            new DetectionOrder(recipe, images).Batches().Take(20),
            batch => batch.Select(turn => turn.Place < 6).Distinct().Count() == 2
        );
    }

    [Fact]
    public void Images_without_objects_take_part_only_where_asked()
    {
        LabelledImages images = ToyLabels.Boxes((64, 48, s_box), (64, 48, []), (64, 48, s_box));

        Assert.Equal([0, 2], new DetectionOrder(Recipe(1), images).Batches().Take(2).Select(batch => batch[0].Place).Order());
        Assert.Equal(3, new DetectionOrder(Recipe(1) with { Input = new() { KeepEmpty = true } }, images).Images);
        Assert.Equal(
            "None of the 1 images has an object to learn; give other annotations.",
            Assert.Throws<SocoDataException>(() => new DetectionOrder(Recipe(1), ToyLabels.Boxes((64, 48, [])))).Message
        );
    }

    [Fact]
    public void Images_of_rare_classes_come_more_often_by_the_square_root_of_their_rarity()
    {
        HashSet<int>[] classes =
        [
            [0],
            [0],
            [0],
            [0],
            [0],
            [0],
            [0],
            [0, 1],
        ];

        // Class 1 is on 1/8 of the images, a quarter of the threshold.
        Assert.Equal([1.0, 1, 1, 1, 1, 1, 1, 2], DetectionOrder.RepeatsOf(0.5, classes));
        Assert.Equal(Enumerable.Repeat(1.0, 8), DetectionOrder.RepeatsOf(0, classes));
    }

    [Fact]
    public void A_repeat_of_one_and_a_half_is_one_or_two_in_turn_of_chance()
    {
        CocoCategory[] categories = [new(1, "often", ""), new(2, "rare", "")];
        (int Width, int Height)[] sizes = [.. Enumerable.Repeat((64, 48), 9)];
        CocoAnnotation[] annotations =
        [
            .. Enumerable.Range(1, 9).Select(image => new CocoAnnotation(image, image, image == 9 ? 2 : 1, new CocoBox(1, 1, 20, 20), 400)),
        ];
        LabelledImages images = ToyLabels.Of([.. Enumerable.Repeat(Array.Empty<byte>(), 9)], sizes, categories, annotations);

        // The share of the rare class is 1/9; sqrt(0.25 * 9) = 1.5.
        var order = new DetectionOrder(Recipe(1) with { Input = new() { RepeatThreshold = 0.25 } }, images);
        int[] places = [.. order.Batches().Take(9500).Select(batch => batch[0].Place)];
        Assert.InRange(places.Count(place => place == 8) / 1000.0, 1.4, 1.6);
        Assert.InRange(places.Count(place => place == 3) / 1000.0, 0.98, 1.02);
        Assert.Equal(10, order.BatchesPerEpoch);
    }

    private static DetectionRecipe Recipe(int batch) => new() { Batch = batch, Seed = 3 };

    private static LabelledImages Images(int wide, int upright) =>
        ToyLabels.Boxes([.. Enumerable.Repeat((64, 48, s_box), wide), .. Enumerable.Repeat((48, 64, s_box), upright)]);
}

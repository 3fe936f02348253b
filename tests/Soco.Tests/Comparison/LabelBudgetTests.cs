using CsCheck;
using Soco.Comparison;
using Soco.Vision.Annotations.Coco;

namespace Soco.Tests.Comparison;

public sealed class LabelBudgetTests
{
    [Fact]
    public void A_smaller_budget_is_among_a_larger_one_of_the_same_seed() =>
        Gen.Select(Gen.Int[1, 40], Gen.Int[1, 40], Gen.Int[1, 40], Gen.Long[0, long.MaxValue])
            .Sample(
                (count, first, second, seed) =>
                {
                    CocoDataset all = SetOf(count);
                    (int small, int large) = (Math.Min(Math.Min(first, second), count), Math.Min(Math.Max(first, second), count));
                    CocoDataset few = LabelBudget.Choose(all, small, seed),
                        many = LabelBudget.Choose(all, large, seed);

                    return few.Images.Count == small
                        && many.Images.Count == large
                        && few.Images.All(many.Images.Contains)
                        && many.Images.SequenceEqual(all.Images.Where(many.Images.Contains))
                        && many.Annotations.Select(annotation => annotation.ImageId).SequenceEqual(many.Images.Select(image => image.Id));
                }
            );

    [Fact]
    public void Seeds_choose_different_images()
    {
        CocoDataset all = SetOf(100);

        Assert.Equal(
            20,
            Enumerable
                .Range(0, 20)
                .Select(seed => string.Join(' ', LabelBudget.Choose(all, 5, seed).Images.Select(image => image.Id)))
                .Distinct()
                .Count()
        );
    }

    [Fact]
    public void Every_image_is_chosen_equally_often()
    {
        CocoDataset all = SetOf(10);
        int[] chosen = new int[10];
        foreach (CocoImage image in Enumerable.Range(0, 2000).SelectMany(seed => LabelBudget.Choose(all, 3, seed).Images))
        {
            chosen[image.Id - 1]++;
        }

        // 600 are expected of each, with a deviation of 20.5; the seeds are fixed.
        Assert.All(chosen, times => Assert.InRange(times, 600 - 80, 600 + 80));
    }

    [Fact]
    public void A_budget_a_class_has_so_many_objects_of_each_where_there_are_so_many_and_is_among_a_larger_one() =>
        Gen.Select(Gen.Int[1, 5].Array[1, 3].Array[1, 40], Gen.Int[1, 6], Gen.Int[1, 6], Gen.Long[0, long.MaxValue])
            .Sample(
                (objects, first, second, seed) =>
                {
                    CocoDataset all = SetOf(objects.Length) with
                    {
                        Annotations =
                        [
                            .. objects
                                .SelectMany((own, image) => own.Select(category => (image, category)))
                                .Select((own, at) => new CocoAnnotation(at + 1, own.image + 1, own.category, new CocoBox(1, 1, 4, 4), 16)),
                        ],
                    };
                    CocoDataset few = LabelBudget.ChoosePerClass(all, Math.Min(first, second), seed),
                        many = LabelBudget.ChoosePerClass(all, Math.Max(first, second), seed);
                    Dictionary<int, int> there = Counts(all),
                        taken = Counts(many);

                    return few.Images.All(many.Images.Contains)
                        && there.All(entry => taken[entry.Key] >= Math.Min(entry.Value, Math.Max(first, second)))
                        && many.Annotations.Count
                            == all.Annotations.Count(annotation => many.Images.Any(image => image.Id == annotation.ImageId));

                    static Dictionary<int, int> Counts(CocoDataset set) =>
                        set.Annotations.CountBy(annotation => annotation.CategoryId).ToDictionary();
                }
            );

    [Fact]
    public void A_budget_a_class_takes_no_image_that_adds_nothing_to_a_class_in_need()
    {
        CocoDataset all = SetOf(50);

        Assert.Equal(3, LabelBudget.ChoosePerClass(all, 3, seed: 7).Images.Count);
        Assert.Equal(50, LabelBudget.ChoosePerClass(all, 70, seed: 7).Images.Count);
        Assert.Equal("3 labels a class", LabelBudget.Describe(3, perClass: true));
        Assert.Equal("1,000 labelled images", LabelBudget.Describe(1000, perClass: false));
    }

    private static CocoDataset SetOf(int count) =>
        new(
            [.. Enumerable.Range(1, count).Select(id => new CocoImage(id, $"{id}.jpg", 10, 10))],
            [new CocoCategory(1, "cell", "")],
            [.. Enumerable.Range(1, count).Select(id => new CocoAnnotation(id, id, 1, new CocoBox(1, 1, 4, 4), 16))]
        );
}

using Soco.Vision.Annotations.Coco;
using Soco.Vision.Evaluation;

namespace Soco.Vision.Tests.Evaluation;

public sealed class LvisEvaluatorTests
{
    /// <summary>The numbers that LVIS' published procedure gives on the same case.</summary>
    private static readonly (string Name, double Value)[] s_expected =
    [
        ("AP", 0.2656298807517844),
        ("AP50", 0.5795322003840914),
        ("AP75", 0.15803573543161825),
        ("APs", 0.0542516016307513),
        ("APm", 0.35876654736212965),
        ("APl", 0.24223950989102672),
        ("APr", 0.23333280656581404),
        ("APc", 0.3246044679647174),
        ("APf", 0.21227485469785914),
        ("AR300", 0.6147878787878788),
        ("ARs", 0.3),
        ("ARm", 0.6893333333333334),
        ("ARl", 0.6729166666666666),
    ];

    [Fact]
    public void The_numbers_are_those_of_the_published_procedure()
    {
        (CocoDataset truth, CocoDetection[] detections) = Draw();
        IReadOnlyList<(string Name, double Value)> numbers = LvisEvaluator.Evaluate(truth, detections).Numbers;
        Assert.Equal(s_expected.Select(number => number.Name), numbers.Select(number => number.Name));
        Assert.All(numbers, (number, i) => Assert.Equal(s_expected[i].Value, number.Value, 1e-12));
    }

    [Fact]
    public void What_was_not_looked_for_is_not_wrong()
    {
        CocoBox box = new(0, 0, 40, 40),
            elsewhere = new(60, 60, 30, 30);
        CocoImage image = new(1, "a.jpg", 100, 100);
        var truth = new CocoDataset([image], [Category(1), Category(2)], [new CocoAnnotation(1, 1, 1, box, box.Area)]);
        CocoDetection[] detections = [new(1, 1, elsewhere, 0.9), new(1, 1, box, 0.8), new(1, 2, elsewhere, 0.7)];

        Assert.Equal(0.5, LvisEvaluator.Evaluate(truth, detections).All.Ap, 1e-12);
        CocoDataset notExhaustive = truth with { Images = [image with { NotExhaustiveCategoryIds = [1] }] };
        Assert.Equal(1, LvisEvaluator.Evaluate(notExhaustive, detections).All.Ap, 1e-12);
        Assert.Equal(0.5, CocoEvaluator.Evaluate(notExhaustive, detections).Ap, 1e-12);
        Assert.Contains(
            "no LVIS truth",
            Assert
                .Throws<SocoDataException>(() => LvisEvaluator.Evaluate(truth with { Categories = [new CocoCategory(1, "a", "")] }, []))
                .Message
        );
    }

    private static CocoCategory Category(int id) => new(id, $"c{id}", "") { Frequency = (CategoryFrequency)((id - 1) % 3) };

    /// <summary>Eight images with five objects and 310 detections each, out of a plain congruential sequence.</summary>
    private static (CocoDataset Truth, CocoDetection[] Detections) Draw()
    {
        long state = 7;
        double Next() => (state = (state * 1103515245 + 12345) % (1L << 31)) / (double)(1L << 31);
        int Pick(int count) => (int)(Next() * count);
        CocoBox Place() => new(10 * Pick(30), 10 * Pick(30), 10 + 10 * Pick(15), 10 + 10 * Pick(15));
        var images = new List<CocoImage>();
        var objects = new List<CocoAnnotation>();
        var detections = new List<CocoDetection>();
        for (int id = 1; id <= 8; id++)
        {
            images.Add(
                new CocoImage(id, $"{id}.jpg", 500, 500) { NegativeCategoryIds = [1 + Pick(6)], NotExhaustiveCategoryIds = [1 + Pick(6)] }
            );
            for (int k = 0; k < 5; k++)
            {
                CocoBox box = Place();
                int category = 1 + Pick(5);
                objects.Add(new CocoAnnotation(objects.Count + 1, id, category, box, box.Area));
                for (int n = 0; n < 2; n++)
                {
                    int guess = Next() < 0.8 ? category : 1 + Pick(6);
                    detections.Add(
                        new CocoDetection(
                            id,
                            guess,
                            new CocoBox(box.X + 2 * Pick(5), box.Y + 2 * Pick(5), box.Width, box.Height + 2 * Pick(5)),
                            Pick(50) / 50.0
                        )
                    );
                }
            }

            for (int n = 0; n < 300; n++)
            {
                int category = 1 + Pick(6);
                detections.Add(new CocoDetection(id, category, Place(), Pick(60) / 100.0));
            }
        }

        return (new CocoDataset(images, [.. Enumerable.Range(1, 6).Select(Category)], objects), [.. detections]);
    }
}

using CsCheck;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Annotations.Masks;
using Soco.Vision.Evaluation;

namespace Soco.Vision.Tests.Evaluation;

public sealed class CocoEvaluatorTests
{
    private static readonly CocoImage[] s_images = [new(3, "c.jpg", 200, 200), new(1, "a.jpg", 200, 200), new(2, "b.jpg", 200, 200)];
    private static readonly CocoCategory[] s_categories = [new(2, "cat", ""), new(5, "dog", ""), new(9, "unicorn", "")];

    // Few places and few scores: ties of both kinds, and boxes that lie on each other.
    private static readonly Gen<CocoBox> s_boxes = Gen.Select(Gen.Int[0, 3], Gen.Int[0, 3], Gen.Int[0, 5], Gen.Int[0, 5])
        .Select((x, y, w, h) => new CocoBox(4 * x, 4 * y, 24 * w, 24 * h));

    private static readonly Gen<CocoAnnotation[]> s_objects = Gen.Select(
            Gen.Long[1, 3],
            Gen.Int[0, 1].Select(place => s_categories[place].Id),
            s_boxes,
            Gen.Int[0, 9],
            Gen.Double[0.5, 1]
        )
        .Select(
            (image, category, box, kind, share) =>
                new CocoAnnotation(0, image, category, box, box.Area * share) { IsCrowd = kind == 0, IsDifficult = kind == 1 }
        )
        .Array[0, 14]
        .Select(list => list.Select((found, i) => found with { Id = i }).ToArray());

    private static readonly Gen<CocoDetection[]> s_detections = Gen.Select(
            Gen.Long[1, 3],
            Gen.Int[0, 2].Select(place => s_categories[place].Id),
            s_boxes,
            Gen.Int[0, 8]
        )
        .Select((image, category, box, score) => new CocoDetection(image, category, box, score / 8.0))
        .Array[0, 40];

    [Fact]
    public void Any_detections_get_the_numbers_that_one_loop_inside_the_other_gives()
    {
        Gen.Select(s_objects, s_detections)
            .Sample(
                (objects, detections) =>
                {
                    var truth = new CocoDataset(s_images, s_categories, objects);
                    CocoMetrics metrics = CocoEvaluator.Evaluate(truth, detections, IouType.Box, new CocoEvaluationOptions { Threads = 1 });
                    double[] expected = PlainCoco.Numbers(truth, detections);
                    Assert.Equal(
                        ["AP", "AP50", "AP75", "APs", "APm", "APl", "AR1", "AR10", "AR100", "ARs", "ARm", "ARl"],
                        metrics.Numbers.Select(number => number.Name)
                    );
                    Assert.All(metrics.Numbers, (number, i) => Assert.Equal(expected[i], number.Value, 1e-12));
                }
            );
    }

    [Fact]
    public void Masks_that_fill_their_boxes_get_the_numbers_of_the_boxes()
    {
        Gen.Select(s_objects, s_detections)
            .Sample(
                (objects, detections) =>
                {
                    CocoAnnotation[] withMasks = [.. objects.Select(found => found with { Mask = Filled(found.Box) })];
                    CocoDetection[] half =
                    [
                        .. detections.Select((found, i) => i % 2 == 0 ? found : found with { Mask = Filled(found.Box) }),
                    ];
                    var boxes = new CocoDataset(s_images, s_categories, objects);
                    Assert.Equal(
                        CocoEvaluator.Evaluate(boxes, detections).Numbers,
                        CocoEvaluator.Evaluate(boxes with { Annotations = withMasks }, half, IouType.Mask).Numbers
                    );
                }
            );

        static RunLengthMask Filled(CocoBox box)
        {
            BoxXywh place = box.WholePixels;
            return RunLengthMask.Encode(Enumerable.Repeat((byte)1, place.Width * place.Height).ToArray(), place, 200, 200);
        }
    }

    [Fact]
    public void Two_of_three_objects_found_and_one_false_alarm()
    {
        CocoBox first = new(0, 0, 40, 40),
            second = new(50, 50, 40, 40),
            third = new(100, 100, 40, 40);
        var truth = new CocoDataset(s_images, s_categories, [Object(1, first), Object(2, second), Object(3, third)]);
        CocoDetection[] detections =
        [
            new(1, 2, first, 0.9), // right
            new(1, 2, new CocoBox(150, 150, 40, 40), 0.8), // there is nothing
            new(1, 2, second with { Width = 30 }, 0.7), // IoU 0.75
            new(1, 5, third, 0.6), // of another class
        ];
        CocoMetrics metrics = CocoEvaluator.Evaluate(truth, detections);

        // Recall 1/3 at precision 1 gives 34 of the 101 recalls, recall 2/3 at precision 2/3 another 33.
        double one = 1 / (1 + 2.220446049250313e-16);
        Assert.Equal((34 * one + 33 * (2.0 / 3)) / 101, metrics.Ap50, 1e-12);
        Assert.Equal(metrics.Ap50, metrics.Ap75);
        Assert.Equal((6 * metrics.Ap50 + 4 * 34 * one / 101) / 10, metrics.Ap, 1e-12);
        Assert.Equal((-1, metrics.Ap, -1), (metrics.ApSmall, metrics.ApMedium, metrics.ApLarge));
        Assert.Equal(1.0 / 3, metrics.AverageRecalls[0], 1e-12);
        Assert.Equal((6 * 2.0 / 3 + 4 * 1.0 / 3) / 10, metrics.AverageRecalls[1], 1e-12);
        Assert.Equal(metrics.AverageRecalls[1], metrics.AverageRecalls[2]);
        CategoryMetrics cat = metrics.Categories[0],
            dog = metrics.Categories[1];
        Assert.Equal(("cat", 3, metrics.Ap), (cat.Category!.Name, cat.Objects, cat.Ap));
        Assert.Equal(("dog", 0, -1), (dog.Category!.Name, dog.Objects, dog.Ap));

        IReadOnlyList<double> curve = metrics.Precision(0, 0);
        Assert.Equal(CocoMetrics.Recalls.Count, curve.Count);
        Assert.Equal((one, 2.0 / 3, 0.0), (curve[33], curve[34], curve[67]));
    }

    [Fact]
    public void Without_detections_everything_is_missed_and_without_objects_nothing_is_said()
    {
        var truth = new CocoDataset(s_images, s_categories, [Object(1, new CocoBox(0, 0, 40, 40))]);
        Assert.All(
            CocoEvaluator.Evaluate(truth, []).Numbers,
            number => Assert.Equal(number.Name is "APs" or "APl" or "ARs" or "ARl" ? -1 : 0, number.Value)
        );
        Assert.All(
            CocoEvaluator.Evaluate(truth with { Annotations = [] }, [new CocoDetection(1, 2, new CocoBox(0, 0, 9, 9), 1)]).Numbers,
            number => Assert.Equal(-1, number.Value)
        );
    }

    [Fact]
    public void Thresholds_and_numbers_of_detections_can_be_chosen()
    {
        CocoBox box = new(0, 0, 40, 40);
        var truth = new CocoDataset(s_images, s_categories, [Object(1, box)]);
        CocoDetection[] detections = [new(1, 2, new CocoBox(100, 0, 40, 40), 0.9), new(1, 2, box with { Width = 13 }, 0.8)];
        var options = new CocoEvaluationOptions { IouThresholds = [0.3, 0.4], MaxDetections = [1, 2] };
        CocoMetrics metrics = CocoEvaluator.Evaluate(truth, detections, IouType.Box, options);
        Assert.Equal((0.25, -1), (metrics.Ap, metrics.Ap50));
        Assert.Equal([("AR1", 0), ("AR2", 0.5)], metrics.Numbers.Skip(6).Take(2));
    }

    [Theory]
    [InlineData(new double[0], new[] { 1 }, 0)]
    [InlineData(new[] { 0.5, 0.5 }, new[] { 1 }, 0)]
    [InlineData(new[] { 0.5, 1.5 }, new[] { 1 }, 0)]
    [InlineData(new[] { 0.5 }, new int[0], 0)]
    [InlineData(new[] { 0.5 }, new[] { 0, 1 }, 0)]
    [InlineData(new[] { 0.5 }, new[] { 10, 1 }, 0)]
    [InlineData(new[] { 0.5 }, new[] { 1 }, -1)]
    public void Options_that_make_no_sense_are_refused(double[] thresholds, int[] numbers, int threads) =>
        Assert.Throws<SocoRequestException>(() =>
            CocoEvaluator.Evaluate(
                new CocoDataset(s_images, s_categories, []),
                [],
                IouType.Box,
                new CocoEvaluationOptions
                {
                    IouThresholds = thresholds,
                    MaxDetections = numbers,
                    Threads = threads,
                }
            )
        );

    [Fact]
    public void Detections_that_do_not_belong_to_the_truth_are_one_sentence()
    {
        var truth = new CocoDataset(s_images, s_categories, [Object(17, new CocoBox(0, 0, 40, 40))]);
        CocoDetection found = new(1, 2, new CocoBox(0, 0, 40, 40), 1);
        Assert.Contains("image 8, which the ground truth does not list", Message(truth, found with { ImageId = 8 }));
        Assert.Contains("has the score NaN", Message(truth, found with { Score = double.NaN }));
        Assert.Contains("Annotation 17 of image 1 has no mask", Message(truth, found, IouType.Mask));
        Assert.Contains(
            "is 2 x 1 pixels, its image 1 is 200 x 200",
            Message(truth with { Annotations = [] }, found with { Mask = RunLengthMask.Encode([0, 1], 2, 1) }, IouType.Mask)
        );

        static string Message(CocoDataset truth, CocoDetection found, IouType type = IouType.Box) =>
            Assert.Throws<SocoDataException>(() => CocoEvaluator.Evaluate(truth, [found], type)).Message;
    }

    private static CocoAnnotation Object(long id, CocoBox box) => new(id, 1, 2, box, box.Area);
}

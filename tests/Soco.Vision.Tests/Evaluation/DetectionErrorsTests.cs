using CsCheck;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Evaluation;

namespace Soco.Vision.Tests.Evaluation;

public sealed class DetectionErrorsTests
{
    private static readonly CocoCategory[] s_classes = [new(1, "dog", ""), new(2, "cat", "")];
    private static readonly CocoImage[] s_images = [new(10, "a.jpg", 100, 100), new(20, "b.jpg", 100, 100)];

    [Fact]
    public void Objects_are_found_or_missed_and_detections_right_or_false()
    {
        CocoAnnotation dog = Truth(1, 10, 1, 0),
            cat = Truth(2, 10, 2, 50),
            far = Truth(3, 20, 1, 0);
        CocoDetection right = Found(10, 1, 0, 0.9),
            wrongClass = Found(10, 1, 50, 0.8),
            twice = Found(10, 1, 0, 0.7),
            other = Found(20, 1, 0, 0.6);

        DetectionErrors errors = Compare([dog, cat, far], [twice, other, wrongClass, right]);

        Assert.Equal(0.6, errors.Score);
        Assert.Equal((2, 1, 2), (errors.Found, errors.Missed, errors.FalseAlarms));
        Assert.Equal((0.5, 2 / 3.0), (errors.Precision, errors.Recall));
        ImageErrors first = errors.Images[0];
        Assert.Equal("a.jpg", first.Image.FileName);
        Assert.Equal([right], first.Right);
        Assert.Equal([wrongClass, twice], first.FalseAlarms);
        Assert.Equal([dog], first.Found);
        Assert.Equal([cat], first.Missed);
        Assert.Equal(1 + 0.8 + 0.7, first.Badness, 1e-12);
        Assert.Equal(0, errors.Images[1].Badness);
    }

    [Fact]
    public void Detections_count_from_the_score_on_that_balances_best()
    {
        CocoAnnotation[] objects = [Truth(1, 10, 1, 0), Truth(2, 10, 1, 50)];
        CocoDetection[] noise = [.. Enumerable.Range(0, 9).Select(i => Found(20, 1, 5 * i, 0.1 + 0.01 * i))];

        Assert.Equal(0.5, Compare(objects, [.. noise, Found(10, 1, 0, 0.9), Found(10, 1, 50, 0.5)]).Score);
        Assert.Equal(0.9, Compare(objects, [.. noise, Found(10, 1, 0, 0.9), Found(10, 1, 50, 0.05)]).Score);
    }

    [Fact]
    public void Each_class_has_the_score_that_balances_best_for_it_alone()
    {
        CocoAnnotation[] objects = [Truth(1, 10, 1, 0), Truth(2, 10, 2, 50)];
        CocoDetection[] noise = [.. Enumerable.Range(0, 9).Select(i => Found(20, 1, 5 * i, 0.5 + 0.01 * i))];

        DetectionErrors errors = Compare(objects, [.. noise, Found(10, 1, 0, 0.9), Found(10, 2, 50, 0.2)]);

        Assert.Equal((0.9, 0.9, 0.2), (errors.Score, errors.ClassScores[1], errors.ClassScores[2]));
        Assert.Equal(double.PositiveInfinity, Compare(objects, noise).ClassScores[2]);
    }

    [Fact]
    public void Crowds_and_difficult_objects_are_neither_found_nor_missed()
    {
        DetectionErrors errors = Compare(
            [Truth(1, 10, 1, 0) with { IsCrowd = true }, Truth(2, 10, 2, 50) with { IsDifficult = true }, Truth(3, 20, 1, 0)],
            [Found(10, 1, 0, 0.9), Found(10, 2, 50, 0.9), Found(20, 1, 0, 0.5)]
        );

        Assert.Equal((1, 0, 0), (errors.Found, errors.Missed, errors.FalseAlarms));
        Assert.All(errors.Images, image => Assert.Empty(image.Missed));
    }

    [Fact]
    public void Where_nothing_is_right_no_detection_counts()
    {
        DetectionErrors errors = Compare([Truth(1, 10, 1, 0)], [Found(10, 2, 0, 0.9)]);

        Assert.Equal(double.PositiveInfinity, errors.Score);
        Assert.Equal((0, 1, 0, 0.0, 0.0), (errors.Found, errors.Missed, errors.FalseAlarms, errors.Precision, errors.Recall));
    }

    [Fact]
    public void No_other_score_has_a_larger_F1()
    {
        Gen<CocoDetection> detection =
            from image in Gen.Int[1, 2].Select(i => 10L * i)
            from category in Gen.Int[1, 2]
            from place in Gen.Int[0, 8]
            from score in Gen.Int[1, 9]
            select Found(image, category, 10 * place, score / 10.0);
        CocoAnnotation[] objects = [Truth(1, 10, 1, 0), Truth(2, 10, 2, 50), Truth(3, 20, 1, 0), Truth(4, 20, 1, 30), Truth(5, 20, 2, 60)];
        detection
            .Array[0, 20]
            .Sample(
                found =>
                {
                    DetectionErrors best = Compare(objects, found);
                    Assert.Equal(objects.Length, best.Found + best.Missed);
                    double[] scores = [.. found.Select(item => item.Score)];
                    Assert.Equal(scores.Select(F1).Append(0).Max(), F1(best.Score), 1e-12);
                    Assert.Equal(F1(best.Score), 2.0 * best.Found / (2 * best.Found + best.FalseAlarms + best.Missed), 1e-12);

                    // Boxes stand 10 pixels apart and are 20 wide, so that only the same place is an IoU of 0.5.
                    double F1(double score)
                    {
                        CocoDetection[] sure = [.. found.Where(item => item.Score >= score)];
                        int right = objects.Count(item =>
                            sure.Any(other => (other.ImageId, other.CategoryId, other.Box) == (item.ImageId, item.CategoryId, item.Box))
                        );
                        return 2.0 * right / (sure.Length + objects.Length);
                    }
                },
                iter: 200
            );
    }

    private static DetectionErrors Compare(CocoAnnotation[] objects, CocoDetection[] found) =>
        DetectionErrors.Of(new CocoDataset(s_images, s_classes, objects), found, threads: 1);

    private static CocoAnnotation Truth(long id, long image, int category, double x) =>
        new(id, image, category, new CocoBox(x, 10, 20, 20), 400);

    private static CocoDetection Found(long image, int category, double x, double score) =>
        new(image, category, new CocoBox(x, 10, 20, 20), score);
}

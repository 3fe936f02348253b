using System.Text;
using System.Text.Json;
using CsCheck;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Evaluation;

namespace Soco.Vision.Tests.Evaluation;

public sealed class ConfusionMatrixTests
{
    private const int Dog = 0,
        Cat = 1,
        Background = 2;

    private static readonly CocoCategory[] s_classes = [new(7, "cat, \"the\"", ""), new(3, "dog", "")];
    private static readonly CocoImage[] s_images = [new(10, "a.jpg", 100, 100), new(20, "b.jpg", 100, 100)];

    [Fact]
    public void Objects_are_rows_detections_are_columns_and_what_has_no_partner_is_background()
    {
        CocoAnnotation[] objects = [Truth(10, 3, 0), Truth(10, 7, 40), Truth(10, 7, 70), Truth(20, 3, 0)];
        CocoDetection[] found = [Found(10, 3, 0, 0.9), Found(10, 3, 40, 0.8), Found(20, 7, 60, 0.7), Found(10, 7, 70, 0.3)];

        Assert.Equal(
            [
                [1, 0, 1],
                [1, 0, 1],
                [0, 1, 0],
            ],
            Counts(objects, found, 0.5)
        );
        Assert.Equal(
            [
                [1, 0, 1],
                [1, 1, 0],
                [0, 1, 0],
            ],
            Counts(objects, found, 0.3)
        );
        Assert.Equal(
            [
                [0, 0, 2],
                [0, 0, 2],
                [0, 0, 0],
            ],
            Counts(objects, found, double.PositiveInfinity)
        );
    }

    [Fact]
    public void The_largest_IoU_wins_whatever_classes_and_scores_are()
    {
        // IoU with the dog: 14/26 for the sure dog 6 px away, 18/22 for the unsure cat 2 px away.
        Assert.Equal(
            [
                [0, 1, 0],
                [0, 0, 0],
                [1, 0, 0],
            ],
            Counts([Truth(10, 3, 0)], [Found(10, 3, 6, 0.9), Found(10, 7, 2, 0.6)], 0.5)
        );
    }

    [Fact]
    public void Of_equal_IoUs_the_same_class_comes_first_then_the_surer_detection()
    {
        Assert.Equal(
            [
                [1, 0, 0],
                [0, 0, 0],
                [0, 1, 0],
            ],
            Counts([Truth(10, 3, 0)], [Found(10, 7, 0, 0.9), Found(10, 3, 0, 0.6)], 0.5)
        );
        Assert.Equal(
            [
                [0, 0, 0],
                [1, 0, 0],
                [2, 0, 0],
            ],
            Counts([Truth(10, 7, 0)], [Found(10, 3, 0, 0.6), Found(10, 3, 0, 0.9), Found(10, 3, 0, 0.7)], 0.5)
        );
    }

    [Fact]
    public void A_detection_whose_object_is_taken_takes_the_next_one()
    {
        // Both detections lie best on the dog at 0; the one at 2 also has an IoU of 16/24 with the cat at 6.
        CocoAnnotation[] objects = [Truth(10, 3, 0), Truth(10, 7, 6)];

        Assert.Equal(
            [
                [1, 0, 0],
                [0, 1, 0],
                [0, 0, 0],
            ],
            Counts(objects, [Found(10, 3, 0, 0.9), Found(10, 7, 2, 0.8)], 0.5)
        );
    }

    [Fact]
    public void An_IoU_of_a_half_is_enough_and_less_is_not()
    {
        // 20 px wide boxes: a box of twice the width has an IoU of 1/2.
        CocoDetection half = Found(10, 3, 0, 0.9) with
        {
            Box = new CocoBox(0, 10, 40, 20),
        };

        Assert.Equal(
            [
                [1, 0, 0],
                [0, 0, 0],
                [0, 0, 0],
            ],
            Counts([Truth(10, 3, 0)], [half], 0.5)
        );
        Assert.Equal(
            [
                [0, 0, 1],
                [0, 0, 0],
                [1, 0, 0],
            ],
            Counts([Truth(10, 3, 0)], [half with { Box = new CocoBox(0, 10, 40.1, 20) }], 0.5)
        );
    }

    [Fact]
    public void Crowds_and_difficult_objects_and_detections_on_them_do_not_count()
    {
        CocoAnnotation crowd = Truth(10, 3, 0) with { IsCrowd = true, Box = new CocoBox(0, 0, 50, 100), Area = 5000 },
            difficult = Truth(10, 7, 70) with { IsDifficult = true };
        CocoDetection[] inCrowd = [Found(10, 3, 0, 0.9), Found(10, 7, 20, 0.9), Found(10, 3, 40, 0.9)],
            onDifficult = [Found(10, 3, 70, 0.9)];

        Assert.Equal(
            [
                [0, 0, 0],
                [0, 0, 0],
                [0, 0, 0],
            ],
            Counts([crowd, difficult], [.. inCrowd, .. onDifficult], 0.5)
        );
        Assert.Equal(
            [
                [0, 0, 0],
                [0, 0, 0],
                [1, 0, 0],
            ],
            Counts([crowd], [Found(10, 3, 41, 0.9)], 0.5)
        );
        Assert.Equal(
            [
                [1, 0, 0],
                [0, 0, 0],
                [0, 0, 0],
            ],
            Counts([crowd, Truth(10, 3, 0)], [Found(10, 3, 0, 0.9)], 0.5)
        );
    }

    [Fact]
    public void Rows_sum_to_the_objects_and_columns_to_the_detections()
    {
        Gen<CocoDetection> detection =
            from image in Gen.Int[1, 2]
            from category in Gen.Int[0, 1]
            from place in Gen.Int[0, 60]
            from score in Gen.Int[1, 9]
            select Found(10 * image, s_classes[category].Id, place, score / 10.0);
        Gen.Select(detection.Array[0, 12], detection.Array[0, 12])
            .Sample(
                (objects, found) =>
                {
                    CocoAnnotation[] truth = [.. objects.Select(item => Truth(item.ImageId, item.CategoryId, item.Box.X))];
                    int[][] counts = Counts(truth, found, 0.4);
                    CocoDetection[] sure = [.. found.Where(item => item.Score >= 0.4)];
                    Assert.Equal(
                        [Of(truth.Select(item => item.CategoryId), 3), Of(truth.Select(item => item.CategoryId), 7)],
                        counts[..Background].Select(row => row.Sum())
                    );
                    Assert.Equal(
                        [Of(sure.Select(item => item.CategoryId), 3), Of(sure.Select(item => item.CategoryId), 7)],
                        new[] { Dog, Cat }.Select(column => counts.Sum(row => row[column]))
                    );
                    Assert.Equal(counts, Counts(truth, [.. found.OrderBy(item => item.Score).ThenBy(item => item.Box.X)], 0.4));

                    static int Of(IEnumerable<int> ids, int id) => ids.Count(other => other == id);
                },
                iter: 300
            );
    }

    [Fact]
    public void A_table_has_a_row_for_each_class_and_JSON_the_counts_above_0()
    {
        using var temporary = new TemporaryFolder();
        ConfusionMatrix matrix = Matrix([Truth(10, 3, 0), Truth(20, 7, 0)], [Found(10, 7, 0, 0.9), Found(10, 3, 60, 0.9)], 0.25);

        matrix.SaveCsv(temporary.File("new/matrix.csv"));

        Assert.Equal(
            "truth\\detected,dog,\"cat, \"\"the\"\"\",background\ndog,0,1,0\n\"cat, \"\"the\"\"\",0,0,1\nbackground,1,0,0\n",
            File.ReadAllText(temporary.File("new/matrix.csv"))
        );
        Assert.Equal(
            """{"score":0.25,"iou":0.5,"counts":[{"truth":3,"detected":7,"count":1},{"truth":7,"detected":null,"count":1},{"truth":null,"detected":3,"count":1}]}""",
            Json(matrix)
        );
        Assert.Equal("""{"score":null,"iou":0.5,"counts":[]}""", Json(Matrix([], [], double.PositiveInfinity)));
    }

    private static string Json(ConfusionMatrix matrix)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            matrix.Write(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static int[][] Counts(CocoAnnotation[] objects, CocoDetection[] found, double score)
    {
        ConfusionMatrix matrix = Matrix(objects, found, score);
        return
        [
            .. Enumerable
                .Range(0, Background + 1)
                .Select(truth => Enumerable.Range(0, Background + 1).Select(detected => matrix[truth, detected]).ToArray()),
        ];
    }

    private static ConfusionMatrix Matrix(CocoAnnotation[] objects, CocoDetection[] found, double score) =>
        ConfusionMatrix.Of(new CocoDataset(s_images, s_classes, [.. objects.Select((item, i) => item with { Id = i + 1 })]), found, score);

    private static CocoAnnotation Truth(long image, int category, double x) => new(0, image, category, new CocoBox(x, 10, 20, 20), 400);

    private static CocoDetection Found(long image, int category, double x, double score) =>
        new(image, category, new CocoBox(x, 10, 20, 20), score);
}

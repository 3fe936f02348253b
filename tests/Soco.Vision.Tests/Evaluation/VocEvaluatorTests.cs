using Soco.Vision.Annotations.Coco;
using Soco.Vision.Evaluation;

namespace Soco.Vision.Tests.Evaluation;

public sealed class VocEvaluatorTests
{
    /// <summary>Image, first and last pixel, difficult.</summary>
    private static readonly (int Image, int X1, int Y1, int X2, int Y2, int Difficult)[] s_objects =
    [
        (1, 107, 132, 135, 152, 0),
        (1, 91, 70, 144, 119, 0),
        (1, 34, 114, 55, 155, 0),
        (1, 49, 34, 71, 82, 0),
        (2, 113, 77, 137, 116, 0),
        (2, 93, 61, 129, 108, 0),
        (2, 45, 72, 93, 128, 0),
        (2, 14, 96, 38, 146, 0),
        (3, 12, 90, 57, 114, 0),
        (3, 58, 109, 99, 159, 0),
        (3, 120, 19, 140, 46, 0),
        (3, 119, 110, 178, 130, 1),
        (4, 46, 66, 97, 93, 1),
        (4, 120, 39, 158, 88, 1),
        (4, 114, 4, 168, 28, 1),
        (4, 63, 124, 114, 177, 0),
    ];

    private static readonly (int Image, int X1, int Y1, int X2, int Y2, double Score)[] s_detections =
    [
        (1, 109, 135, 136, 154, 0.09),
        (1, 111, 131, 141, 146, 0.02),
        (1, 36, 117, 51, 150, 0.65),
        (1, 26, 122, 58, 147, 0.21),
        (1, 49, 38, 79, 84, 0.37),
        (1, 49, 33, 63, 90, 0.3),
        (1, 56, 12, 86, 42, 0.02),
        (2, 107, 76, 130, 111, 0.1),
        (2, 107, 72, 140, 115, 0.26),
        (2, 94, 58, 130, 110, 0.2),
        (2, 45, 76, 85, 127, 0.07),
        (2, 38, 79, 96, 129, 0.25),
        (2, 19, 101, 30, 153, 0.08),
        (2, 12, 100, 45, 152, 0.69),
        (2, 50, 73, 80, 103, 0.34),
        (3, 6, 96, 59, 113, 0.31),
        (3, 52, 116, 104, 155, 0.29),
        (3, 58, 106, 103, 154, 0.22),
        (3, 112, 25, 135, 43, 0.38),
        (3, 125, 23, 134, 44, 0.95),
        (3, 119, 106, 180, 126, 0.98),
        (3, 123, 102, 173, 135, 0.48),
        (3, 70, 126, 100, 156, 0.88),
        (4, 52, 63, 101, 96, 0.62),
        (4, 41, 64, 103, 100, 0.15),
        (4, 124, 35, 157, 90, 0.05),
        (4, 114, 32, 164, 94, 0.81),
        (4, 107, 2, 165, 31, 0.25),
        (4, 68, 116, 116, 181, 0.46),
        (4, 140, 115, 170, 145, 0.11),
    ];

    private static readonly CocoDataset s_truth = new(
        [.. Enumerable.Range(1, 4).Select(id => new CocoImage(id, $"{id}.jpg", 200, 200))],
        [new CocoCategory(1, "cat", ""), new CocoCategory(2, "dog", "")],
        [
            .. s_objects.Select(
                (o, i) => new CocoAnnotation(i + 1, o.Image, 1, Box(o.X1, o.Y1, o.X2, o.Y2), 1) { IsDifficult = o.Difficult == 1 }
            ),
        ]
    );

    /// <summary>The numbers that the published Python version of VOC's evaluation gives on the same corners.</summary>
    [Theory]
    [InlineData(VocAveraging.ElevenPoints, 0.49059164519690834)]
    [InlineData(VocAveraging.AllPoints, 0.5009910593792173)]
    public void Both_averages_are_those_of_the_published_code(VocAveraging averaging, double expected)
    {
        CocoDetection[] detections = [.. s_detections.Select(d => new CocoDetection(d.Image, 1, Box(d.X1, d.Y1, d.X2, d.Y2), d.Score))];
        VocMetrics metrics = VocEvaluator.Evaluate(s_truth, detections, averaging);
        Assert.Equal(expected, metrics.MeanAp, 1e-12);
        Assert.Equal([(12, metrics.MeanAp), (0, -1)], metrics.Categories.Select(category => (category.Objects, category.Ap)));
    }

    [Fact]
    public void An_object_counts_once_and_a_difficult_one_never()
    {
        CocoBox first = new(10, 10, 50, 50),
            second = new(100, 100, 50, 50),
            difficult = new(150, 10, 40, 40);
        CocoDataset truth = s_truth with
        {
            Annotations = [new(1, 1, 1, first, 1), new(2, 1, 1, second, 1), new(3, 1, 1, difficult, 1) { IsDifficult = true }],
        };
        CocoDetection[] detections =
        [
            new(1, 1, difficult, 0.99),
            new(1, 1, first, 0.9),
            new(1, 1, first, 0.8),
            new(1, 1, difficult, 0.7),
            new(1, 1, second, 0.6),
        ];

        // Right, wrong (found before), right: precision 1 and 2/3 at recall 1/2 and 1.
        Assert.Equal(0.5 * 1 + 0.5 * (2.0 / 3), VocEvaluator.Evaluate(truth, detections).MeanAp, 1e-12);
        Assert.Equal((6 * 1 + 5 * (2.0 / 3)) / 11, VocEvaluator.Evaluate(truth, detections, VocAveraging.ElevenPoints).MeanAp, 1e-12);
    }

    [Fact]
    public void An_overlap_of_just_the_threshold_is_enough()
    {
        CocoDataset truth = s_truth with { Annotations = [new(1, 1, 1, new CocoBox(0, 0, 40, 40), 1)] };
        CocoDetection half = new(1, 1, new CocoBox(0, 0, 40, 20), 1);
        Assert.Equal(1, VocEvaluator.Evaluate(truth, [half]).MeanAp);
        Assert.Equal(0, VocEvaluator.Evaluate(truth, [half], iouThreshold: 0.51).MeanAp);
        Assert.Equal(-1, VocEvaluator.Evaluate(truth with { Annotations = [] }, [half]).MeanAp);
    }

    private static CocoBox Box(int left, int top, int right, int bottom) => new(left - 1, top - 1, right - left + 1, bottom - top + 1);
}

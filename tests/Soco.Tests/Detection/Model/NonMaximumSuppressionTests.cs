using CsCheck;
using Soco.Detection.Model;
using Soco.Tensors;

namespace Soco.Tests.Detection.Model;

public class NonMaximumSuppressionTests
{
    private static readonly Gen<(Corners Box, float Score, int Group)> Candidate =
        from x in Gen.Int[0, 30]
        from y in Gen.Int[0, 30]
        from width in Gen.Int[1, 20]
        from height in Gen.Int[1, 20]
        from score in Gen.Int[-5, 5]
        from @group in Gen.Int[0, 2]
        select (new Corners(x, y, x + width, y + height), score / 4f, @group);

    [Fact]
    public void It_keeps_what_the_plain_algorithm_keeps() =>
        Gen.Select(Candidate.Array[0, 60], Gen.Float[0, 1], Gen.Int[0, 70])
            .Sample(
                (candidates, threshold, limit) =>
                {
                    Corners[] boxes = [.. candidates.Select(c => c.Box)];
                    float[] scores = [.. candidates.Select(c => c.Score)];
                    int[] groups = [.. candidates.Select(c => c.Group)];

                    Assert.Equal(
                        Plain(boxes, scores, groups, threshold).Take(limit),
                        NonMaximumSuppression.Keep(boxes, scores, groups, threshold, limit)
                    );
                }
            );

    [Fact]
    public void Boxes_of_different_groups_do_not_meet()
    {
        Corners[] boxes = [new(0, 0, 10, 10), new(0, 0, 10, 10), new(0, 0, 10, 10)];

        Assert.Equal([2, 1], NonMaximumSuppression.Keep(boxes, [0.1f, 0.2f, 0.3f], [7, 4, 7], 0.5f, 10));
    }

    private static List<int> Plain(Corners[] boxes, float[] scores, int[] groups, float threshold)
    {
        var kept = new List<int>();
        foreach (int i in Enumerable.Range(0, boxes.Length).OrderByDescending(i => scores[i]))
        {
            if (kept.All(k => groups[k] != groups[i] || Overlap(boxes[k], boxes[i]) <= threshold))
            {
                kept.Add(i);
            }
        }

        return kept;
    }

    private static float Overlap(Corners a, Corners b)
    {
        float width = Math.Max(Math.Min(a.X2, b.X2) - Math.Max(a.X1, b.X1), 0),
            height = Math.Max(Math.Min(a.Y2, b.Y2) - Math.Max(a.Y1, b.Y1), 0);
        return width * height / (a.Area + b.Area - width * height);
    }
}

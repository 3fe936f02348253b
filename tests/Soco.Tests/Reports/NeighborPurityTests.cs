using CsCheck;
using Soco.Reports;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Tests.Reports;

public sealed class NearestBoxesTests
{
    [Fact]
    public void Neighbors_are_the_nearest_of_other_images_as_a_plain_sort_finds_them() =>
        Gen.Select(Gen.Float[-1, 1].Array[3 * 20], Gen.Int[0, 3].Array[20], Gen.Int[1, 6]).Sample(drawn =>
        {
            (float[] values, int[] images, int count) = drawn;
            using DisposeScope scope = NewDisposeScope();
            Tensor vectors = nn.functional.normalize(tensor(values, [20, 3]), p: 2, dim: 1);
            float[,] cosines = Table(vectors.matmul(vectors.t()));

            NearBox[][] found = NearestBoxes.Find(vectors, images, count);

            for (int box = 0; box < 20; box++)
            {
                int own = box;
                int[] expected = [.. Enumerable.Range(0, 20).Where(other => images[other] != images[own])
                    .OrderByDescending(other => cosines[own, other]).ThenBy(other => other).Take(count)];
                Assert.Equal(expected, found[box].Select(near => near.Box));
                Assert.All(found[box], near => Assert.Equal(cosines[own, near.Box], near.Cosine));
            }
        });

    [Fact]
    public void More_boxes_than_are_compared_at_once_find_their_twins()
    {
        // Box b of image 0 and box 700 + b of image 1 have the same direction of the half circle.
        using DisposeScope scope = NewDisposeScope();
        Tensor angles = linspace(0, 3, 700).repeat(2);
        NearBox[][] found = NearestBoxes.Find(stack([angles.cos(), angles.sin()], 1), [.. Enumerable.Range(0, 1400).Select(box => box / 700)], 1);

        Assert.Equal(Enumerable.Range(0, 1400).Select(box => (box + 700) % 1400), found.Select(near => near[0].Box));
    }

    [Fact]
    public void An_embedding_that_is_the_class_has_purity_one_as_far_as_the_other_images_have_the_class()
    {
        // Two classes, four images of one box each: every box has one box of its own class elsewhere, and two of the other.
        using Tensor vectors = eye(2).repeat(2, 1);
        int[] images = [0, 1, 2, 3];
        string[] classes = ["cat", "dog", "cat", "dog"];

        Assert.Equal(1, NearestBoxes.Purity(NearestBoxes.Find(vectors, images, 1), classes));
        Assert.Equal(0.5, NearestBoxes.Purity(NearestBoxes.Find(vectors, images, 2), classes));
        Assert.Equal(1.0 / 3, NearestBoxes.Purity(NearestBoxes.Find(vectors, images, 5), classes), 1e-12);
        Assert.Equal(1.0 / 3, NearestBoxes.Chance(images, classes), 1e-12);
    }

    [Fact]
    public void Chance_leaves_the_boxes_own_image_out()
    {
        // The two cats share an image, and the other image has a dog alone: nobody can find a box of its class.
        Assert.Equal(0, NearestBoxes.Chance([0, 0, 1], ["cat", "cat", "dog"]));
        Assert.Equal((0.5 + 0.5 + 0.5 + 0.5) / 4, NearestBoxes.Chance([0, 0, 1, 1], ["cat", "dog", "cat", "dog"]));
    }

    private static float[,] Table(Tensor tensor)
    {
        float[] values = tensor.data<float>().ToArray();
        var table = new float[tensor.shape[0], tensor.shape[1]];
        Buffer.BlockCopy(values, 0, table, 0, sizeof(float) * values.Length);
        return table;
    }
}

using CsCheck;
using Soco.Embedding;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Tests.Embedding;

public sealed class NearestVectorsTests
{
    [Fact]
    public void Neighbors_are_the_nearest_of_other_images_as_a_plain_sort_finds_them() =>
        Gen.Select(Gen.Float[-1, 1].Array[3 * 20], Gen.Int[0, 3].Array[20], Gen.Int[1, 6])
            .Sample(drawn =>
            {
                (float[] values, int[] images, int count) = drawn;
                using DisposeScope scope = NewDisposeScope();
                Tensor vectors = nn.functional.normalize(tensor(values, [20, 3]), p: 2, dim: 1);
                float[,] cosines = Table(vectors.matmul(vectors.t()));

                NearVector[][] found = NearestVectors.Find(vectors, images, vectors, images, count);

                for (int box = 0; box < 20; box++)
                {
                    int own = box;
                    int[] expected =
                    [
                        .. Enumerable
                            .Range(0, 20)
                            .Where(other => images[other] != images[own])
                            .OrderByDescending(other => cosines[own, other])
                            .ThenBy(other => other)
                            .Take(count),
                    ];
                    Assert.Equal(expected, found[box].Select(near => near.Index));
                    Assert.All(found[box], near => Assert.Equal(cosines[own, near.Index], near.Cosine));
                }
            });

    [Fact]
    public void More_boxes_than_are_compared_at_once_find_their_twins()
    {
        // Box b of image 0 and box 700 + b of image 1 have the same direction of the half circle.
        using DisposeScope scope = NewDisposeScope();
        Tensor angles = linspace(0, 3, 700).repeat(2);
        Tensor directions = stack([angles.cos(), angles.sin()], 1);
        int[] images = [.. Enumerable.Range(0, 1400).Select(box => box / 700)];
        NearVector[][] found = NearestVectors.Find(directions, images, directions, images, 1);

        Assert.Equal(Enumerable.Range(0, 1400).Select(box => (box + 700) % 1400), found.Select(near => near[0].Index));
    }

    private static float[,] Table(Tensor tensor)
    {
        float[] values = tensor.data<float>().ToArray();
        var table = new float[tensor.shape[0], tensor.shape[1]];
        Buffer.BlockCopy(values, 0, table, 0, sizeof(float) * values.Length);
        return table;
    }
}

using CsCheck;
using Soco.Pretraining.Model;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Tests.Pretraining.Model;

public sealed class SocoLossTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Vectors_that_agree_lose_minus_two_a_direction_and_opposite_ones_plus_two()
    {
        Tensor vectors = nn.functional.normalize(tensor(new float[] { 1, 2, 3, 4, 5, 6, -7, 8, 9, 1, 1, 1 }, [2, 2, 3]), dim: 2);
        Tensor matches = Matches([1, 2], [1, 2], images: 2);

        Assert.Equal(-2, SocoLoss.OneWay(vectors, vectors, matches).item<float>(), 1e-5);
        Assert.Equal(2, SocoLoss.OneWay(vectors, -vectors, matches).item<float>(), 1e-5);
    }

    [Fact]
    public void Only_boxes_with_equal_ids_are_compared()
    {
        // Boxes 1 and 2 of the first view are boxes 2 and 1 of the other.
        Tensor first = tensor(new float[] { 1, 0, 0, 1 }, [1, 2, 2]),
            other = tensor(new float[] { 0, 1, 1, 0 }, [1, 2, 2]);

        Assert.Equal(-2, SocoLoss.OneWay(first, other, Matches([1, 2], [2, 1])).item<float>(), 1e-5);
        Assert.Equal(0, SocoLoss.OneWay(first, other, Matches([1, 2], [1, 2])).item<float>(), 1e-5);
    }

    [Fact]
    public void Repeated_boxes_make_a_pair_of_each_two_and_the_loss_is_their_mean()
    {
        Tensor first = tensor(new float[] { 1, 0, 0, 1 }, [1, 2, 2]);
        Tensor matches = Matches([1, 1], [1, 1]);

        Assert.Equal(4f, matches.sum().item<float>());
        Assert.Equal(-2 * (1 + 0 + 0 + 1) / 4.0, SocoLoss.OneWay(first, first, matches).item<float>(), 1e-5);
    }

    [Fact]
    public void An_image_without_a_match_counts_as_zero_in_the_mean()
    {
        Tensor vectors = tensor(new float[] { 1, 0, 1, 0 }, [2, 1, 2]);
        Tensor matches = tensor(new float[] { 1, 0 }, [2, 1, 1]);

        Assert.Equal(-1, SocoLoss.OneWay(vectors, vectors, matches).item<float>(), 1e-5);
    }

    [Fact]
    public void Boxes_match_by_id_and_only_where_both_are_on_a_level() =>
        Gen.Select(Gen.Int[1, 3].Array[4], Gen.Int[1, 3].Array[4], Gen.Int[-1, 3].Array[4], Gen.Int[-1, 3].Array[4])
            .Sample(
                (ids, others, levels, otherLevels) =>
                {
                    float[] matches = new BoxSet(2, 2, new float[16], ids, levels).MatchesWith(
                        new BoxSet(2, 2, new float[16], others, otherLevels)
                    );

                    for (int image = 0, at = 0; image < 2; image++)
                    {
                        for (int i = 2 * image; i < 2 * image + 2; i++)
                        {
                            for (int j = 2 * image; j < 2 * image + 2; j++, at++)
                            {
                                Assert.Equal(ids[i] == others[j] && levels[i] >= 0 && otherLevels[j] >= 0, matches[at] == 1);
                            }
                        }
                    }
                }
            );

    [Fact]
    public void A_box_set_with_the_wrong_number_of_boxes_is_refused() =>
        Assert.Throws<ArgumentException>(() => new BoxSet(2, 3, new float[24], new int[5]));

    private static Tensor Matches(int[] ids, int[] others, int images = 1)
    {
        BoxSet Set(int[] of) =>
            new(images, of.Length, new float[4 * images * of.Length], [.. Enumerable.Repeat(of, images).SelectMany(i => i)]);
        return tensor(Set(ids).MatchesWith(Set(others)), [images, ids.Length, others.Length]);
    }
}

using CsCheck;
using Soco.Embedding;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Tests.Embedding;

public sealed class NearDuplicatesTests
{
    [Fact]
    public void Pairs_are_those_of_a_plain_double_loop() =>
        Gen.Select(Gen.Float[-1, 1].Array[3 * 20], Gen.Double[0.1, 1])
            .Sample(drawn =>
            {
                (float[] values, double threshold) = drawn;
                using DisposeScope scope = NewDisposeScope();
                Tensor directions = nn.functional.normalize(tensor(values, [20, 3]), p: 2, dim: 1);
                float[] cosines = directions.matmul(directions.t()).data<float>().ToArray();

                IReadOnlyList<SimilarPair> found = NearDuplicates.Pairs(directions, threshold)!;

                IEnumerable<(int, int)> expected =
                    from first in Enumerable.Range(0, 20)
                    from second in Enumerable.Range(first + 1, 19 - first)
                    where cosines[20 * first + second] >= (float)(threshold - 1e-6)
                    select (first, second);
                Assert.Equal(expected, found.Select(pair => (pair.First, pair.Second)));
                Assert.All(found, pair => Assert.Equal(cosines[20 * pair.First + pair.Second], pair.Cosine));
            });

    [Fact]
    public void Pairs_of_different_blocks_are_found_and_equal_vectors_reach_a_threshold_of_1()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor angles = linspace(0, 3, 700).repeat(2);

        IReadOnlyList<SimilarPair> found = NearDuplicates.Pairs(stack([angles.cos(), angles.sin()], 1), 1)!;

        Assert.Equal(Enumerable.Range(0, 700).Select(row => (row, row + 700)), found.Select(pair => (pair.First, pair.Second)));
    }

    [Fact]
    public void More_pairs_than_a_person_reads_are_refused()
    {
        using Tensor directions = ones(1500, 1);
        Assert.Null(NearDuplicates.Pairs(directions, 0.9));
    }

    [Fact]
    public void Of_a_group_those_are_kept_that_are_no_pairs_and_every_other_is_a_pair_with_one_of_them() =>
        Gen.Select(Gen.Int[0, 14], Gen.Int[0, 14])
            .Where((one, other) => one != other)
            .Array[0, 20]
            .Sample(drawn =>
            {
                SimilarPair[] pairs =
                [
                    .. drawn
                        .Select(pair => (Math.Min(pair.Item1, pair.Item2), Math.Max(pair.Item1, pair.Item2)))
                        .Distinct()
                        .Order()
                        .Select(pair => new SimilarPair(pair.Item1, pair.Item2, 1)),
                ];

                IReadOnlyList<DuplicateGroup> groups = NearDuplicates.Group(pairs, (one, other) => other.CompareTo(one));

                Assert.Equal(pairs, groups.SelectMany(group => group.Pairs).OrderBy(pair => (pair.First, pair.Second)));
                Assert.Equal(groups.SelectMany(group => group.Members).Distinct().Count(), groups.Sum(group => group.Members.Count));
                Assert.All(
                    groups,
                    group =>
                    {
                        Assert.Contains(group.Members.Max(), group.Kept);
                        Assert.DoesNotContain(group.Pairs, pair => group.Kept.Contains(pair.First) && group.Kept.Contains(pair.Second));
                        Assert.All(
                            group.Members.Where(row => !group.Kept.Contains(row)),
                            row =>
                                Assert.Contains(
                                    group.Pairs,
                                    pair =>
                                        (pair.First == row && group.Kept.Contains(pair.Second))
                                        || (pair.Second == row && group.Kept.Contains(pair.First))
                                )
                        );
                    }
                );
            });

    [Fact]
    public void A_chain_is_one_group_of_which_both_ends_are_kept()
    {
        IReadOnlyList<DuplicateGroup> groups = NearDuplicates.Group(
            [new(0, 1, 1), new(1, 2, 1), new(4, 5, 1)],
            (one, other) => one.CompareTo(other)
        );

        Assert.Equal(
            [
                [0, 1, 2],
                [4, 5],
            ],
            groups.Select(group => group.Members)
        );
        Assert.Equal(
            [
                [0, 2],
                [4],
            ],
            groups.Select(group => group.Kept.Order().ToArray())
        );
    }
}

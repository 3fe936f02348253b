using CsCheck;
using Soco.Vision.Proposals.Regions;

namespace Soco.Vision.Tests.Proposals.Regions;

public sealed class EdgeSortTests
{
    // Equal costs, costs in neighboring float64s, and costs that all fall into one bucket.
    private static readonly Gen<double> Costs = Gen.OneOf(
        Gen.Double[0, 1.7],
        Gen.Int[0, 3].Select(i => i / 4.0),
        Gen.Int[0, 100].Select(i => 0.5 + i * Math.Pow(2, -53)),
        Gen.Double[0, 1e-9]
    );

    [Fact]
    public void Edges_are_sorted_exactly_and_equal_costs_keep_their_order() =>
        Gen.OneOf(Costs.Array[0, 2000], Gen.Double[0, 1e-9].Array[0, 1000], Gen.Int[0, 3].Select(i => i * 1e-12).Array[0, 1000])
            .Sample(
                costs =>
                {
                    ulong[] bits = [.. costs.Select(BitConverter.DoubleToUInt64Bits)];
                    uint[] edges = [.. Enumerable.Range(0, costs.Length).Select(i => 2 * (uint)i)];
                    var sort = new EdgeSort();
                    sort.Sort(bits, edges, 0, 2);
                    uint[] expected = [.. edges.OrderBy(edge => costs[edge / 2])];
                    Assert.Equal(expected, sort.Edges[..costs.Length]);
                    Assert.Equal(expected.Select(edge => bits[edge / 2]), sort.Costs[..costs.Length]);
                },
                iter: 300
            );
}

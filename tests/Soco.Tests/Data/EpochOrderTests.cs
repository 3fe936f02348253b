using CsCheck;
using Soco.Data;
using Soco.Tests.Pretraining.Views;

namespace Soco.Tests.Data;

public sealed class EpochOrderTests
{
    [Fact]
    public void The_order_of_an_epoch_is_a_permutation() =>
        Gen.Select(Gen.Long, Gen.Int[0, 1000], Gen.Int[0, 200])
            .Sample((seed, epoch, count) => Assert.Equal(Enumerable.Range(0, count), EpochOrder.Of(seed, epoch, count).Order()));

    [Fact]
    public void Epochs_and_seeds_have_orders_of_their_own_and_the_same_key_the_same()
    {
        Assert.Equal(EpochOrder.Of(1, 2, 50), EpochOrder.Of(1, 2, 50));
        Assert.NotEqual(EpochOrder.Of(1, 2, 50), EpochOrder.Of(1, 3, 50));
        Assert.NotEqual(EpochOrder.Of(1, 2, 50), EpochOrder.Of(2, 2, 50));
    }

    [Fact]
    public void The_order_of_a_data_set_as_large_as_ImageNet_takes_four_bytes_an_image()
    {
        const int Images = 1_300_000;
        long before = GC.GetAllocatedBytesForCurrentThread();
        int[] order = EpochOrder.Of(0, 399, Images);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 4L * Images, 4L * Images + 4096);
        Array.Sort(order);
        Assert.True(order.AsSpan().SequenceEqual([.. Enumerable.Range(0, Images)]));
    }

    [Fact]
    public void Every_image_comes_first_about_as_often()
    {
        int[] firsts = new int[10];
        for (int epoch = 0; epoch < 5000; epoch++)
        {
            firsts[EpochOrder.Of(0, epoch, 10)[0]]++;
        }

        Assert.All(firsts, count => ViewSamples.AssertBinomial(0.1, 5000, count, "first places"));
    }
}

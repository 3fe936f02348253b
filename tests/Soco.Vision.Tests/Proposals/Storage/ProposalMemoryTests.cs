using Soco.Vision.Proposals.Storage;

namespace Soco.Vision.Tests.Proposals.Storage;

public class ProposalMemoryTests
{
    [Fact]
    public void A_data_set_as_large_as_ImageNet_stays_below_a_gigabyte_with_all_that_is_thrown_away_on_the_way()
    {
        const int Images = 128_000,
            BoxesEach = 40,
            Share = 10;
        string[] paths = [.. Enumerable.Range(0, Images).Select(i => $"n{i / 1300:00000000}/n{i / 1300:00000000}_{i}.JPEG")];
        List<BoxXywh> boxes = [.. Enumerable.Range(0, BoxesEach).Select(i => new BoxXywh(i, 2 * i, 40 + i, 300 - i))];
        var names = new NameTable();
        var packed = new PackedBoxes();
        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (string path in paths)
        {
            Assert.True(names.TryAdd(path));
            packed.Add(boxes);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, (1L << 30) / Share);
        Assert.Equal((Images, (long)Images * BoxesEach), (names.Count, packed.BoxCount));
        Assert.Equal(Images - 1, names.Find(paths[^1]));
        Assert.Equal(boxes, packed[Images - 1]);
    }
}

using Soco.Vision.Random;

namespace Soco.Data;

/// <summary>The order in which an epoch visits the images.</summary>
internal static class EpochOrder
{
    /// <summary>A permutation of 0 .. count-1, a pure function of the seed and the epoch.</summary>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="epoch">Epoch, from 0.</param>
    /// <param name="count">Images.</param>
    public static int[] Of(long seed, int epoch, int count)
    {
        int[] order = [.. Enumerable.Range(0, count)];
        var random = new CounterRandom((ulong)seed, (ulong)epoch, 0, Purpose.Order);
        random.Shuffle<int>(order);
        return order;
    }
}

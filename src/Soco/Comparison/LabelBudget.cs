using Soco.Annotations;

namespace Soco.Comparison;

/// <summary>Which labelled images a budget pays for.</summary>
public static class LabelBudget
{
    private const ulong Purpose = 0x6C6162656C73;

    /// <summary>
    /// So many images of a set, in its order, with their objects. A seed shuffles the images once and a budget takes the first of them, so a
    /// smaller budget's images are among a larger one's, and every arm gets the same.
    /// </summary>
    /// <param name="labelled">All labelled images.</param>
    /// <param name="budget">How many, 1 to all.</param>
    /// <param name="seed">Of the cell.</param>
    public static CocoDataset Choose(CocoDataset labelled, int budget, long seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(budget, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(budget, labelled.Images.Count);
        int[] order = [.. Enumerable.Range(0, labelled.Images.Count)];
        new CounterRandom((ulong)seed, 0, 0, Purpose).Shuffle<int>(order);
        CocoImage[] chosen = [.. order.Take(budget).Order().Select(place => labelled.Images[place])];
        HashSet<long> ids = [.. chosen.Select(image => image.Id)];
        return labelled with { Images = chosen, Annotations = [.. labelled.Annotations.Where(annotation => ids.Contains(annotation.ImageId))] };
    }
}

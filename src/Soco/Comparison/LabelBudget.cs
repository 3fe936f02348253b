using System.Globalization;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Random;

namespace Soco.Comparison;

/// <summary>Which labelled images a budget pays for.</summary>
internal static class LabelBudget
{
    private const ulong Purpose = 0x6C6162656C73;

    /// <summary>
    /// So many images of a set, in its order, with their objects. A seed shuffles the images once and a budget takes the first of them, so
    /// a smaller budget's images are among a larger one's, and every arm gets the same.
    /// </summary>
    /// <param name="labelled">All labelled images.</param>
    /// <param name="budget">How many, 1 to all.</param>
    /// <param name="seed">Of the cell.</param>
    public static CocoDataset Choose(CocoDataset labelled, int budget, long seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(budget, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(budget, labelled.Images.Count);
        return Part(labelled, Shuffled(labelled, seed).Take(budget));
    }

    /// <summary>
    /// Images of a set, in its order, with their objects: for each class in reach so many objects or more. A seed shuffles the images once;
    /// round by round, an image is taken if it has an object of a class of which there are fewer than the round's number yet. So a smaller
    /// budget's images are among a larger one's, and every arm gets the same.
    /// </summary>
    /// <param name="labelled">All labelled images.</param>
    /// <param name="objects">Objects a class, 1 or more; a class that has fewer gives all.</param>
    /// <param name="seed">Of the cell.</param>
    public static CocoDataset ChoosePerClass(CocoDataset labelled, int objects, long seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(objects, 1);
        ILookup<long, int> classes = labelled.Annotations.ToLookup(annotation => annotation.ImageId, annotation => annotation.CategoryId);
        List<int> left = [.. Shuffled(labelled, seed)],
            chosen = [];
        var counts = new Dictionary<int, int>();
        for (int round = 1; round <= objects; round++)
        {
            left.RemoveAll(place =>
            {
                int[] own = [.. classes[labelled.Images[place].Id]];
                if (!own.Any(category => counts.GetValueOrDefault(category) < round))
                {
                    return false;
                }

                foreach (int category in own)
                {
                    counts[category] = counts.GetValueOrDefault(category) + 1;
                }

                chosen.Add(place);
                return true;
            });
        }

        return Part(labelled, chosen);
    }

    /// <summary>Such as <c>200 labelled images</c> or <c>3 labels a class</c>.</summary>
    /// <param name="budget">The number.</param>
    /// <param name="perClass">Whether it is of objects a class.</param>
    /// <param name="number">How the number is written; null: in groups of three.</param>
    public static string Describe(int budget, bool perClass, Func<long, string>? number = null)
    {
        string count = number?.Invoke(budget) ?? budget.ToString("N0", CultureInfo.InvariantCulture);
        return $"{count} {(perClass ? "label" : "labelled image")}{(budget == 1 ? "" : "s")}{(perClass ? " a class" : "")}";
    }

    private static int[] Shuffled(CocoDataset labelled, long seed)
    {
        int[] order = [.. Enumerable.Range(0, labelled.Images.Count)];
        new CounterRandom((ulong)seed, 0, 0, Purpose).Shuffle<int>(order);
        return order;
    }

    private static CocoDataset Part(CocoDataset labelled, IEnumerable<int> places)
    {
        CocoImage[] chosen = [.. places.Order().Select(place => labelled.Images[place])];
        HashSet<long> ids = [.. chosen.Select(image => image.Id)];
        return labelled with
        {
            Images = chosen,
            Annotations = [.. labelled.Annotations.Where(annotation => ids.Contains(annotation.ImageId))],
        };
    }
}

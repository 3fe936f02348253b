using Soco.Embedding;

namespace Soco.Reports;

/// <summary>How many nearest neighbors of boxes have their class.</summary>
internal static class NeighborPurity
{
    /// <summary>The share of neighbors that have the class of their box, mean over the boxes that have neighbors.</summary>
    /// <param name="neighbors">B: the neighbors of each box.</param>
    /// <param name="classes">B: the class of each box.</param>
    public static double Of(IReadOnlyList<NearVector[]> neighbors, IReadOnlyList<string> classes) =>
        Enumerable
            .Range(0, neighbors.Count)
            .Where(box => neighbors[box].Length > 0)
            .Average(box => neighbors[box].Average(near => classes[near.Index] == classes[box] ? 1.0 : 0));

    /// <summary>The purity that neighbors drawn at random from the other images would have.</summary>
    /// <param name="images">B: the image of each box.</param>
    /// <param name="classes">B: the class of each box.</param>
    public static double Chance(IReadOnlyList<int> images, IReadOnlyList<string> classes)
    {
        int[] all = [.. Enumerable.Range(0, images.Count)];
        Dictionary<string, int> ofClass = classes.CountBy(name => name).ToDictionary();
        Dictionary<int, int> ofImage = images.CountBy(image => image).ToDictionary();
        Dictionary<(int, string), int> ofBoth = all.CountBy(box => (images[box], classes[box])).ToDictionary();
        return all.Where(box => ofImage[images[box]] < images.Count)
            .Average(box => (double)(ofClass[classes[box]] - ofBoth[(images[box], classes[box])]) / (images.Count - ofImage[images[box]]));
    }
}

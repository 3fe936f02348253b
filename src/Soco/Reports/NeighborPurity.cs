using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Reports;

/// <summary>A box that resembles another.</summary>
/// <param name="Box">Its index.</param>
/// <param name="Cosine">Of the angle between the two vectors, -1 to 1.</param>
public readonly record struct NearBox(int Box, float Cosine);

/// <summary>Nearest neighbors among the vectors of boxes, always from other images: what lies beside a box is no proof that the network knows it.</summary>
internal static class NearestBoxes
{
    private const int RowsAtOnce = 512;

    /// <summary>The nearest boxes of each box, nearest first; of equals the one with the lower index first.</summary>
    /// <param name="vectors">[B, F] unit vectors, float32.</param>
    /// <param name="images">B: the image that each box is of.</param>
    /// <param name="count">Neighbors of a box; it has fewer where fewer boxes are of other images.</param>
    public static NearBox[][] Find(Tensor vectors, IReadOnlyList<int> images, int count)
    {
        var found = new NearBox[images.Count][];
        for (int start = 0; start < found.Length; start += RowsAtOnce)
        {
            using DisposeScope scope = NewDisposeScope();
            int rows = Math.Min(RowsAtOnce, found.Length - start);
            ReadOnlySpan<float> cosines = vectors.narrow(0, start, rows).matmul(vectors.t()).cpu().data<float>().ToArray();
            for (int row = 0; row < rows; row++)
            {
                found[start + row] = Nearest(cosines.Slice(row * found.Length, found.Length), images, images[start + row], count);
            }
        }

        return found;
    }

    /// <summary>The share of neighbors that have the class of their box, mean over the boxes that have neighbors.</summary>
    /// <param name="neighbors">B: the neighbors of each box.</param>
    /// <param name="classes">B: the class of each box.</param>
    public static double Purity(IReadOnlyList<NearBox[]> neighbors, IReadOnlyList<string> classes) => Enumerable.Range(0, neighbors.Count)
        .Where(box => neighbors[box].Length > 0)
        .Average(box => neighbors[box].Average(near => classes[near.Box] == classes[box] ? 1.0 : 0));

    /// <summary>The purity that neighbors drawn at random from the other images would have.</summary>
    /// <param name="images">B: the image of each box.</param>
    /// <param name="classes">B: the class of each box.</param>
    public static double Chance(IReadOnlyList<int> images, IReadOnlyList<string> classes)
    {
        int[] all = [.. Enumerable.Range(0, images.Count)];
        Dictionary<string, int> ofClass = classes.CountBy(name => name).ToDictionary();
        Dictionary<int, int> ofImage = images.CountBy(image => image).ToDictionary();
        Dictionary<(int, string), int> ofBoth = all.CountBy(box => (images[box], classes[box])).ToDictionary();
        return all.Where(box => ofImage[images[box]] < images.Count).Average(box =>
            (double)(ofClass[classes[box]] - ofBoth[(images[box], classes[box])]) / (images.Count - ofImage[images[box]]));
    }

    private static NearBox[] Nearest(ReadOnlySpan<float> cosines, IReadOnlyList<int> images, int own, int count)
    {
        var nearest = new List<NearBox>(count + 1);
        for (int box = 0; box < cosines.Length; box++)
        {
            if (images[box] != own && (nearest.Count < count || cosines[box] > nearest[^1].Cosine))
            {
                float cosine = cosines[box];
                int place = nearest.FindIndex(near => near.Cosine < cosine);
                nearest.Insert(place < 0 ? nearest.Count : place, new NearBox(box, cosine));
                if (nearest.Count > count)
                {
                    nearest.RemoveAt(count);
                }
            }
        }

        return [.. nearest];
    }
}

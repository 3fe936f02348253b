using static TorchSharp.torch;

namespace Soco.Pretraining.Model;

/// <summary>The boxes of one view for one batch: K of each image. Equal ids of two sets name the same object of an image.</summary>
public sealed class BoxSet
{
    /// <summary>The level of a box that is larger than every level takes.</summary>
    public const int NoLevel = -1;

    /// <param name="images">Images in the batch, N.</param>
    /// <param name="perImage">Boxes of each image, K.</param>
    /// <param name="corners">N * K * 4: x1, y1, x2, y2 in units of the view (0 to 1).</param>
    /// <param name="ids">N * K.</param>
    /// <param name="levels">N * K: 0 for P2 to 3 for P5, or <see cref="NoLevel"/>. Null where there is one map only.</param>
    /// <exception cref="ArgumentException">The lengths do not agree.</exception>
    public BoxSet(int images, int perImage, float[] corners, int[] ids, int[]? levels = null)
    {
        int count = images * perImage;
        if (corners.Length != 4 * count || ids.Length != count || (levels ?? ids).Length != count)
        {
            throw new ArgumentException($"{images} images of {perImage} boxes take {count} boxes, not {corners.Length / 4}.");
        }

        Images = images;
        PerImage = perImage;
        Corners = corners;
        Ids = ids;
        Levels = levels ?? new int[count];
    }

    /// <summary>Images in the batch, N.</summary>
    public int Images { get; }

    /// <summary>Boxes of each image, K.</summary>
    public int PerImage { get; }

    /// <summary>N * K.</summary>
    public int Count => Ids.Length;

    /// <summary>N * K * 4: x1, y1, x2, y2 in units of the view.</summary>
    public float[] Corners { get; }

    /// <summary>N * K.</summary>
    public int[] Ids { get; }

    /// <summary>N * K: index of the pyramid level, or <see cref="NoLevel"/>.</summary>
    public int[] Levels { get; }

    /// <summary>Regions as RoIAlign takes them, in cells of a map that covers the view.</summary>
    /// <param name="boxes">Which boxes, in which order.</param>
    /// <param name="map">[N, C, H, W].</param>
    /// <returns>[boxes, 5] on the CPU.</returns>
    internal Tensor RegionsOn(IReadOnlyList<int> boxes, Tensor map)
    {
        float height = map.shape[2],
            width = map.shape[3];
        var rows = new float[5 * boxes.Count];
        for (int i = 0; i < boxes.Count; i++)
        {
            int box = boxes[i];
            rows[5 * i] = box / PerImage;
            rows[5 * i + 1] = Corners[4 * box] * width;
            rows[5 * i + 2] = Corners[4 * box + 1] * height;
            rows[5 * i + 3] = Corners[4 * box + 2] * width;
            rows[5 * i + 4] = Corners[4 * box + 3] * height;
        }

        return tensor(rows, [boxes.Count, 5]);
    }

    /// <summary>Which boxes of two sets are pairs: equal ids, and both on a level.</summary>
    /// <param name="other">Boxes of the same images in another view, as many.</param>
    /// <returns>N * K * K, 1 or 0: row is the box of this set.</returns>
    internal float[] MatchesWith(BoxSet other)
    {
        var matches = new float[Images * PerImage * PerImage];
        for (int image = 0, at = 0; image < Images; image++)
        {
            for (int i = image * PerImage; i < (image + 1) * PerImage; i++)
            {
                for (int j = image * PerImage; j < (image + 1) * PerImage; j++, at++)
                {
                    matches[at] = Ids[i] == other.Ids[j] && Levels[i] != NoLevel && other.Levels[j] != NoLevel ? 1 : 0;
                }
            }
        }

        return matches;
    }

    /// <summary>
    /// Which boxes of another set tell the boxes of this set from others: those of other images that are on a level, and where it is asked
    /// for those of the same image that overlap none of the pairs of the box by as much as a limit, measured in the other view.
    /// </summary>
    /// <param name="other">Boxes of the same images in another view, as many.</param>
    /// <param name="matches">What <see cref="MatchesWith"/> gives for it.</param>
    /// <param name="sameImageIou">The limit; 0 takes no box of the same image.</param>
    /// <returns>(N * K) * (N * K), 1 or 0: row is the box of this set.</returns>
    internal float[] NegativesFrom(BoxSet other, float[] matches, double sameImageIou)
    {
        var negatives = new float[Count * Count];
        for (int i = 0; i < Count; i++)
        {
            for (int j = 0; j < Count; j++)
            {
                bool apart = i / PerImage != j / PerImage || IsApart(i, j);
                negatives[i * Count + j] = other.Levels[j] != NoLevel && apart ? 1 : 0;
            }
        }

        return negatives;

        bool IsApart(int box, int candidate)
        {
            if (sameImageIou == 0)
            {
                return false;
            }

            int first = box / PerImage * PerImage;
            return Enumerable
                .Range(first, PerImage)
                .Where(pair => matches[box * PerImage + pair - first] > 0)
                .All(pair => other.Ids[pair] != other.Ids[candidate] && other.IouOf(pair, candidate) < sameImageIou);
        }
    }

    private float IouOf(int a, int b)
    {
        float[] c = Corners;
        (a, b) = (4 * a, 4 * b);
        float width = Math.Min(c[a + 2], c[b + 2]) - Math.Max(c[a], c[b]),
            height = Math.Min(c[a + 3], c[b + 3]) - Math.Max(c[a + 1], c[b + 1]);
        float shared = Math.Max(width, 0) * Math.Max(height, 0);
        return shared / ((c[a + 2] - c[a]) * (c[a + 3] - c[a + 1]) + (c[b + 2] - c[b]) * (c[b + 3] - c[b + 1]) - shared);
    }
}

using System.Numerics;

namespace Soco.Detection.Model;

/// <summary>Greedy non-maximum suppression within groups: the levels of proposals, the classes of detections.</summary>
internal static class NonMaximumSuppression
{
    /// <summary>
    /// Goes through the boxes by falling score and keeps each that overlaps no kept box of its group by more than the threshold; stops
    /// when there are enough.
    /// </summary>
    /// <param name="boxes">The boxes.</param>
    /// <param name="scores">A score of each; of equal scores the first comes first.</param>
    /// <param name="groups">The group of each, 0 or more.</param>
    /// <param name="threshold">Intersection over union.</param>
    /// <param name="limit">Most boxes to keep, of all groups together.</param>
    /// <returns>Indices of the kept boxes, best score first.</returns>
    public static int[] Keep(ReadOnlySpan<Corners> boxes, ReadOnlySpan<float> scores, ReadOnlySpan<int> groups, float threshold, int limit)
    {
        var order = new ulong[boxes.Length];
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = ((ulong)~Ascending(scores[i]) << 32) | (uint)i;
        }

        Array.Sort(order);
        var keptOfGroup = new Dictionary<int, BoxColumns>();
        var kept = new List<int>(Math.Min(limit, boxes.Length));
        foreach (ulong entry in order)
        {
            if (kept.Count == limit)
            {
                break;
            }

            int index = (int)(entry & uint.MaxValue);
            if (!keptOfGroup.TryGetValue(groups[index], out BoxColumns? rivals))
            {
                keptOfGroup[groups[index]] = rivals = new BoxColumns();
            }

            if (!Overlaps(rivals, boxes[index], threshold))
            {
                rivals.Add(boxes[index]);
                kept.Add(index);
            }
        }

        return [.. kept];
    }

    private static bool Overlaps(BoxColumns rivals, Corners box, float threshold)
    {
        var most = new Vector<float>(threshold);
        for (int start = 0; start < rivals.Count; start += Vector<float>.Count)
        {
            if (Vector.GreaterThanAny(rivals.OverlapsFrom(start, box), most))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A float's bits in the order of its value.</summary>
    private static uint Ascending(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return (bits & 0x80000000) != 0 ? ~bits : bits | 0x80000000;
    }
}

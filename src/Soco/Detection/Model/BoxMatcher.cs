using System.Numerics;

namespace Soco.Detection.Model;

/// <summary>Says which object a box stands for, by intersection over union.</summary>
/// <param name="ForegroundThreshold">From this overlap on a box stands for the object that it overlaps most.</param>
/// <param name="BackgroundThreshold">Below this overlap it stands for background.</param>
/// <param name="KeepBest">
/// Whether the boxes that overlap an object most, of all boxes, stand for an object whatever the overlap: the one that they themselves
/// overlap most.
/// </param>
internal sealed record BoxMatcher(float ForegroundThreshold, float BackgroundThreshold, bool KeepBest)
{
    /// <summary>The box stands for background.</summary>
    public const int Background = -1;

    /// <summary>The box stands for nothing, and is not sampled.</summary>
    public const int Between = -2;

    /// <param name="boxes">Anchors or proposals.</param>
    /// <param name="objects">The objects of the image.</param>
    /// <returns>For each box the index of an object, <see cref="Background"/> or <see cref="Between"/>.</returns>
    public int[] Match(BoxColumns boxes, ReadOnlySpan<Corners> objects)
    {
        var matches = new int[boxes.Count];
        if (objects.IsEmpty)
        {
            Array.Fill(matches, Background);
            return matches;
        }

        int lanes = Vector<float>.Count;
        var nearest = new int[(boxes.Count + lanes - 1) / lanes * lanes];
        var overlap = new float[nearest.Length];
        var reached = new Vector<float>[objects.Length];
        for (int start = 0; start < boxes.Count; start += lanes)
        {
            Vector<float> best = boxes.OverlapsFrom(start, objects[0]);
            Vector<int> which = Vector<int>.Zero;
            reached[0] = Vector.Max(reached[0], best);
            for (int o = 1; o < objects.Length; o++)
            {
                Vector<float> here = boxes.OverlapsFrom(start, objects[o]);
                reached[o] = Vector.Max(reached[o], here);
                Vector<int> better = Vector.GreaterThan(here, best);
                best = Vector.ConditionalSelect(better, here, best);
                which = Vector.ConditionalSelect(better, new Vector<int>(o), which);
            }

            best.CopyTo(overlap, start);
            which.CopyTo(nearest, start);
        }

        for (int i = 0; i < matches.Length; i++)
        {
            matches[i] =
                overlap[i] >= ForegroundThreshold ? nearest[i]
                : overlap[i] < BackgroundThreshold ? Background
                : Between;
        }

        if (KeepBest)
        {
            MatchBest(boxes, objects, reached, nearest, matches);
        }

        return matches;
    }

    private static void MatchBest(BoxColumns boxes, ReadOnlySpan<Corners> objects, Vector<float>[] reached, int[] nearest, int[] matches)
    {
        for (int o = 0; o < objects.Length; o++)
        {
            float most = 0;
            for (int lane = 0; lane < Vector<float>.Count; lane++)
            {
                most = Math.Max(most, reached[o][lane]);
            }

            if (!(most > 0))
            {
                continue;
            }

            var wanted = new Vector<float>(most);
            for (int start = 0; start < boxes.Count; start += Vector<float>.Count)
            {
                Vector<int> equal = Vector.Equals(boxes.OverlapsFrom(start, objects[o]), wanted);
                if (equal == Vector<int>.Zero)
                {
                    continue;
                }

                for (int lane = 0; lane < Vector<int>.Count; lane++)
                {
                    if (equal[lane] != 0)
                    {
                        matches[start + lane] = nearest[start + lane];
                    }
                }
            }
        }
    }
}

using Soco.Vision.Random;

namespace Soco.Detection.Model;

/// <summary>Draws boxes for a loss: a share of objects at most, and background for the rest.</summary>
/// <param name="Count">Boxes to draw.</param>
/// <param name="PositiveFraction">Largest part that are objects.</param>
internal sealed record BalancedSampler(int Count, double PositiveFraction)
{
    /// <param name="matches">What a <see cref="BoxMatcher"/> says.</param>
    /// <param name="random">Where the draws come from; none is taken where all candidates are.</param>
    /// <returns>Indices of boxes that stand for objects and of boxes that stand for background, each ascending.</returns>
    public (int[] Positives, int[] Negatives) Sample(ReadOnlySpan<int> matches, ref CounterRandom random)
    {
        var positives = new List<int>();
        var negatives = new List<int>(matches.Length);
        for (int i = 0; i < matches.Length; i++)
        {
            if (matches[i] >= 0)
            {
                positives.Add(i);
            }
            else if (matches[i] == BoxMatcher.Background)
            {
                negatives.Add(i);
            }
        }

        int[] objects = Draw(positives, (int)(Count * PositiveFraction), ref random);
        return (objects, Draw(negatives, Count - objects.Length, ref random));
    }

    /// <summary>Some of the candidates, each with the same probability: the first steps of a shuffle.</summary>
    private static int[] Draw(List<int> candidates, int count, ref CounterRandom random)
    {
        if (candidates.Count <= count)
        {
            return [.. candidates];
        }

        for (int i = 0; i < count; i++)
        {
            int j = i + random.NextInt(candidates.Count - i);
            (candidates[i], candidates[j]) = (candidates[j], candidates[i]);
        }

        int[] drawn = [.. candidates.Take(count)];
        Array.Sort(drawn);
        return drawn;
    }
}

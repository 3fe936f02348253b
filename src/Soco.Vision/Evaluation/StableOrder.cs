namespace Soco.Vision.Evaluation;

/// <summary>Sorting by falling score in which equals keep their order, as numpy's mergesort does.</summary>
internal static class StableOrder
{
    /// <summary>Sorts items by falling score.</summary>
    /// <param name="scores">The score of each item; sorted too, with its sign turned.</param>
    /// <param name="items">Rising numbers at first.</param>
    public static void ByFallingScore(Span<double> scores, Span<int> items)
    {
        for (int i = 0; i < scores.Length; i++)
        {
            scores[i] = -scores[i];
        }

        scores.Sort(items);
        for (int start = 0; start < scores.Length; )
        {
            int end = start + 1;
            while (end < scores.Length && scores[end] == scores[start])
            {
                end++;
            }

            if (end - start > 1)
            {
                items[start..end].Sort();
            }

            start = end;
        }
    }
}

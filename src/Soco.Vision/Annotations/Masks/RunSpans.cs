namespace Soco.Vision.Annotations.Masks;

/// <summary>The pixels of a mask as spans: first pixel and the one after the last, in turn and rising, counted down the columns.</summary>
internal static class RunSpans
{
    /// <summary>Room that the spans of a mask need at most.</summary>
    public static int RoomFor(RunLengthMask mask) => mask.Counts.Length;

    /// <summary>Writes the spans of a mask.</summary>
    /// <param name="mask">The mask.</param>
    /// <param name="spans">At least <see cref="RoomFor"/> places.</param>
    /// <returns>How many places were written: twice the number of spans.</returns>
    public static int Write(RunLengthMask mask, Span<int> spans)
    {
        ReadOnlySpan<int> counts = mask.Counts;
        int written = 0,
            at = 0;
        for (int i = 1; i < counts.Length; i += 2)
        {
            at += counts[i - 1];
            int end = at + counts[i];
            if (end > at)
            {
                spans[written++] = at;
                spans[written++] = end;
            }

            at = end;
        }

        return written;
    }

    /// <summary>How many pixels two masks of one size have in common.</summary>
    public static int Common(ReadOnlySpan<int> a, ReadOnlySpan<int> b)
    {
        if (a.IsEmpty || b.IsEmpty)
        {
            return 0;
        }

        // Objects are compact, so the spans before and after the columns of the other one are many.
        a = Within(a, b[0], b[^1]);
        if (a.IsEmpty)
        {
            return 0;
        }

        b = Within(b, a[0], a[^1]);
        int common = 0;
        for (int i = 0, j = 0; i < a.Length && j < b.Length; )
        {
            int endA = a[i + 1],
                endB = b[j + 1];
            int overlap = Math.Min(endA, endB) - Math.Max(a[i], b[j]);
            common += Math.Max(overlap, 0);
            i += endA <= endB ? 2 : 0;
            j += endB <= endA ? 2 : 0;
        }

        return common;
    }

    /// <summary>The spans that are not wholly before the first or after the last pixel.</summary>
    private static ReadOnlySpan<int> Within(ReadOnlySpan<int> spans, int first, int end)
    {
        int from = FirstAfter(spans, first) & ~1;
        int to = (FirstAfter(spans, end - 1) + 1) & ~1;
        return from < to ? spans[from..to] : [];
    }

    /// <summary>
    /// The place of the first edge that is larger than a pixel's number: an odd place means that the pixel is inside a span.
    /// </summary>
    private static int FirstAfter(ReadOnlySpan<int> spans, int pixel)
    {
        int low = 0,
            high = spans.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            (low, high) = spans[middle] > pixel ? (low, middle) : (middle + 1, high);
        }

        return low;
    }
}

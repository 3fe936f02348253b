using System.Buffers;

namespace Soco.Vision.Annotations.Masks;

/// <summary>
/// A polygon as run lengths, to the bit as the COCO API's <c>rleFrPoly</c>: corners are rounded to a grid five times finer than the pixels,
/// edges are stepped along the longer of their two directions, and wherever the outline passes the middle of a column it turns the runs of
/// that column over, at a row rounded up. The API steps along every point of that grid; here only the steps over the middle of a column are
/// worked out, with the same formula, which gives the same rows.
/// </summary>
internal static class PolygonRuns
{
    private const int Scale = 5;

    /// <summary>The last step of a column before its middle is passed.</summary>
    private const int Middle = 2;

    /// <summary>The pixels of a polygon.</summary>
    /// <param name="corners">x, y of one corner after the other, pixels; any finite numbers.</param>
    /// <param name="width">Columns of the image.</param>
    /// <param name="height">Rows of the image; width * height is below 2^31.</param>
    public static RunLengthMask Of(ReadOnlySpan<double> corners, int width, int height)
    {
        int[] turns = ArrayPool<int>.Shared.Rent(64);
        int count = 0;
        int lastX = Step(corners[^2]),
            lastY = Step(corners[^1]);
        for (int i = 0; i < corners.Length; i += 2)
        {
            int x = Step(corners[i]),
                y = Step(corners[i + 1]);
            AddEdge(lastX, lastY, x, y, width, height, ref turns, ref count);
            (lastX, lastY) = (x, y);
        }

        turns.AsSpan(0, count).Sort();
        RunLengthMask mask = ToRuns(turns.AsSpan(0, count), width, height);
        ArrayPool<int>.Shared.Return(turns);
        return mask;
    }

    private static int Step(double coordinate) => (int)(Scale * coordinate + 0.5);

    /// <summary>Adds the place of every turn of an edge: column * height + row.</summary>
    private static void AddEdge(int x1, int y1, int x2, int y2, int width, int height, ref int[] turns, ref int count)
    {
        // Steps are counted from the end with the smaller coordinate, whichever way the polygon runs.
        long dx = Math.Abs((long)x2 - x1),
            dy = Math.Abs((long)y2 - y1);
        bool flat = dx >= dy;
        if (flat ? x1 > x2 : y1 > y2)
        {
            (x1, y1, x2, y2) = (x2, y2, x1, y1);
        }

        long first = Math.Max(0, FirstColumn(Math.Min(x1, x2))),
            last = Math.Min(width - 1, LastColumn(Math.Max(x1, x2)));
        if (first > last)
        {
            return;
        }

        int needed = count + (int)(last - first) + 1;
        if (needed > turns.Length)
        {
            int[] larger = ArrayPool<int>.Shared.Rent(Math.Max(needed, 2 * turns.Length));
            turns.AsSpan(0, count).CopyTo(larger);
            ArrayPool<int>.Shared.Return(turns);
            turns = larger;
        }

        double slope = flat ? ((double)y2 - y1) / dx : ((double)x2 - x1) / dy;
        for (long column = first; column <= last; column++)
        {
            long before = Scale * column + Middle;
            int upper;
            if (flat)
            {
                long step = before - x1;
                upper = Math.Min(At(y1, slope, step), At(y1, slope, step + 1));
            }
            else
            {
                upper = (int)(y1 + StepOver(x1, slope, before, dy));
            }

            turns[count++] = (int)column * height + RowOf(upper, height);
        }
    }

    private static int At(int start, double slope, long step) => (int)(start + slope * step + 0.5);

    /// <summary>The step of a steep edge after which its x is no longer on the side of the middle that it came from.</summary>
    private static long StepOver(int x, double slope, long before, long steps)
    {
        long step = Math.Clamp((long)((before + 0.5 - x) / slope), 0, steps - 1);
        bool right = slope > 0;
        while (step > 0 && IsOver(step))
        {
            step--;
        }

        while (!IsOver(step + 1))
        {
            step++;
        }

        return step;

        bool IsOver(long at) => right ? At(x, slope, at) > before : At(x, slope, at) <= before;
    }

    /// <summary>The first column whose middle lies between a step and the ones to its right.</summary>
    private static long FirstColumn(long x) => FloorDivide(x - Middle + Scale - 1, Scale);

    /// <summary>The last column whose middle lies between the steps to the left and this one.</summary>
    private static long LastColumn(long x) => FloorDivide(x - Middle - 1, Scale);

    private static long FloorDivide(long value, long by) => value >= 0 ? value / by : -((-value + by - 1) / by);

    /// <summary>The row whose middle is at or below a step.</summary>
    private static int RowOf(int y, int height) => y < Middle ? 0 : (int)Math.Min(height, ((long)y + Scale - 1 - Middle) / Scale);

    private static RunLengthMask ToRuns(ReadOnlySpan<int> turns, int width, int height)
    {
        // Two turns at one place undo each other.
        int[] counts = ArrayPool<int>.Shared.Rent(turns.Length + 1);
        int runs = 0,
            start = 0;
        for (int i = 0; i < turns.Length; )
        {
            int end = i + 1;
            while (end < turns.Length && turns[end] == turns[i])
            {
                end++;
            }

            if ((end - i) % 2 != 0)
            {
                counts[runs++] = turns[i] - start;
                start = turns[i];
            }

            i = end;
        }

        int rest = width * height - start;
        if (rest > 0 || runs == 0)
        {
            counts[runs++] = rest;
        }

        RunLengthMask mask = RunLengthMask.FromCounts(counts.AsSpan(0, runs), width, height);
        ArrayPool<int>.Shared.Return(counts);
        return mask;
    }
}

using System.Numerics;
using Soco.Vision.Annotations.Masks;

namespace Soco.Vision.Inference;

/// <summary>
/// Puts the mask of a box into its image. Both conventions sample the mask's grid bilinearly, with zeros around it, and cut at one half;
/// they differ in where the grid lies. The samples of the rows are made once; then each column of the image is a mix of two of them.
/// </summary>
internal static class MaskPasting
{
    /// <param name="probabilities">M * M, row by row.</param>
    /// <param name="box">Pixels of the image.</param>
    /// <param name="image">Size of the image.</param>
    /// <param name="resized">
    /// Whether the grid is resized to the box in whole pixels, with a ring of zeros; else it is sampled at the centers of the image's
    /// pixels.
    /// </param>
    public static RunLengthMask Paste(ReadOnlySpan<float> probabilities, BoxXyxy box, ImageSize image, bool resized)
    {
        int side = (int)Math.Sqrt(probabilities.Length);
        var rows = Axis.Of(box.Y1, box.Y2, side, image.Height, resized);
        var columns = Axis.Of(box.X1, box.X2, side, image.Width, resized);
        float threshold = resized ? MathF.BitIncrement(0.5f) : 0.5f;
        int height = rows.Count;
        float[] sampled = SampleRows(probabilities, side, rows);
        var runs = new Runs(image.Height);
        var column = new float[height];
        for (int x = 0; x < columns.Count; x++)
        {
            (int cell, float part) = columns.At(x);
            Mix(sampled.AsSpan((cell + 1) * height, height), sampled.AsSpan((cell + 2) * height, height), part, column);
            runs.AddColumn(columns.First + x, rows.First, column, threshold);
        }

        return runs.ToMask(image);
    }

    /// <summary>For each column of the mask, and one of zeros on either side, its values at the rows of the image.</summary>
    private static float[] SampleRows(ReadOnlySpan<float> probabilities, int side, Axis rows)
    {
        var sampled = new float[(side + 2) * rows.Count];
        for (int y = 0; y < rows.Count; y++)
        {
            (int cell, float part) = rows.At(y);
            for (int u = 0; u < side; u++)
            {
                float above = cell >= 0 ? probabilities[cell * side + u] : 0;
                float below = cell + 1 < side ? probabilities[(cell + 1) * side + u] : 0;
                sampled[(u + 1) * rows.Count + y] = above + part * (below - above);
            }
        }

        return sampled;
    }

    private static void Mix(ReadOnlySpan<float> left, ReadOnlySpan<float> right, float part, Span<float> target)
    {
        int i = 0;
        for (; i <= target.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            var from = new Vector<float>(left[i..]);
            (from + part * (new Vector<float>(right[i..]) - from)).CopyTo(target[i..]);
        }

        for (; i < target.Length; i++)
        {
            target[i] = left[i] + part * (right[i] - left[i]);
        }
    }

    /// <summary>The pixels of the image along one axis that lie on the mask's grid, and where on it.</summary>
    /// <param name="First">First pixel.</param>
    /// <param name="Count">Pixels.</param>
    /// <param name="Start">Place on the grid of the first pixel's center; cell 0 has its center at 0.</param>
    /// <param name="Step">Cells of the grid from a pixel to the next.</param>
    /// <param name="Side">Cells of the grid.</param>
    private readonly record struct Axis(int First, int Count, double Start, double Step, int Side)
    {
        public static Axis Of(double low, double high, int side, int pixels, bool resized)
        {
            // torchvision puts a ring of zeros around the mask, widens the box by as much, and takes whole pixels of it, the last included.
            double ring = resized ? 1 : 0;
            if (resized)
            {
                float half = (float)(high - low) * 0.5f * ((side + 2f) / side),
                    center = (float)(high + low) * 0.5f;
                low = Math.Truncate(center - half);
                high = Math.Max(Math.Truncate(center + half), low) + 1;
            }

            int first = (int)Math.Clamp(Math.Floor(low), 0, pixels),
                end = (int)Math.Clamp(Math.Ceiling(high), first, pixels);
            double step = (side + 2 * ring) / (high - low);
            return new Axis(first, high > low ? end - first : 0, (first + 0.5 - low) * step - 0.5 - ring, step, side);
        }

        /// <summary>The cell before a pixel's center, -1 to Side - 1, and how far the center is on the way to the next.</summary>
        public (int Cell, float Part) At(int pixel)
        {
            double place = Math.Clamp(Start + pixel * Step, -1, Side);
            int cell = Math.Min((int)Math.Floor(place), Side - 1);
            return (cell, (float)(place - cell));
        }
    }

    /// <summary>The runs of a mask, gathered column by column.</summary>
    private sealed class Runs(int height)
    {
        private readonly List<int> _counts = [];
        private int _start;
        private bool _value;

        /// <summary>Adds part of a column; columns come from left to right, and what is not added is 0.</summary>
        public void AddColumn(int x, int firstRow, ReadOnlySpan<float> values, float threshold)
        {
            int first = x * height + firstRow,
                lanes = Vector<float>.Count;
            var cut = new Vector<float>(threshold);
            for (int y = 0; y < values.Length; y++)
            {
                for (; y <= values.Length - lanes && AllAre(_value, new Vector<float>(values[y..]), cut); y += lanes) { }

                if (y < values.Length && values[y] >= threshold != _value)
                {
                    Turn(first + y);
                }
            }

            if (_value)
            {
                Turn(first + values.Length);
            }
        }

        public RunLengthMask ToMask(ImageSize image)
        {
            _counts.Add(image.Width * image.Height - _start);
            return RunLengthMask.FromCounts(_counts.ToArray(), image.Width, image.Height);
        }

        private static bool AllAre(bool value, Vector<float> values, Vector<float> cut) =>
            value ? Vector.GreaterThanOrEqualAll(values, cut) : Vector.LessThanAll(values, cut);

        private void Turn(int at)
        {
            _value = !_value;
            if (at == _start && _counts.Count > 0)
            {
                // The run goes on in the next column.
                _start -= _counts[^1];
                _counts.RemoveAt(_counts.Count - 1);
                return;
            }

            _counts.Add(at - _start);
            _start = at;
        }
    }
}

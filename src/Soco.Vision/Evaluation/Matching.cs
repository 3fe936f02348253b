using System.Collections.Concurrent;
using Soco.Vision.Annotations.Coco;

namespace Soco.Vision.Evaluation;

/// <summary>
/// Who finds whom: in each cell, for each size range and threshold, the detections choose in the order of their scores. A detection takes
/// the free object of the largest IoU (of equals the last), an ignored one only where no other is left; a crowd is never taken away.
/// Thresholds are bits: bit t of a detection's number is set where it found an object (<see cref="Found"/>) or counts as neither right nor
/// wrong (<see cref="Ignored"/>).
/// </summary>
internal sealed class Matching
{
    /// <summary>Bits of a number.</summary>
    public const int MostThresholds = 32;

    private const int CellsAtATime = 512;

    /// <summary>A threshold of 1 lets through what is 1 but for rounding.</summary>
    private const double HighestThreshold = 1 - 1e-10;

    private readonly Cells _cells;
    private readonly double[] _thresholds;
    private readonly uint _all;

    private Matching(Cells cells, IReadOnlyList<double> thresholds)
    {
        _cells = cells;
        _thresholds = [.. thresholds.Select(threshold => Math.Min(threshold, HighestThreshold))];
        _all = (uint)((1L << thresholds.Count) - 1);
        Found = Array.ConvertAll(SizeRange.Ranges, _ => new uint[cells.Detections.Length]);
        Ignored = Array.ConvertAll(SizeRange.Ranges, _ => new uint[cells.Detections.Length]);
        Taken = new uint[cells.Objects.Length];
    }

    /// <summary>By size range and detection: at which thresholds it found an object, an ignored one included.</summary>
    public uint[][] Found { get; }

    /// <summary>By size range and detection: at which thresholds it does not count.</summary>
    public uint[][] Ignored { get; }

    /// <summary>By object: at which thresholds a detection found it, where every size counts.</summary>
    public uint[] Taken { get; }

    /// <summary>Matches every cell.</summary>
    public static Matching Of(Cells cells, IouType type, IReadOnlyList<double> thresholds, int threads)
    {
        var matching = new Matching(cells, thresholds);
        Parallel.ForEach(
            Partitioner.Create(0, Math.Max(cells.All.Length, 1), CellsAtATime),
            new ParallelOptions { MaxDegreeOfParallelism = threads },
            () => matching.NewThread(type),
            (range, _, thread) =>
            {
                foreach (Cell cell in cells.All.AsSpan(range.Item1, Math.Min(range.Item2, cells.All.Length) - range.Item1))
                {
                    thread.Match(cell);
                }

                return thread;
            },
            _ => { }
        );
        return matching;
    }

    /// <summary>Whether an object is not looked for in a size range.</summary>
    public static bool IsIgnored(CocoAnnotation found, SizeRange range) => found.IsCrowd || found.IsDifficult || range.Excludes(found.Area);

    private OneThread NewThread(IouType type) =>
        new(this, type == IouType.Box ? new BoxOverlaps(_cells, _thresholds.Min()) : new MaskOverlaps(_cells, _thresholds.Min()));

    /// <summary>The work of one thread, and its arrays.</summary>
    private sealed class OneThread(Matching matching, Overlaps overlaps)
    {
        private bool[] _ignored = new bool[64];
        private bool[] _crowds = new bool[64];
        private uint[] _taken = new uint[64];

        public void Match(in Cell cell)
        {
            bool both = cell.Detections > 0 && cell.Objects > 0;
            if (both)
            {
                overlaps.Find(cell);
            }

            for (int range = 0; range < SizeRange.Ranges.Length; range++)
            {
                if (both)
                {
                    Match(cell, range);
                }

                IgnoreOutside(cell, range);
            }
        }

        private void Match(in Cell cell, int range)
        {
            LayOut(cell, SizeRange.Ranges[range]);
            for (int i = 0; i < cell.Detections; i++)
            {
                ReadOnlySpan<Candidate> candidates = overlaps.Of(i);
                if (candidates.IsEmpty)
                {
                    continue;
                }

                uint found = 0,
                    ignored = 0;
                for (int t = 0; t < matching._thresholds.Length; t++)
                {
                    uint bit = 1u << t;
                    int best = Best(candidates, bit, matching._thresholds[t], amongIgnored: false);
                    if (best < 0)
                    {
                        best = Best(candidates, bit, matching._thresholds[t], amongIgnored: true);
                    }

                    if (best >= 0)
                    {
                        found |= bit;
                        ignored |= _ignored[best] ? bit : 0;
                        _taken[best] |= bit;
                    }
                }

                matching.Found[range][cell.FirstDetection + i] = found;
                matching.Ignored[range][cell.FirstDetection + i] = ignored;
            }

            if (range == SizeRange.All)
            {
                _taken.AsSpan(0, cell.Objects).CopyTo(matching.Taken.AsSpan(cell.FirstObject));
            }
        }

        private int Best(ReadOnlySpan<Candidate> candidates, uint bit, double threshold, bool amongIgnored)
        {
            int best = -1;
            foreach (Candidate candidate in candidates)
            {
                int place = candidate.Object;
                if (_ignored[place] == amongIgnored && candidate.Iou >= threshold && ((_taken[place] & bit) == 0 || _crowds[place]))
                {
                    (best, threshold) = (place, candidate.Iou);
                }
            }

            return best;
        }

        private void LayOut(in Cell cell, SizeRange range)
        {
            if (_taken.Length < cell.Objects)
            {
                int room = 2 * cell.Objects;
                (_ignored, _crowds, _taken) = (new bool[room], new bool[room], new uint[room]);
            }

            for (int i = 0; i < cell.Objects; i++)
            {
                CocoAnnotation found = matching._cells.Objects[cell.FirstObject + i];
                (_ignored[i], _crowds[i], _taken[i]) = (IsIgnored(found, range), found.IsCrowd, 0);
            }
        }

        /// <summary>A detection that found nothing counts as neither if it is of another size, or if not every object is marked.</summary>
        private void IgnoreOutside(in Cell cell, int range)
        {
            for (int i = cell.FirstDetection; i < cell.DetectionsEnd; i++)
            {
                if (!cell.Exhaustive || SizeRange.Ranges[range].Excludes(matching._cells.Detections[i].Area))
                {
                    matching.Ignored[range][i] |= matching._all & ~matching.Found[range][i];
                }
            }
        }
    }
}

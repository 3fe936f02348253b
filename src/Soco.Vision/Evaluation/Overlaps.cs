namespace Soco.Vision.Evaluation;

/// <summary>A detection and an object whose IoU is worth a look.</summary>
/// <param name="Object">Place of the object in its cell.</param>
/// <param name="Iou">Their IoU; over the detection's own area where the object is a crowd.</param>
internal readonly record struct Candidate(int Object, double Iou);

/// <summary>
/// Finds the pairs of a cell whose IoU reaches the lowest threshold; the others can never match. One instance serves one thread: its arrays
/// are used again from cell to cell.
/// </summary>
/// <param name="cells">Everything.</param>
/// <param name="least">The lowest threshold.</param>
internal abstract class Overlaps(Cells cells, double least)
{
    private Candidate[] _candidates = new Candidate[64];
    private int[] _ends = new int[64];
    private int _count;

    /// <summary>Everything.</summary>
    protected Cells Cells => cells;

    /// <summary>The lowest threshold.</summary>
    protected double Least => least;

    /// <summary>The pairs of a detection after <see cref="Find"/>, in the order of the objects.</summary>
    /// <param name="detection">Place of the detection in its cell.</param>
    public ReadOnlySpan<Candidate> Of(int detection) => _candidates.AsSpan((detection > 0 ? _ends[detection - 1] : 0).._ends[detection]);

    /// <summary>Finds the pairs of a cell that has both detections and objects.</summary>
    public void Find(in Cell cell)
    {
        if (_ends.Length < cell.Detections)
        {
            _ends = new int[2 * cell.Detections];
        }

        _count = 0;
        Prepare(cell);
        for (int i = 0; i < cell.Detections; i++)
        {
            if (_candidates.Length < _count + cell.Objects)
            {
                Array.Resize(ref _candidates, 2 * (_count + cell.Objects));
            }

            Compare(cell, i);
            _ends[i] = _count;
        }
    }

    /// <summary>Lays out what the comparisons of a cell read.</summary>
    protected abstract void Prepare(in Cell cell);

    /// <summary>Compares a detection with every object of its cell, and adds those whose IoU reaches the lowest threshold.</summary>
    protected abstract void Compare(in Cell cell, int detection);

    /// <summary>Adds a pair if it is worth a look.</summary>
    protected void Add(int place, double iou)
    {
        if (iou >= least)
        {
            _candidates[_count++] = new Candidate(place, iou);
        }
    }
}

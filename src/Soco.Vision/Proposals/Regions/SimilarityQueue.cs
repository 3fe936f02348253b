namespace Soco.Vision.Proposals.Regions;

/// <summary>
/// A binary heap of pairs: the most similar first, among equals the one inserted last. Pairs are never taken out; whoever pops checks
/// whether the insertion number is still the pair's own.
/// </summary>
internal sealed class SimilarityQueue
{
    private Entry[] _entries = [];

    /// <summary>Entries, outdated ones included.</summary>
    public int Count { get; private set; }

    public void Clear() => Count = 0;

    public void Push(double similarity, long number, int pair)
    {
        Buffers.Grow(ref _entries, Count + 1);
        var entry = new Entry(similarity, number, pair);
        int at = Count++;
        while (at > 0 && entry.Before(_entries[(at - 1) / 2]))
        {
            _entries[at] = _entries[(at - 1) / 2];
            at = (at - 1) / 2;
        }

        _entries[at] = entry;
    }

    public Entry Pop()
    {
        Entry top = _entries[0];
        Entry last = _entries[--Count];
        Sink(0, last);
        return top;
    }

    /// <summary>Drops the entries whose number is not their pair's own any more.</summary>
    public void DropOutdated(ReadOnlySpan<long> numbers)
    {
        int kept = 0;
        for (int i = 0; i < Count; i++)
        {
            if (numbers[_entries[i].Pair] == _entries[i].Number)
            {
                _entries[kept++] = _entries[i];
            }
        }

        Count = kept;
        for (int i = kept / 2 - 1; i >= 0; i--)
        {
            Sink(i, _entries[i]);
        }
    }

    private void Sink(int at, Entry entry)
    {
        for (int child = 2 * at + 1; child < Count; child = 2 * at + 1)
        {
            if (child + 1 < Count && _entries[child + 1].Before(_entries[child]))
            {
                child++;
            }

            if (!_entries[child].Before(entry))
            {
                break;
            }

            _entries[at] = _entries[child];
            at = child;
        }

        _entries[at] = entry;
    }

    /// <summary>A pair with the similarity and the insertion number that it had when it was pushed.</summary>
    public readonly record struct Entry(double Similarity, long Number, int Pair)
    {
        public bool Before(in Entry other) => Similarity > other.Similarity || (Similarity == other.Similarity && Number > other.Number);
    }
}

using System.Text;
using Soco.Vision.Proposals.Regions;

namespace Soco.Vision.Proposals.Storage;

/// <summary>Names and their numbers, 0, 1, ... in the order they were added: UTF-8 in one array and a hash table beside it.</summary>
internal sealed class NameTable
{
    private byte[] _text = [];
    private int[] _ends = [];
    private int[] _slots = [];

    /// <summary>The number of names.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a name; false if it is there already.</summary>
    public bool TryAdd(string name)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(name);
        if (2 * (Count + 1) > _slots.Length)
        {
            Rehash(Math.Max(16, 2 * _slots.Length));
        }

        int slot = SlotOf(utf8);
        if (_slots[slot] > 0)
        {
            return false;
        }

        int start = StartOf(Count);
        Buffers.Grow(ref _text, checked(start + utf8.Length));
        utf8.CopyTo(_text, start);
        Buffers.Grow(ref _ends, Count + 1);
        _ends[Count] = start + utf8.Length;
        _slots[slot] = ++Count;
        return true;
    }

    /// <summary>The number of a name; -1 if it is not there.</summary>
    public int Find(string name) => Count == 0 ? -1 : _slots[SlotOf(Encoding.UTF8.GetBytes(name))] - 1;

    /// <summary>The name with a number.</summary>
    public string this[int number] => Encoding.UTF8.GetString(TextOf(number));

    private int StartOf(int number) => number == 0 ? 0 : _ends[number - 1];

    private ReadOnlySpan<byte> TextOf(int number) => _text.AsSpan(StartOf(number).._ends[number]);

    /// <summary>Where a name is or would be; slots hold number + 1, and 0 where they are free.</summary>
    private int SlotOf(ReadOnlySpan<byte> utf8)
    {
        var hash = new HashCode();
        hash.AddBytes(utf8);
        int slot = hash.ToHashCode() & (_slots.Length - 1);
        while (_slots[slot] > 0 && !TextOf(_slots[slot] - 1).SequenceEqual(utf8))
        {
            slot = (slot + 1) & (_slots.Length - 1);
        }

        return slot;
    }

    private void Rehash(int length)
    {
        _slots = new int[length];
        for (int number = 0; number < Count; number++)
        {
            _slots[SlotOf(TextOf(number))] = number + 1;
        }
    }
}

using Soco.Vision.Proposals.Regions;

namespace Soco.Vision.Proposals.Storage;

/// <summary>
/// Boxes of many images, 8 bytes a box, in blocks so that nothing is copied when they grow. Images of more than 65535 pixels a side keep
/// theirs apart.
/// </summary>
internal sealed class PackedBoxes
{
    private const int BoxesPerBlock = 1 << 16;

    private readonly List<Packed[]> _blocks = [];
    private readonly Dictionary<int, BoxXywh[]> _wide = [];
    private long[] _ends = [];

    /// <summary>Images.</summary>
    public int Count { get; private set; }

    /// <summary>Boxes of all images.</summary>
    public long BoxCount { get; private set; }

    private long Stored => Count == 0 ? 0 : _ends[Count - 1];

    /// <summary>Adds the boxes of the next image; coordinates are not negative.</summary>
    public void Add(List<BoxXywh> boxes)
    {
        long end = Stored;
        if (boxes.Exists(box => Math.Max(Math.Max(box.X, box.Y), Math.Max(box.Width, box.Height)) > ushort.MaxValue))
        {
            _wide.Add(Count, [.. boxes]);
        }
        else
        {
            foreach (BoxXywh box in boxes)
            {
                if (end == (long)_blocks.Count * BoxesPerBlock)
                {
                    _blocks.Add(new Packed[BoxesPerBlock]);
                }

                _blocks[(int)(end / BoxesPerBlock)][end++ % BoxesPerBlock] = new Packed(
                    (ushort)box.X,
                    (ushort)box.Y,
                    (ushort)box.Width,
                    (ushort)box.Height
                );
            }
        }

        Buffers.Grow(ref _ends, Count + 1);
        _ends[Count++] = end;
        BoxCount += boxes.Count;
    }

    /// <summary>The boxes of an image.</summary>
    public BoxXywh[] this[int image]
    {
        get
        {
            if (_wide.TryGetValue(image, out BoxXywh[]? wide))
            {
                return [.. wide];
            }

            long start = image == 0 ? 0 : _ends[image - 1];
            var boxes = new BoxXywh[_ends[image] - start];
            for (int i = 0; i < boxes.Length; i++)
            {
                Packed box = _blocks[(int)((start + i) / BoxesPerBlock)][(start + i) % BoxesPerBlock];
                boxes[i] = new BoxXywh(box.X, box.Y, box.Width, box.Height);
            }

            return boxes;
        }
    }

    private readonly record struct Packed(ushort X, ushort Y, ushort Width, ushort Height);
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Soco.Vision.Proposals.Regions;

/// <summary>
/// The edges of a grid graph, roughly sorted: an eighth of an octave of cost to a band. The segmentation works on band after band, and by
/// the time it comes to a band most of its edges lie inside one segment and need no exact sorting. Within a band the edges stand by
/// direction, then in raster order. An edge takes 12 bytes.
/// </summary>
internal sealed unsafe class EdgeBands
{
    /// <summary>Bands: cost 0; costs below 2^-16; and 8 for each octave from there up to 2 (the greatest cost is sqrt(3)).</summary>
    public const int Count = 2 + 17 * 8;

    private const int ChunkLength = 256,
        DroppedBits = 49,
        FirstOctave = (1023 - 16) << (52 - DroppedBits);

    // A stream, the edges of one direction in one band, is a chain of chunks.
    private readonly int[] _firstChunk = new int[4 * Count];
    private readonly int[] _end = new int[4 * Count];
    private ulong[] _costs = [];
    private uint[] _edges = [];
    private int[] _nextChunk = [];
    private int _chunks;

    /// <summary>The costs as the bits of a float64; costs are not negative, so the bits sort as the numbers do.</summary>
    public ulong[] Costs => _costs;

    /// <summary>The edges, as <see cref="GridEdge"/> packs them.</summary>
    public uint[] Edges => _edges;

    /// <summary>The least cost that a band can hold.</summary>
    public static double FloorOf(int band) =>
        band < 2 ? 0 : BitConverter.UInt64BitsToDouble((ulong)(FirstOctave + band - 2) << DroppedBits);

    /// <summary>Edges in a band.</summary>
    public int LengthOf(int band)
    {
        int length = 0;
        for (int direction = 0; direction < 4; direction++)
        {
            foreach ((_, int count) in PlacesOf(direction, band))
            {
                length += count;
            }
        }

        return length;
    }

    /// <summary>Empties all bands and makes room for so many edges.</summary>
    public void Start(int edges)
    {
        int streams = 4 * Count,
            chunks = checked(edges / ChunkLength + streams + 1);
        Buffers.Fit(ref _costs, checked(chunks * ChunkLength));
        Buffers.Fit(ref _edges, chunks * ChunkLength);
        Buffers.Fit(ref _nextChunk, chunks);
        for (int stream = 0; stream < streams; stream++)
        {
            _firstChunk[stream] = stream;
            _end[stream] = stream * ChunkLength;
        }

        _chunks = streams;
    }

    /// <summary>Adds the edges of one row of cells.</summary>
    /// <param name="costs">
    /// [4, stride] the costs for each direction: width - 1 of each, and of the edges down one more. Of the last row only those to the
    /// right.
    /// </param>
    /// <param name="stride">From the costs of one direction to those of the next.</param>
    /// <param name="width">Cells of the row.</param>
    /// <param name="firstPixel">The pixel of the first cell.</param>
    /// <param name="last">Whether this is the last row.</param>
    public void Add(double* costs, int stride, int width, int firstPixel, bool last)
    {
        ulong* bits = (ulong*)costs;
        uint pixel = (uint)firstPixel,
            end = (uint)(firstPixel + width - 1);
        fixed (ulong* allCosts = _costs)
        fixed (uint* allEdges = _edges)
        fixed (int* ends = _end)
        {
            if (last)
            {
                for (; pixel < end; pixel++, bits++)
                {
                    Add(*bits, GridEdge.Right, pixel, allCosts, allEdges, ends);
                }

                return;
            }

            // The directions in turn: neighbors of one direction often go to one band, and the second would wait for the first.
            for (; pixel < end; pixel++, bits++)
            {
                Add(bits[0], GridEdge.Right, pixel, allCosts, allEdges, ends);
                Add(bits[stride], GridEdge.Down, pixel, allCosts, allEdges, ends);
                Add(bits[2 * stride], GridEdge.DownRight, pixel, allCosts, allEdges, ends);
                Add(bits[3 * stride], GridEdge.UpRight, pixel, allCosts, allEdges, ends);
            }

            Add(bits[stride], GridEdge.Down, pixel, allCosts, allEdges, ends);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Add(ulong cost, uint direction, uint pixel, ulong* costs, uint* edges, int* ends)
    {
        int band = cost == 0 ? 0 : Math.Max(1, (int)(cost >> DroppedBits) - (FirstOctave - 2));
        ref int end = ref ends[direction * Count + band];
        int at = end;
        costs[at] = cost;
        edges[at] = GridEdge.Pack(direction, pixel);
        if (Sse.IsSupported)
        {
            // So many streams are more than the processor follows by itself: ask for the cache lines ahead.
            Sse.Prefetch0(costs + at + 16);
            Sse.Prefetch0(edges + at + 32);
        }

        end = (at & (ChunkLength - 1)) == ChunkLength - 1 ? NextChunk(at) : at + 1;
    }

    /// <summary>
    /// The places in <see cref="Costs"/> and <see cref="Edges"/> where the edges of one direction in one band stand, in order.
    /// </summary>
    public IEnumerable<(int Start, int Length)> PlacesOf(int direction, int band)
    {
        int stream = direction * Count + band;
        for (int chunk = _firstChunk[stream]; ; chunk = _nextChunk[chunk])
        {
            int start = chunk * ChunkLength,
                written = _end[stream] - start;
            if (written is >= 0 and < ChunkLength)
            {
                yield return (start, written);
                yield break;
            }

            yield return (start, ChunkLength);
        }
    }

    private int NextChunk(int lastOfChunk)
    {
        _nextChunk[lastOfChunk / ChunkLength] = _chunks;
        return _chunks++ * ChunkLength;
    }
}

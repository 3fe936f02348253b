using System.Runtime.CompilerServices;

namespace Soco.Vision.Proposals.Regions;

/// <summary>
/// An edge of the pixel grid in 32 bits: its direction in the top two, the upper-left pixel of its 2x2 cell (y * width + x) below. So
/// packed edges sort by direction, then in raster order: the order that decides between equal costs.
/// </summary>
internal static class GridEdge
{
    public const uint Right = 0,
        Down = 1,
        DownRight = 2,
        UpRight = 3;

    private const int PixelBits = 30;

    public static uint Pack(uint direction, uint pixel) => direction << PixelBits | pixel;

    public static int DirectionOf(uint edge) => (int)(edge >> PixelBits);

    public static int PixelOf(uint edge) => (int)(edge & ((1u << PixelBits) - 1));
}

/// <summary>Where the two ends of an edge lie in an image of a given width.</summary>
internal readonly struct EdgeEnds(int width)
{
    /// <summary>[4] from the pixel of the cell to the first end, for each direction.</summary>
    public readonly FourOffsets First = new(0, 0, 0, width);

    /// <summary>[4] from the pixel of the cell to the second end.</summary>
    public readonly FourOffsets Second = new(1, width, width + 1, 1);

    public int FirstOf(uint edge) => GridEdge.PixelOf(edge) + First[GridEdge.DirectionOf(edge)];

    public int SecondOf(uint edge) => GridEdge.PixelOf(edge) + Second[GridEdge.DirectionOf(edge)];

    [InlineArray(4)]
    public struct FourOffsets
    {
        private int _first;

        public FourOffsets(int right, int down, int downRight, int upRight)
        {
            this[0] = right;
            this[1] = down;
            this[2] = downRight;
            this[3] = upRight;
        }
    }
}

using Soco.Vision;
using Soco.Vision.Drawing;
using Soco.Vision.Imaging;

namespace Soco.Reports;

/// <summary>The squares of a sheet of neighbors.</summary>
/// <param name="Side">Side of a square, pixels.</param>
internal sealed record NeighborTiles(int Side)
{
    private const int Border = 4;

    /// <summary>The ground around a picture.</summary>
    public static readonly DrawingColor Paper = new(238, 239, 241);

    /// <summary>A part of an image as large as fits into the square.</summary>
    /// <param name="image">The image.</param>
    /// <param name="box">The part.</param>
    /// <param name="border">The color of the square's border.</param>
    public RgbImage Of(RgbImage image, BoxXywh box, DrawingColor border)
    {
        double scale = (double)(Side - 2 * Border) / Math.Max(box.Width, box.Height);
        RgbImage crop = Resampling.CropAndResizeBilinear(
            image,
            box.X,
            box.Y,
            box.Width,
            box.Height,
            Math.Max((int)(box.Width * scale), 1),
            Math.Max((int)(box.Height * scale), 1)
        );
        RgbImage tile = Blank(Paper);
        ImageDrawing.Picture(tile, crop, (Side - crop.Width) / 2, (Side - crop.Height) / 2);
        ImageDrawing.Rectangle(tile, new BoxXyxy(0, 0, Side, Side), border, Border);
        return tile;
    }

    /// <summary>A square of one color.</summary>
    public RgbImage Blank(DrawingColor color)
    {
        var ground = new RgbImage(Side, Side);
        ImageDrawing.Fill(ground, new BoxXyxy(0, 0, Side, Side), color);
        return ground;
    }
}

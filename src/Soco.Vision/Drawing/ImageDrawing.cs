using SkiaSharp;
using Soco.Vision.Imaging;

namespace Soco.Vision.Drawing;

/// <summary>Draws on the pixels of an image. What lies outside of the image is cut off.</summary>
public static class ImageDrawing
{
    private const double LabelPadding = 0.25;

    /// <summary>Fills a rectangle with one color.</summary>
    /// <param name="image">The image to draw on.</param>
    /// <param name="box">Pixels; X1 and Y1 are the first column and row, X2 and Y2 the ones after the last, each rounded.</param>
    /// <param name="color">The color.</param>
    public static void Fill(RgbImage image, BoxXyxy box, DrawingColor color)
    {
        (int left, int right) = (Pixel(box.X1, image.Width), Pixel(box.X2, image.Width));
        (int top, int bottom) = (Pixel(box.Y1, image.Height), Pixel(box.Y2, image.Height));
        for (int y = top; y < bottom; y++)
        {
            for (int i = 3 * (y * image.Width + left), end = 3 * (y * image.Width + right); i < end; i += 3)
            {
                image.Pixels[i] = color.R;
                image.Pixels[i + 1] = color.G;
                image.Pixels[i + 2] = color.B;
            }
        }
    }

    /// <summary>Draws the outline of a box; the line lies inside the box, so that its outer edge is the box itself.</summary>
    /// <param name="image">The image to draw on.</param>
    /// <param name="box">Pixels; X1 and Y1 are the first column and row, X2 and Y2 the ones after the last, each rounded.</param>
    /// <param name="color">The color of the line.</param>
    /// <param name="thickness">Pixels, at least 1.</param>
    public static void Rectangle(RgbImage image, BoxXyxy box, DrawingColor color, int thickness = 2)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(thickness, 1);
        (double x1, double y1, double x2, double y2) = (Math.Round(box.X1), Math.Round(box.Y1), Math.Round(box.X2), Math.Round(box.Y2));
        double across = Math.Min(thickness, x2 - x1);
        double down = Math.Min(thickness, y2 - y1);
        Fill(image, new BoxXyxy(x1, y1, x2, y1 + down), color);
        Fill(image, new BoxXyxy(x1, y2 - down, x2, y2), color);
        Fill(image, new BoxXyxy(x1, y1, x1 + across, y2), color);
        Fill(image, new BoxXyxy(x2 - across, y1, x2, y2), color);
    }

    /// <summary>Draws a label: text on a filled ground, moved as far as needed to lie inside the image.</summary>
    /// <param name="image">The image to draw on.</param>
    /// <param name="text">One line.</param>
    /// <param name="x">Left edge of the ground, pixels.</param>
    /// <param name="y">Top edge of the ground, pixels.</param>
    /// <param name="ground">The color of the ground; the text is white or ink, whichever reads better.</param>
    /// <param name="size">Height of the font, pixels.</param>
    /// <returns>Where the ground is, pixels.</returns>
    public static BoxXyxy Label(RgbImage image, string text, double x, double y, DrawingColor ground, double size = 12)
    {
        (double width, double height) = MeasureLabel(text, size);
        double left = Math.Round(Math.Max(0, Math.Min(x, image.Width - width)));
        double top = Math.Round(Math.Max(0, Math.Min(y, image.Height - height)));
        var place = new BoxXyxy(left, top, left + width, top + height);
        Fill(image, place, ground);
        Text(image, text, left + Math.Round(LabelPadding * size), top, ground.Lettering, size);
        return place;
    }

    /// <summary>Draws a frame that shows on any ground: a line of color between two of ink.</summary>
    /// <param name="image">The image to draw on.</param>
    /// <param name="box">Pixels; the outer edge of the colored line.</param>
    /// <param name="color">The color of the line.</param>
    /// <param name="thickness">Of the colored line, pixels, at least 1.</param>
    public static void Frame(RgbImage image, BoxXyxy box, DrawingColor color, int thickness = 2)
    {
        int ink = Math.Max(1, thickness / 2);
        Rectangle(image, new BoxXyxy(box.X1 - ink, box.Y1 - ink, box.X2 + ink, box.Y2 + ink), DrawingColor.Ink, thickness + 2 * ink);
        Rectangle(image, box, color, thickness);
    }

    /// <summary>Draws one line of anti-aliased text.</summary>
    /// <param name="image">The image to draw on.</param>
    /// <param name="text">One line.</param>
    /// <param name="x">Left edge of the line, pixels.</param>
    /// <param name="y">Top edge of the line, pixels: above the tallest letter.</param>
    /// <param name="color">The color of the letters.</param>
    /// <param name="size">Height of the font, pixels.</param>
    public static void Text(RgbImage image, string text, double x, double y, DrawingColor color, double size = 12)
    {
        (int width, int height) = Measure(text, size);
        if (width == 0)
        {
            return;
        }

        using SKFont font = FontOf(size);
        using var coverage = new SKBitmap(new SKImageInfo(width, height, SKColorType.Alpha8, SKAlphaType.Premul));
        coverage.Erase(SKColors.Transparent);
        using (var canvas = new SKCanvas(coverage))
        using (var paint = new SKPaint { IsAntialias = true, Color = SKColors.Black })
        {
            canvas.DrawText(text, 0, -font.Metrics.Ascent, SKTextAlign.Left, font, paint);
        }

        Blend(image, coverage, (int)Math.Round(x), (int)Math.Round(y), color);
    }

    /// <summary>The room that one line of text takes: width and height, whole pixels.</summary>
    /// <param name="text">One line.</param>
    /// <param name="size">Height of the font, pixels.</param>
    public static (int Width, int Height) Measure(string text, double size)
    {
        using SKFont font = FontOf(size);
        SKFontMetrics metrics = font.Metrics;
        return ((int)Math.Ceiling(font.MeasureText(text)), (int)Math.Ceiling(metrics.Descent - metrics.Ascent));
    }

    /// <summary>The room that a label takes: its text and the ground around it, pixels.</summary>
    internal static (double Width, double Height) MeasureLabel(string text, double size)
    {
        (int width, int height) = Measure(text, size);
        return (width + 2 * Math.Round(LabelPadding * size), height);
    }

    /// <summary>Copies an image onto another.</summary>
    /// <param name="image">The image to draw on.</param>
    /// <param name="picture">The image to copy.</param>
    /// <param name="x">The column where its first column goes.</param>
    /// <param name="y">The row where its first row goes.</param>
    public static void Picture(RgbImage image, RgbImage picture, int x, int y)
    {
        (int from, int to) = (Math.Max(0, -x), Math.Min(picture.Width, image.Width - x));
        for (int row = Math.Max(0, -y), last = Math.Min(picture.Height, image.Height - y); row < last && from < to; row++)
        {
            picture
                .Pixels.AsSpan(3 * (row * picture.Width + from), 3 * (to - from))
                .CopyTo(image.Pixels.AsSpan(3 * ((y + row) * image.Width + x + from)));
        }
    }

    private static SKFont FontOf(double size) => new(Fonts.Regular, (float)size) { Edging = SKFontEdging.Antialias, Subpixel = true };

    private static int Pixel(double edge, int limit) => (int)Math.Clamp(Math.Round(edge), 0, limit);

    private static void Blend(RgbImage image, SKBitmap coverage, int left, int top, DrawingColor color)
    {
        ReadOnlySpan<byte> alpha = coverage.GetPixelSpan();
        for (int row = Math.Max(0, -top); row < coverage.Height && top + row < image.Height; row++)
        {
            for (int column = Math.Max(0, -left); column < coverage.Width && left + column < image.Width; column++)
            {
                int share = alpha[row * coverage.RowBytes + column];
                Span<byte> pixel = image.Pixels.AsSpan(3 * ((top + row) * image.Width + left + column), 3);
                pixel[0] = Over(pixel[0], color.R, share);
                pixel[1] = Over(pixel[1], color.G, share);
                pixel[2] = Over(pixel[2], color.B, share);
            }
        }
    }

    private static byte Over(byte below, byte above, int share) => (byte)((below * (255 - share) + above * share + 127) / 255);
}

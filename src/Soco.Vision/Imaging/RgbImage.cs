namespace Soco.Vision.Imaging;

/// <summary>An image in memory: 8 bits a channel, interleaved red, green, blue, rows without padding.</summary>
public sealed class RgbImage
{
    /// <summary>A black image.</summary>
    /// <param name="width">Columns, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    public RgbImage(int width, int height)
        : this(width, height, new byte[checked(3 * width * height)]) { }

    /// <summary>An image over pixels that the caller gives up.</summary>
    /// <param name="width">Columns, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="pixels">Exactly 3 * width * height bytes: R, G, B of row 0, then row 1, ...</param>
    public RgbImage(int width, int height, byte[] pixels)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentOutOfRangeException.ThrowIfNotEqual(pixels.Length, checked(3 * width * height));
        Width = width;
        Height = height;
        Pixels = pixels;
    }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>3 * Width * Height bytes, interleaved RGB, top row first.</summary>
    public byte[] Pixels { get; }

    /// <summary>Gives the pixels to the next image of this size; nothing may use this one any more.</summary>
    internal void Recycle() => PixelPool.Return(Pixels);

    /// <summary>Red, green and blue of one pixel.</summary>
    public (byte R, byte G, byte B) this[int x, int y]
    {
        get
        {
            int i = 3 * (y * Width + x);
            return (Pixels[i], Pixels[i + 1], Pixels[i + 2]);
        }
    }
}

using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using SkiaSharp;

namespace Soco.Vision.Imaging;

/// <summary>Drops the fourth byte of decoded RGBA pixels and turns them upright (EXIF 2.3, tag 0x0112) on the way.</summary>
internal static class RgbPacking
{
    /// <summary>True where upright means that columns become rows (orientations 5 to 8).</summary>
    internal static bool SwapsSides(SKEncodedOrigin origin) => origin >= SKEncodedOrigin.LeftTop;

    /// <summary>An upright image of stored RGBA rows.</summary>
    internal static RgbImage PackUpright(ReadOnlySpan<byte> rgba, int width, int height, SKEncodedOrigin origin)
    {
        (int outWidth, int outHeight) = SwapsSides(origin) ? (height, width) : (width, height);
        byte[] pixels = PixelPool.Rent(checked(3 * width * height));
        if (origin is SKEncodedOrigin.TopLeft or SKEncodedOrigin.Default)
        {
            Pack(rgba, pixels);
        }
        else
        {
            PackTurned(rgba, pixels, width, height, origin);
        }

        return new RgbImage(outWidth, outHeight, pixels);
    }

    private static void Pack(ReadOnlySpan<byte> rgba, Span<byte> rgb)
    {
        ref byte source = ref MemoryMarshal.GetReference(rgba);
        ref byte target = ref MemoryMarshal.GetReference(rgb);
        int count = rgba.Length / 4;
        int i = 0;
        if (Vector128.IsHardwareAccelerated)
        {
            // Four pixels a turn; each store writes 16 bytes, of which the next one overwrites the last 4.
            Vector128<byte> order = Vector128.Create((byte)0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 255, 255, 255, 255);
            for (; i + 6 <= count; i += 4)
            {
                Vector128<byte> four = Vector128.LoadUnsafe(ref source, (nuint)(4 * i));
                Vector128.Shuffle(four, order).StoreUnsafe(ref target, (nuint)(3 * i));
            }
        }

        for (; i < count; i++)
        {
            rgba.Slice(4 * i, 3).CopyTo(rgb.Slice(3 * i, 3));
        }
    }

    /// <summary>Stored pixel (x, y) goes to start + x * stepX + y * stepY, counted in pixels of the upright image.</summary>
    private static void PackTurned(ReadOnlySpan<byte> rgba, Span<byte> rgb, int width, int height, SKEncodedOrigin origin)
    {
        (int start, int stepX, int stepY) = origin switch
        {
            SKEncodedOrigin.TopRight => (width - 1, -1, width),
            SKEncodedOrigin.BottomRight => (width * height - 1, -1, -width),
            SKEncodedOrigin.BottomLeft => (width * (height - 1), 1, -width),
            SKEncodedOrigin.LeftTop => (0, height, 1),
            SKEncodedOrigin.RightTop => (height - 1, height, -1),
            SKEncodedOrigin.RightBottom => (width * height - 1, -height, -1),
            SKEncodedOrigin.LeftBottom => (height * (width - 1), -height, 1),
            _ => throw new ArgumentOutOfRangeException(nameof(origin), origin, "EXIF orientations are 1 to 8."),
        };
        for (int y = 0; y < height; y++)
        {
            ReadOnlySpan<byte> row = rgba.Slice(4 * y * width, 4 * width);
            int to = start + y * stepY;
            for (int x = 0; x < width; x++, to += stepX)
            {
                row.Slice(4 * x, 3).CopyTo(rgb.Slice(3 * to, 3));
            }
        }
    }
}

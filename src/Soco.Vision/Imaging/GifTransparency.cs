namespace Soco.Vision.Imaging;

/// <summary>
/// The transparent color of a GIF's first frame (GIF89a, section 23). Skia decodes such pixels as black; Pillow gives them their color in
/// the palette.
/// </summary>
internal static class GifTransparency
{
    private const int HeaderLength = 13;

    /// <summary>The file without its transparent color; the same bytes where there is none, or no GIF.</summary>
    /// <param name="file">The whole file.</param>
    internal static ReadOnlySpan<byte> Opaque(ReadOnlySpan<byte> file)
    {
        int flag = file.StartsWith("GIF8"u8) ? FindFlag(file) : -1;
        if (flag < 0)
        {
            return file;
        }

        byte[] opaque = file.ToArray();
        opaque[flag] &= 0xFE;
        return opaque;
    }

    /// <summary>Finds the byte of the first graphic control extension that says that a color is transparent.</summary>
    /// <param name="gif">The whole file.</param>
    /// <returns>Its index; the flag is its lowest bit. -1 where no color of the first frame is transparent.</returns>
    private static int FindFlag(ReadOnlySpan<byte> gif)
    {
        if (gif.Length < HeaderLength)
        {
            return -1;
        }

        int at = HeaderLength + ((gif[10] & 0x80) != 0 ? 3 << ((gif[10] & 7) + 1) : 0);
        while (at + 3 < gif.Length && gif[at] == 0x21)
        {
            if (gif[at + 1] == 0xF9)
            {
                return (gif[at + 3] & 1) != 0 ? at + 3 : -1;
            }

            for (at += 2; at < gif.Length && gif[at] != 0; at += gif[at] + 1) { }

            at++;
        }

        return -1;
    }
}

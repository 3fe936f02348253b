namespace Soco.Images;

/// <summary>The transparent colour of a GIF's first frame (GIF89a, section 23). Decoders leave such pixels black; Pillow gives them the colour of the palette.</summary>
internal static class GifTransparency
{
    private const int HeaderLength = 13;

    /// <summary>Finds the byte of the first graphic control extension that says that a color is transparent.</summary>
    /// <param name="gif">The whole file.</param>
    /// <returns>Its place, of which the lowest bit is the flag; -1 where no color of the first frame is transparent.</returns>
    internal static int FindFlag(ReadOnlySpan<byte> gif)
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

            for (at += 2; at < gif.Length && gif[at] != 0; at += gif[at] + 1)
            {
            }

            at++;
        }

        return -1;
    }
}

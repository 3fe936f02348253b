using BitMiracle.LibTiff.Classic;
using Soco.Vision.Imaging;

namespace Soco.Vision.Tests.Imaging;

public sealed class TiffFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Compression.NONE)]
    [InlineData(Compression.LZW)]
    [InlineData(Compression.ADOBE_DEFLATE)]
    [InlineData(Compression.PACKBITS)]
    public void Colors_are_read_as_they_were_written(Compression compression)
    {
        byte[] pixels = [.. Enumerable.Range(0, 3 * 5 * 4).Select(i => (byte)(4 * i))];

        RgbImage image = ImageDecoder.Decode(Written(5, 4, 3, 8, pixels, compression: compression), "a.tif");

        Assert.Equal((5, 4), (image.Width, image.Height));
        Assert.Equal(pixels, image.Pixels);
    }

    [Fact]
    public void Of_sixteen_bits_the_upper_eight_stay()
    {
        byte[] pixels = [.. new ushort[] { 0x0000, 0x40FF, 0x8001, 0xFFFF }.SelectMany(BitConverter.GetBytes)];

        RgbImage image = ImageDecoder.Decode(Written(4, 1, 1, 16, pixels), "grey.tif");

        Assert.Equal<byte>([0, 0, 0, 0x40, 0x40, 0x40, 0x80, 0x80, 0x80, 0xFF, 0xFF, 0xFF], image.Pixels);
    }

    [Theory]
    [InlineData(Orientation.TOPLEFT, "abcdef", 3)]
    [InlineData(Orientation.TOPRIGHT, "cbafed", 3)]
    [InlineData(Orientation.BOTRIGHT, "fedcba", 3)]
    [InlineData(Orientation.BOTLEFT, "defabc", 3)]
    [InlineData(Orientation.LEFTTOP, "adbecf", 2)]
    [InlineData(Orientation.RIGHTTOP, "daebfc", 2)]
    [InlineData(Orientation.RIGHTBOT, "fcebda", 2)]
    [InlineData(Orientation.LEFTBOT, "cfbead", 2)]
    public void It_is_turned_upright(Orientation orientation, string expected, int width)
    {
        byte[] file = Written(3, 2, 1, 8, "abcdef"u8.ToArray(), orientation);

        RgbImage image = ImageDecoder.Decode(file, "turned.tif");

        Assert.Equal((width, 6 / width), (image.Width, image.Height));
        Assert.Equal((width, 6 / width), ImageDecoder.ReadSize(file, "turned.tif"));
        Assert.Equal(expected, string.Concat(image.Pixels.Where((_, i) => i % 3 == 0).Select(value => (char)value)));
    }

    [Fact]
    public void Damaged_files_are_unreadable_whatever_byte_is_damaged()
    {
        byte[] whole = Written(40, 30, 3, 8, new byte[3 * 40 * 30], compression: Compression.LZW);
        for (int length = 0; length < whole.Length; length += 7)
        {
            Assert.Throws<UnreadableImageException>(() => ImageDecoder.Decode(whole.AsSpan(0, length), "cut.tif"));
        }

        var random = new System.Random(1);
        for (int trial = 0; trial < 2000; trial++)
        {
            byte[] mutated = [.. whole];
            for (int flips = 0; flips < 3; flips++)
            {
                mutated[random.Next(mutated.Length)] ^= (byte)(1 << random.Next(8));
            }

            try
            {
                RgbImage image = ImageDecoder.Decode(mutated, "mutated.tif");
                Assert.Equal(3L * image.Width * image.Height, image.Pixels.Length);
            }
            catch (UnreadableImageException)
            {
                // What is expected of most.
            }
        }
    }

    [Fact]
    public void A_header_of_too_many_pixels_is_refused_before_memory_is_taken()
    {
        byte[] file = Written(2, 2, 1, 8, [1, 2, 3, 4]);
        int at = file.AsSpan().IndexOf(new byte[] { 0x00, 0x01, 0x03, 0x00, 0x01, 0x00, 0x00, 0x00, 2, 0 }) + 8;
        BitConverter.GetBytes((ushort)60000).CopyTo(file, at);
        BitConverter.GetBytes((ushort)60000).CopyTo(file, at + 12);

        var error = Assert.Throws<UnreadableImageException>(() => ImageDecoder.Decode(file, "vast.tif"));

        Assert.Contains("60000x60000 pixels; 1 to 256 million can be read", error.Message, StringComparison.Ordinal);
    }

    private byte[] Written(
        int width,
        int height,
        int channels,
        int bits,
        byte[] pixels,
        Orientation orientation = Orientation.TOPLEFT,
        Compression compression = Compression.NONE
    )
    {
        string path = Path.Combine(_folder.Root, "written.tif");
        using (Tiff tiff = Tiff.Open(path, "wl"))
        {
            tiff.SetField(TiffTag.IMAGEWIDTH, width);
            tiff.SetField(TiffTag.IMAGELENGTH, height);
            tiff.SetField(TiffTag.SAMPLESPERPIXEL, channels);
            tiff.SetField(TiffTag.BITSPERSAMPLE, bits);
            tiff.SetField(TiffTag.PHOTOMETRIC, channels == 3 ? Photometric.RGB : Photometric.MINISBLACK);
            tiff.SetField(TiffTag.PLANARCONFIG, PlanarConfig.CONTIG);
            tiff.SetField(TiffTag.COMPRESSION, compression);
            tiff.SetField(TiffTag.ROWSPERSTRIP, height);
            tiff.SetField(TiffTag.ORIENTATION, orientation);
            int row = width * channels * bits / 8;
            for (int y = 0; y < height; y++)
            {
                tiff.WriteScanline(pixels[(y * row)..((y + 1) * row)], y);
            }
        }

        return File.ReadAllBytes(path);
    }
}

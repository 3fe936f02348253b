using System.Buffers.Binary;
using Soco.Vision.Imaging;

namespace Soco.Vision.Tests.Imaging;

public class ImageDecoderTests
{
    public static TheoryData<string> Kinds => [.. EncodedImages.Names];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_kind_of_image_decodes_to_the_pixels_that_Pillow_reads(string kind)
    {
        RgbImage expected = EncodedImages.PixelsOf(kind);
        RgbImage decoded = ImageDecoder.Decode(EncodedImages.FileOf(kind), kind);
        Assert.Equal((expected.Width, expected.Height), (decoded.Width, decoded.Height));
        Assert.Equal(expected.Pixels, decoded.Pixels);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_size_in_the_header_is_the_size_after_the_orientation(string kind)
    {
        RgbImage expected = EncodedImages.PixelsOf(kind);
        Assert.Equal((expected.Width, expected.Height), ImageDecoder.ReadSize(EncodedImages.FileOf(kind), kind));
    }

    [Theory]
    [InlineData("JPEG 4:2:0")]
    [InlineData("CMYK JPEG")]
    [InlineData("progressive JPEG")]
    [InlineData("PNG")]
    [InlineData("BMP")]
    [InlineData("GIF")]
    [InlineData("WebP")]
    public void A_file_cut_short_anywhere_is_unreadable(string kind)
    {
        byte[] whole = EncodedImages.FileOf(kind);
        // The last bytes of a GIF, a PNG or a JPEG are an end mark, after the last pixel.
        for (int length = whole.Length - 24; length >= 0; length -= 7)
        {
            Assert.Throws<UnreadableImageException>(() => ImageDecoder.Decode(whole.AsSpan(0, length), "cut"));
        }
    }

    [Theory]
    [InlineData("HEIC", "\0\0\0\u0018ftypheic")]
    [InlineData("AVIF", "\0\0\0\u0018ftypavif")]
    [InlineData("JPEG 2000", "\0\0\0\u000cjP  ")]
    [InlineData("PAM", "P7\nWIDTH 2\n")]
    public void What_is_an_image_of_another_kind_is_called_so(string format, string start) =>
        Assert.Equal(
            $"{format} images are not read: convert it to PNG or JPEG",
            Assert
                .Throws<UnreadableImageException>(() =>
                    ImageDecoder.Decode([.. start.Select(letter => (byte)letter), .. new byte[40]], "a")
                )
                .Reason
        );

    [Fact]
    public void A_header_that_states_more_than_the_file_can_hold_is_refused_before_memory_is_taken()
    {
        byte[] jpeg = [.. EncodedImages.FileOf("JPEG 4:2:0")];
        int frame = jpeg.AsSpan().IndexOf([(byte)0xFF, (byte)0xC0]);
        (jpeg[frame + 5], jpeg[frame + 6], jpeg[frame + 7], jpeg[frame + 8]) = (0x3E, 0x80, 0x3E, 0x80);
        Assert.Contains(
            "its header states 16000x16000 pixels, more than",
            Assert.Throws<UnreadableImageException>(() => ImageDecoder.Decode(jpeg, "a.jpg")).Message
        );
    }

    [Fact]
    public void A_truncated_JPEG_says_so_and_names_the_image()
    {
        byte[] whole = EncodedImages.FileOf("JPEG 4:2:0");
        var error = Assert.Throws<UnreadableImageException>(() => ImageDecoder.Decode(whole.AsSpan(0, whole.Length - 30), "cats/1.jpg"));
        Assert.Equal("cats/1.jpg: the file is truncated", error.Message);
        Assert.Equal("cats/1.jpg", error.Name);
    }

    [Fact]
    public void An_empty_file_is_unreadable()
    {
        var error = Assert.Throws<UnreadableImageException>(() => ImageDecoder.Decode([], "a.jpg"));
        Assert.Equal("the file is empty", error.Reason);
    }

    [Theory]
    [InlineData("<html>404</html>")]
    [InlineData("\0\0\u0004\u0004 a WBMP of four by four, by its first bytes")]
    public void A_file_that_is_no_image_is_unreadable(string text)
    {
        var error = Assert.Throws<UnreadableImageException>(() => ImageDecoder.Decode(System.Text.Encoding.ASCII.GetBytes(text), "a.jpg"));
        Assert.Equal("not a JPEG, PNG, BMP, GIF, WebP, TIFF or Netpbm image", error.Reason);
    }

    [Theory]
    [InlineData(0, 9)]
    [InlineData(13, 0)]
    public void An_image_of_no_pixels_is_unreadable(int width, int height)
    {
        Assert.Throws<UnreadableImageException>(() => ImageDecoder.Decode(PngStating(width, height), "a.png"));
        Assert.Throws<UnreadableImageException>(() => ImageDecoder.Decode(JpegStating(width, height), "a.jpg"));
        Assert.Throws<UnreadableImageException>(() => ImageDecoder.ReadSize(BmpStating(width, height), "a.bmp"));
    }

    [Fact]
    public void A_header_above_256_million_pixels_is_refused_before_anything_is_allocated()
    {
        byte[][] bombs = [PngStating(65000, 65000), JpegStating(65000, 65000), PngStating(16001, 16000)];
        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (byte[] bomb in bombs)
        {
            var error = Assert.Throws<UnreadableImageException>(() => ImageDecoder.Decode(bomb, "bomb"));
            Assert.EndsWith("pixels; 1 to 256 million can be read", error.Reason);
        }

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1_000_000);
    }

    [Fact]
    public void A_header_of_just_256_million_pixels_is_not_refused()
    {
        Assert.Equal((16000, 16000), ImageDecoder.ReadSize(PngStating(16000, 16000), "large.png"));
    }

    private static byte[] PngStating(int width, int height)
    {
        byte[] png = [.. EncodedImages.FileOf("PNG")];
        BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(16), width);
        BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(20), height);
        BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan(29), Crc32(png.AsSpan(12, 17)));
        return png;
    }

    private static byte[] JpegStating(int width, int height)
    {
        byte[] jpeg = [.. EncodedImages.FileOf("JPEG 4:2:0")];
        int frame = jpeg.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC0, 0x00, 0x11]);
        BinaryPrimitives.WriteUInt16BigEndian(jpeg.AsSpan(frame + 5), (ushort)height);
        BinaryPrimitives.WriteUInt16BigEndian(jpeg.AsSpan(frame + 7), (ushort)width);
        return jpeg;
    }

    private static byte[] BmpStating(int width, int height)
    {
        byte[] bmp = [.. EncodedImages.FileOf("BMP")];
        BinaryPrimitives.WriteInt32LittleEndian(bmp.AsSpan(18), width);
        BinaryPrimitives.WriteInt32LittleEndian(bmp.AsSpan(22), height);
        return bmp;
    }

    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        uint crc = 0xFFFFFFFF;
        foreach (byte b in bytes)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
            }
        }

        return ~crc;
    }

    [Fact]
    public void Transparent_colors_of_a_gif_are_those_of_its_palette()
    {
        // One pixel of color 0, which is transparent: as Pillow's convert("RGB"), the color that the palette gives it.
        byte[] gif = Convert.FromBase64String("R0lGODlhAQABAIAAAAAAAAAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==");
        (gif[13], gif[14], gif[15]) = (104, 90, 92);

        Assert.Equal<byte>([104, 90, 92], ImageDecoder.Decode(gif, "a.gif").Pixels);
    }
}

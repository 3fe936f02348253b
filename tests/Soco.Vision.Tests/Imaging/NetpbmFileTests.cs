using System.Text;
using Soco.Vision.Imaging;

namespace Soco.Vision.Tests.Imaging;

public class NetpbmFileTests
{
    public static TheoryData<string, byte[], int, int, byte[]> Files() =>
        new()
        {
            { "P1 without blanks", [.. "P1\n# made by hand\n3 2\n101\n010"u8], 3, 2, [0, 255, 0, 255, 0, 255] },
            { "P2 of 15", [.. "P2 2 2 15 0 7 15 3"u8], 2, 2, [0, 119, 255, 51] },
            {
                "P4, rows padded to bytes",
                [.. "P4\n9 2\n"u8, 0b1000_0000, 0b1000_0000, 0, 0b1111_1111],
                9,
                2,
                [0, .. White(7), 0, .. White(8), 0]
            },
            { "P5", [.. "P5\n3 1\n255\n"u8, 0, 128, 255], 3, 1, [0, 128, 255] },
            { "P5 of 16 bits", [.. "P5 2 1 65535\n"u8, 0x12, 0xFF, 0xFF, 0x00], 2, 1, [0x12, 0xFF] },
            { "P5 of 12 bits", [.. "P5 2 1 4095\n"u8, 0x08, 0x00, 0x0F, 0xFF], 2, 1, [128, 255] },
            { "P5 whose pixels begin with a blank", [.. "P5 2 1 255 "u8, 32, 10], 2, 1, [32, 10] },
        };

    [Theory]
    [MemberData(nameof(Files), DisableDiscoveryEnumeration = true)]
    public void Gray_images_become_three_equal_channels(string kind, byte[] file, int width, int height, byte[] expected)
    {
        RgbImage image = ImageDecoder.Decode(file, kind);

        Assert.Equal((width, height), (image.Width, image.Height));
        Assert.Equal((width, height), ImageDecoder.ReadSize(file, kind));
        Assert.Equal(expected.SelectMany(value => new[] { value, value, value }), image.Pixels);
    }

    [Fact]
    public void Colors_are_those_of_the_file()
    {
        byte[] expected = [255, 0, 0, 1, 2, 3];
        Assert.Equal(expected, ImageDecoder.Decode([.. "P3\n2 1\n# a comment\n255\n255 0 0\n1 2 3\n"u8], "text").Pixels);
        Assert.Equal(expected, ImageDecoder.Decode([.. "P6\n2 1\n255\n"u8, .. expected], "binary").Pixels);
    }

    [Theory]
    [InlineData("P5\n3 2\n255\nabc", "truncated")]
    [InlineData("P3\n2 1\n255\n255 0", "truncated")]
    [InlineData("P2 2 x 255 1 2", "a number is expected")]
    [InlineData("P2 2 1 0 1 2", "largest value of 0")]
    [InlineData("P2 2 1 70000 1 2", "above 65535")]
    [InlineData("P5 0 7 255\n", "0x7 pixels")]
    [InlineData("P5 60000 60000 255\n", "60000x60000 pixels")]
    [InlineData("P5 9000 9000 255\nabc", "more than 20 bytes of Netpbm can hold")]
    [InlineData("P6 99999999999 1 255\n", "above 2147483647")]
    [InlineData("P7\nWIDTH 2\n", "PAM images are not read")]
    public void Damaged_files_are_one_sentence(string file, string why)
    {
        var error = Assert.Throws<UnreadableImageException>(() => ImageDecoder.Decode(Encoding.ASCII.GetBytes(file), "a.ppm"));
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
    }

    private static byte[] White(int count) => [.. Enumerable.Repeat((byte)255, count)];
}

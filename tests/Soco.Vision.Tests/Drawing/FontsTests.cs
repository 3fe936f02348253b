using Soco.Vision.Drawing;

namespace Soco.Vision.Tests.Drawing;

public sealed class FontsTests
{
    [Fact]
    public void The_font_travels_with_the_assembly_and_has_the_letters_that_labels_use()
    {
        Assert.Equal("Noto Sans", Fonts.Regular.FamilyName);
        Assert.DoesNotContain((ushort)0, Fonts.Regular.GetGlyphs("Soco 0.95 P2-P5 %äéß×±"));
    }

    [Fact]
    public void The_font_file_can_be_read_again_by_other_libraries()
    {
        using Stream first = Fonts.OpenRegular();
        using Stream second = Fonts.OpenRegular();
        Assert.Equal(
            [0, 1, 0, 0],
            new byte[] { (byte)first.ReadByte(), (byte)first.ReadByte(), (byte)first.ReadByte(), (byte)first.ReadByte() }
        );
        Assert.Equal(0, second.Position);
        Assert.True(second.Length > 100_000);
    }
}

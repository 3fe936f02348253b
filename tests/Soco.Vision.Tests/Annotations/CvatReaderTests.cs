using Soco.Vision.Annotations.Coco;
using Soco.Vision.Annotations.Cvat;

namespace Soco.Vision.Tests.Annotations;

public sealed class CvatReaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Labels => _folder.File("annotations.xml");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_kind_of_shape_becomes_what_it_is()
    {
        Write(
            """
            <image id="7" name="C:\set\one.jpg" width="100" height="80">
              <tag label="dog" source="manual"/>
              <box label="dog" occluded="0" xtl="10.5" ytl="20" xbr="30" ybr="40" z_order="0"><attribute name="color">red</attribute></box>
              <box label="dog" xtl="40" ytl="40" xbr="60" ybr="50" rotation="90"/>
              <ellipse label="cat" cx="50" cy="40" rx="10" ry="4"/>
              <ellipse label="cat" cx="50" cy="40" rx="10" ry="4" rotation="90"/>
              <polygon label="cat" points="0,0;10,0;10,10"/>
              <polygon label="cat" points="0,0;10,0"/>
              <mask label="cat" rle="1, 2, 1, 2" left="5" top="6" width="3" height="2"/>
              <points label="dog" points="1,2"/>
              <polyline label="dog" points="1,2;3,4;5,6"/>
            </image>
            <image id="9" name="sub/two.jpg" width="50" height="40"/>
            """
        );

        CocoDataset read = CvatReader.Read(_folder.Root);

        Assert.Equal(["set/one.jpg", "sub/two.jpg"], read.Images.Select(image => image.FileName));
        Assert.Equal(["dog", "cat"], read.Categories.Select(category => category.Name));
        CocoBox[] expected =
        [
            new(10.5, 20, 19.5, 20),
            new(45, 35, 10, 20),
            new(40, 36, 20, 8),
            new(46, 30, 8, 20),
            new(0, 0, 10, 10),
            new(6, 6, 2, 2),
        ];
        Assert.Equal(expected.Length, read.Annotations.Count);
        Assert.All(
            expected.Zip(read.Annotations),
            pair =>
                Assert.True(
                    new[]
                    {
                        pair.First.X - pair.Second.Box.X,
                        pair.First.Y - pair.Second.Box.Y,
                        pair.First.Width - pair.Second.Box.Width,
                        pair.First.Height - pair.Second.Box.Height,
                    }.All(gap => Math.Abs(gap) < 1e-9),
                    $"{pair}"
                )
        );
        Assert.Equal(4, read.Annotations[^1].Mask!.ToRunLengths().Area);
        Assert.Equal((1, 2), (read.Mended.ShortPolygons, read.Mended.Unboxed));
        Assert.Equal(_folder.Root, CvatReader.ImagesOf(Labels));
    }

    [Fact]
    public void A_mask_is_read_row_by_row()
    {
        Write("""<image name="a.jpg" width="4" height="3"><mask label="cat" rle="1,3" left="1" top="1" width="2" height="2"/></image>""");
        Assert.Equal(
            [0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 1, 0],
            read().Annotations.Single().Mask!.ToRunLengths().DecodeRuns().Select(value => (int)value)
        );

        CocoDataset read() => CvatReader.Read(Labels);
    }

    [Theory]
    [InlineData(
        "<image name='a.jpg' width='9' height='9'><box label='cat' xtl='1' ytl='x' xbr='3' ybr='4'/></image>",
        "\"x\" is no number"
    )]
    [InlineData("<image name='a.jpg' width='9' height='9'><box label='cat' xtl='1' ytl='2' xbr='3'/></image>", "has no ybr")]
    [InlineData(
        "<image name='a.jpg' width='9' height='9'><box label='cow' xtl='1' ytl='2' xbr='3' ybr='4'/></image>",
        "class \"cow\", which is none of its labels"
    )]
    [InlineData("<image name='a.jpg' width='9' height='9'><polygon label='cat' points='1,2;3'/></image>", "odd number of coordinates")]
    [InlineData(
        "<image name='a.jpg' width='9' height='9'><mask label='cat' rle='1,9999' left='0' top='0' width='2' height='2'/></image>",
        "has runs of more than its 4 pixels"
    )]
    [InlineData(
        "<image name='a.jpg' width='9' height='9'><mask label='cat' rle='1' left='2147483647' top='0' width='2' height='2'/></image>",
        "does not lie in its image"
    )]
    [InlineData("<image width='9' height='9'/>", "an image without a name")]
    [InlineData("<track id='0' label='cat'><box frame='0' xtl='1' ytl='2' xbr='3' ybr='4'/></track>", "is of a video")]
    [InlineData("<image name='a.jpg'", "is no whole XML file")]
    public void Wrong_files_are_refused_in_one_sentence(string content, string reason)
    {
        Write(content);
        var error = Assert.Throws<SocoDataException>(() => CvatReader.Read(Labels));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.StartsWith(Labels, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_doctype_is_not_followed()
    {
        File.WriteAllText(
            Labels,
            "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/hostname\">]><annotations><image name=\"&x;\" width=\"1\" height=\"1\"/></annotations>"
        );
        Assert.Throws<SocoDataException>(() => CvatReader.Read(Labels));
    }

    [Theory]
    [InlineData("<annotation><object/></annotation>")]
    [InlineData("no xml")]
    public void Other_files_are_not_taken_for_it(string content)
    {
        File.WriteAllText(Labels, content);
        Assert.False(CvatReader.IsCvat(_folder.Root));
        Assert.False(CvatReader.IsCvat(Labels));
        Assert.Throws<SocoDataException>(() => CvatReader.Read(_folder.Root));
    }

    private void Write(string content) =>
        File.WriteAllText(
            Labels,
            $"""
            <?xml version="1.0" encoding="utf-8"?>
            <annotations>
              <version>1.1</version>
              <meta><job><labels><label><name>dog</name><color>#ff0000</color></label><label><name>cat</name></label></labels></job></meta>
              {content}
            </annotations>
            """
        );
}

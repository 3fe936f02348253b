using Soco.Annotations;
using Soco.Tests.Images;

namespace Soco.Vision.Tests;

public sealed class VocReaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_folder_is_read_with_boxes_from_zero()
    {
        WriteImage("b", Object("dog", 1, 1, 640, 480), Object("cat", 10, 20, 10, 24, difficult: 1));
        WriteImage("a", Object("person", 48.5, 240, 195, 371) + "\n");
        _folder.Write("ImageSets/Main/train.txt", "b\n\n");
        _folder.Write("ImageSets/Main/all.txt", "b 1\na -1\n");

        Assert.True(VocReader.IsVocFolder(_folder.Path));
        Assert.Equal(["all", "train"], VocReader.SplitsOf(_folder.Path));
        CocoDataset train = VocReader.Read(_folder.Path, "train");
        Assert.Equal([new CocoImage(2, "b.jpg", 640, 480)], train.Images);
        Assert.Equal(["1 cat", "2 dog", "3 person"], train.Categories.Select(category => $"{category.Id} {category.Name}"));
        Assert.Equal(
            [new CocoAnnotation(1, 2, 2, new CocoBox(0, 0, 640, 480), 640 * 480), new CocoAnnotation(2, 2, 1, new CocoBox(9, 19, 1, 5), 5) { IsDifficult = true }],
            train.Annotations);
        Assert.Equal(["b.jpg", "a.jpg"], VocReader.Read(_folder.Path, "all").Images.Select(image => image.FileName));
        Assert.Equal(["a.jpg", "b.jpg"], VocReader.Read(_folder.Path).Images.Select(image => image.FileName));
        Assert.Equal([3, 1], VocReader.Read(_folder.Path, "train", ["cat", "person", "dog"]).Annotations.Select(annotation => annotation.CategoryId));
    }

    [Fact]
    public void Parts_of_an_object_are_not_objects()
    {
        WriteImage("a", "<object><part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>3</xmax><ymax>3</ymax></bndbox></part><!-- whole -->"
            + "<name>person</name><bndbox><ymax>40</ymax><ymin>20</ymin><xmin>10</xmin><xmax>30</xmax></bndbox><pose/></object>");
        CocoAnnotation only = Assert.Single(VocReader.Read(_folder.Path).Annotations);
        Assert.Equal(new CocoBox(9, 19, 21, 21), only.Box);
    }

    [Theory]
    [InlineData("<annotation><size>", "breaks at line 1")]
    [InlineData("<annotation></annotation>", "says that its image is 0 x 0 pixels")]
    [InlineData("<annotation><size><width>many</width></size></annotation>", "<width> is \"many\", not a number")]
    [InlineData("<annotation><object><bndbox/></object></annotation>", "a <bndbox> has no xmin")]
    [InlineData("<annotation><object><name>cat</name></object></annotation>", "an object \"cat\" without a box")]
    [InlineData("<annotation><object><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>1</xmax><ymax>1</ymax></bndbox></object></annotation>", "an object without a name")]
    public void A_file_that_cannot_be_used_is_one_sentence(string xml, string reason)
    {
        string path = _folder.Write("Annotations/a.xml", xml);
        string message = Assert.Throws<SocoDataException>(() => VocReader.Read(_folder.Path)).Message;
        Assert.StartsWith(path, message);
        Assert.Contains(reason, message);
    }

    [Fact]
    public void A_split_that_does_not_fit_the_folder_is_one_sentence()
    {
        Assert.Contains("has no folder Annotations", Message(null));
        Directory.CreateDirectory(_folder.Of("Annotations"));
        Assert.Contains("holds no XML file", Message(null));
        WriteImage("a", Object("cat", 1, 1, 9, 9));
        Assert.Contains("there is no split at all", Message("train"));
        _folder.Write("ImageSets/Main/val.txt", "a\nc\n");
        _folder.Write("ImageSets/Main/twice.txt", "a\na\n");
        _folder.Write("ImageSets/Main/none.txt", "\n");
        Assert.Contains("the splits there are none, twice, val", Message("train"));
        Assert.Contains("val.txt lists c, but there is no", Message("val"));
        Assert.Contains("lists a twice", Message("twice"));
        Assert.Contains("is empty", Message("none"));
        Assert.Contains("\"cat\" is none of the classes that were given (dog)", Assert.Throws<SocoDataException>(() => VocReader.Read(_folder.Path, null, ["dog"])).Message);

        string Message(string? split) => Assert.Throws<SocoDataException>(() => VocReader.Read(_folder.Path, split)).Message;
    }

    private static string Object(string name, double left, double top, double right, double bottom, int difficult = 0) =>
        $"<object><name>{name}</name><pose>Left</pose><difficult>{difficult}</difficult><bndbox><xmin>{left}</xmin><ymin>{top}</ymin><xmax>{right}</xmax><ymax>{bottom}</ymax></bndbox></object>";

    private void WriteImage(string name, params string[] objects) => _folder.Write(
        $"Annotations/{name}.xml",
        $"<?xml version=\"1.0\"?>\n<annotation>\n\t<filename>{name}.jpg</filename>\n\t<size>\n<width>640</width><height>480</height><depth>3</depth></size>{string.Concat(objects)}</annotation>");
}

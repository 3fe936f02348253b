using System.Text;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Annotations.Voc;

namespace Soco.Vision.Tests.Annotations.Voc;

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

        Assert.True(VocReader.IsVocFolder(_folder.Root));
        Assert.Equal(["all", "train"], VocReader.SplitsOf(_folder.Root));
        CocoDataset train = VocReader.Read(_folder.Root, "train");
        Assert.Equal([new CocoImage(2, "b.jpg", 640, 480)], train.Images);
        Assert.Equal(["1 cat", "2 dog", "3 person"], train.Categories.Select(category => $"{category.Id} {category.Name}"));
        Assert.Equal(
            [
                new CocoAnnotation(1, 2, 2, new CocoBox(0, 0, 640, 480), 640 * 480),
                new CocoAnnotation(2, 2, 1, new CocoBox(9, 19, 1, 5), 5) { IsDifficult = true },
            ],
            train.Annotations
        );
        Assert.Equal(["b.jpg", "a.jpg"], VocReader.Read(_folder.Root, "all").Images.Select(image => image.FileName));
        Assert.Equal(["a.jpg", "b.jpg"], VocReader.Read(_folder.Root).Images.Select(image => image.FileName));
        Assert.Equal(
            [3, 1],
            VocReader.Read(_folder.Root, "train", ["cat", "person", "dog"]).Annotations.Select(annotation => annotation.CategoryId)
        );
    }

    [Fact]
    public void Parts_of_an_object_are_not_objects()
    {
        WriteImage(
            "a",
            "<object><part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>3</xmax><ymax>3</ymax></bndbox></part><!-- whole -->"
                + "<name>person</name><bndbox><ymax>40</ymax><ymin>20</ymin><xmin>10</xmin><xmax>30</xmax></bndbox><pose/></object>"
        );
        CocoAnnotation only = Assert.Single(VocReader.Read(_folder.Root).Annotations);
        Assert.Equal(new CocoBox(9, 19, 21, 21), only.Box);
    }

    [Theory]
    [InlineData("<annotation><size>", "breaks at line 1")]
    [InlineData("<annotation><object><bndbox><xmin>left</xmin></bndbox></object></annotation>", "<xmin> is \"left\", not a number")]
    [InlineData(
        "<?xml version=\"1.0\" encoding=\"rot13\"?><annotation></annotation>",
        "says that it is written in rot13, an encoding that is not known"
    )]
    [InlineData("<annotation><object><bndbox/></object></annotation>", "a <bndbox> has no xmin")]
    [InlineData("<annotation><object><name>cat</name></object></annotation>", "an object \"cat\" without a box")]
    [InlineData(
        "<annotation><object><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>1</xmax><ymax>1</ymax></bndbox></object></annotation>",
        "an object without a name"
    )]
    public void A_file_that_cannot_be_used_is_one_sentence(string xml, string reason)
    {
        string path = _folder.Write("Annotations/a.xml", xml);
        string message = Assert.Throws<SocoDataException>(() => VocReader.Read(_folder.Root)).Message;
        Assert.StartsWith(path, message);
        Assert.Contains(reason, message);
    }

    [Fact]
    public void A_split_that_does_not_fit_the_folder_is_one_sentence()
    {
        Assert.Contains("has no folder Annotations and no XML file", Message(null));
        Directory.CreateDirectory(_folder.File("Annotations"));
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
        Assert.Contains(
            "\"cat\" is none of the classes that were given (dog)",
            Assert.Throws<SocoDataException>(() => VocReader.Read(_folder.Root, null, ["dog"])).Message
        );

        string Message(string? split) => Assert.Throws<SocoDataException>(() => VocReader.Read(_folder.Root, split)).Message;
    }

    [Theory]
    [InlineData("IMG 001\nIMG 002 (copy)\n")]
    [InlineData("IMG 001  1\nIMG 002 (copy) -1\n")]
    [InlineData("IMG 001.jpg\nIMG 002 (copy).jpg\n")]
    [InlineData("IMG 001.JPG -1\nIMG 001.JPG 1\nIMG 002 (copy).xml\t0\n")]
    [InlineData("\uFEFF./JPEGImages/IMG 001.jpg\r\n/data/VOC/JPEGImages/IMG 002 (copy).jpg\r\n")]
    public void A_split_may_list_names_with_spaces_flags_extensions_and_folders(string list)
    {
        WriteImage("IMG 001", Object("cat", 1, 1, 9, 9));
        WriteImage("IMG 002 (copy)", Object("dog", 1, 1, 9, 9));
        WriteImage("other", Object("dog", 1, 1, 9, 9));
        _folder.Write("ImageSets/Main/train.txt", list);
        CocoDataset train = VocReader.Read(_folder.Root, "train");
        Assert.Equal(["IMG 001.jpg", "IMG 002 (copy).jpg"], train.Images.Select(image => image.FileName));
        Assert.Equal(2, train.Annotations.Count);
    }

    [Theory]
    [InlineData("Windows-1252", "café")]
    [InlineData("iso-8859-15", "café")]
    [InlineData("gb2312", "红")]
    [InlineData("GBK", "red")]
    [InlineData("Shift_JIS", "赤")]
    [InlineData("koi8-r", "кот")]
    [InlineData("utf-16", "кот")]
    [InlineData("UTF-8", "кот")]
    public void The_encoding_that_a_file_declares_is_read(string encoding, string name)
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        Encoding written = Encoding.GetEncoding(encoding);
        _folder.Write(
            "Annotations/a.xml",
            [
                .. written.GetPreamble(),
                .. written.GetBytes($"<?xml version=\"1.0\" encoding=\"{encoding}\"?><annotation>{Object(name, 1, 1, 9, 9)}</annotation>"),
            ]
        );
        Assert.Equal(name, VocReader.Read(_folder.Root).Categories[0].Name);
    }

    [Fact]
    public void A_file_in_another_encoding_than_it_says_is_one_sentence()
    {
        byte[] latin = Encoding.Latin1.GetBytes($"<annotation>{Object("é", 1, 1, 9, 9)}</annotation>");
        string path = _folder.Write("Annotations/a.xml", latin);
        Assert.StartsWith(
            $"{path} is not written in UTF-8: byte {Array.IndexOf(latin, (byte)0xE9) + 1} does not fit",
            Assert.Throws<SocoDataException>(() => VocReader.Read(_folder.Root)).Message
        );
    }

    [Theory]
    [InlineData("")]
    [InlineData("<size/>")]
    [InlineData("<size><width>0</width><height>0</height></size>")]
    [InlineData("<size><width></width><height>unknown</height></size>")]
    [InlineData("<size><width>-1</width><height>1e30</height></size>")]
    public void A_size_that_is_not_stated_is_unknown(string size)
    {
        _folder.Write("Annotations/a.xml", $"<annotation>{size}{Object("cat", 1, 1, 9, 9)}</annotation>");
        Assert.Equal(new CocoImage(1, "a.jpg", 0, 0), Assert.Single(VocReader.Read(_folder.Root).Images));
    }

    [Theory]
    [InlineData("Unspecified", false)]
    [InlineData("", false)]
    [InlineData("0", false)]
    [InlineData(" 1 ", true)]
    public void Difficult_is_a_number_that_is_not_0(string difficult, bool expected)
    {
        _folder.Write(
            "Annotations/a.xml",
            $"<annotation>{Object("cat", 1, 1, 9, 9).Replace("<difficult>0</difficult>", $"<difficult>{difficult}</difficult>")}</annotation>"
        );
        Assert.Equal(expected, Assert.Single(VocReader.Read(_folder.Root).Annotations).IsDifficult);
    }

    [Theory]
    [InlineData("cam1.2019.05", "cam1.2019.05", "cam1.2019.05.jpg")]
    [InlineData("cam1.2019.05", "cam1.2019.05.png", "cam1.2019.05.png")]
    [InlineData("a", "elsewhere/b.JPG", "a.JPG")]
    [InlineData("a", "", "a.jpg")]
    public void The_image_has_the_name_of_its_file_and_the_extension_that_it_states(string xml, string stated, string name)
    {
        _folder.Write($"Annotations/{xml}.xml", $"<annotation><filename>{stated}</filename></annotation>");
        Assert.Equal(name, Assert.Single(VocReader.Read(_folder.Root).Images).FileName);
    }

    [Fact]
    public void The_name_that_is_stated_is_taken_where_only_that_is_there()
    {
        _folder.Write("Annotations/1.xml", "<annotation><filename>photo.jpg</filename></annotation>");
        _folder.Write("JPEGImages/photo.jpg", "");
        Assert.Equal("photo.jpg", Assert.Single(VocReader.Read(_folder.Root).Images).FileName);
    }

    [Fact]
    public void Files_in_subfolders_are_read_under_the_names_of_their_folders()
    {
        WriteImage("seq1/1", Object("cat", 1, 1, 9, 9));
        WriteImage("seq2/1", Object("dog", 1, 1, 9, 9));
        _folder.Write("ImageSets/Main/train.txt", "seq2/1\n");
        _folder.Write("ImageSets/Main/bare.txt", "1\n");
        Assert.Equal(["seq1/1.jpg", "seq2/1.jpg"], VocReader.Read(_folder.Root).Images.Select(image => image.FileName));
        Assert.Equal([2L], VocReader.Read(_folder.Root, "train").Images.Select(image => image.Id));
        Assert.Contains(
            "lists 1, and 2 XML files in",
            Assert.Throws<SocoDataException>(() => VocReader.Read(_folder.Root, "bare")).Message
        );
    }

    [Theory]
    [InlineData("xml/a.xml", "xml/a.jpg", "xml", "xml")]
    [InlineData("labels/a.xml", "images/a.jpg", "labels", "images")]
    [InlineData("labels/a.XML", "pictures/a.jpg", "labels", "pictures")]
    [InlineData("annotations/a.xml", "images/a.png", "", "images")]
    [InlineData("Annotations/a.xml", "JPEGImages/a.jpg", "Annotations", "JPEGImages")]
    [InlineData("Annotations/a.xml", "a.jpg", "", "")]
    public void A_plain_folder_of_XML_is_read_too_and_its_images_are_beside_it(string xml, string image, string given, string images)
    {
        _folder.Write(xml, $"<annotation>{Object("cat", 1, 1, 9, 9)}</annotation>");
        _folder.Write(image, "");
        Assert.True(VocReader.IsVocFolder(_folder.File(given)));
        Assert.Single(VocReader.Read(_folder.File(given)).Annotations);
        Assert.Equal(
            Path.GetFullPath(_folder.File(images)).TrimEnd('/'),
            Path.GetFullPath(VocReader.ImagesOf(_folder.File(given))).TrimEnd('/')
        );
    }

    [Fact]
    public void Images_that_are_not_beside_the_XML_or_in_two_folders_are_one_sentence()
    {
        _folder.Write("labels/a.xml", "<annotation/>");
        Assert.Contains("name the images with --images", Message());
        _folder.Write("left/a.jpg", "");
        _folder.Write("right/a.jpg", "");
        Assert.Contains("name the right folder with --images", Message());

        string Message() => Assert.Throws<SocoDataException>(() => VocReader.ImagesOf(_folder.File("labels"))).Message;
    }

    private static string Object(string name, double left, double top, double right, double bottom, int difficult = 0) =>
        $"<object><name>{name}</name><pose>Left</pose><difficult>{difficult}</difficult><bndbox><xmin>{left}</xmin><ymin>{top}</ymin><xmax>{right}</xmax><ymax>{bottom}</ymax></bndbox></object>";

    private void WriteImage(string name, params string[] objects) =>
        _folder.Write(
            $"Annotations/{name}.xml",
            $"<?xml version=\"1.0\"?>\n<annotation>\n\t<filename>{name}.jpg</filename>\n\t<size>\n<width>640</width><height>480</height><depth>3</depth></size>{string.Concat(objects)}</annotation>"
        );
}

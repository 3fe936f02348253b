using Soco.Vision.Sources;
using static Soco.Vision.Tests.Sources.ImageSourceTests;

namespace Soco.Vision.Tests.Sources;

public sealed class CocoImagesTests : IDisposable
{
    private const string Listing = """
        {"info": {"year": 2017}, "annotations": [{"id": 1}],
         "images": [{"license": 1, "file_name": "2.jpg", "id": 7, "width": 4}, {"id": 5, "file_name": "1.jpg"}]}
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("labels.json", "")]
    [InlineData("labels.json", "images/")]
    [InlineData("labels.json", "photos/")]
    [InlineData("labels.json", "images/train/")]
    [InlineData("annotations/instances_train2017.json", "train2017/")]
    [InlineData("annotations/instances_val2017.json", "val2017/")]
    [InlineData("annotations/all.json", "images/")]
    public void The_images_are_found_beside_the_JSON_next_to_it_or_in_images(string json, string folder)
    {
        _folder.Write($"{folder}1.jpg", "one");
        _folder.Write($"{folder}2.jpg", "two");
        _folder.Write($"{folder}unlisted.jpg", "three");
        using ImageSource source = ImageSource.Open([_folder.Write(json, Listing)]);
        Assert.Equal(["1.jpg", "2.jpg"], NamesOf(source));
        Assert.Equal(["one", "two"], [TextOf(source, 0), TextOf(source, 1)]);
    }

    [Fact]
    public void The_folder_that_the_name_of_the_JSON_mentions_comes_first()
    {
        foreach (string folder in (string[])["train2017", "val", "val2017"])
        {
            _folder.Write($"{folder}/1.jpg", folder);
            _folder.Write($"{folder}/2.jpg", folder);
        }

        using ImageSource source = ImageSource.Open([_folder.Write("annotations/instances_val2017.json", Listing)]);
        Assert.Equal("val2017", TextOf(source, 0));
    }

    [Fact]
    public void An_image_in_two_folders_that_are_equally_likely_is_refused()
    {
        _folder.Write("left/1.jpg", "left");
        _folder.Write("right/1.jpg", "right");
        _folder.Write("right/2.jpg", "right");
        Refused(Listing, "\"1.jpg\" of image 5 is both");
    }

    [Fact]
    public void A_file_name_may_hold_folders()
    {
        _folder.Write("images/a/1.jpg", "one");
        using ImageSource source = ImageSource.Open([_folder.Write("labels.json", """{"images": [{"id": 1, "file_name": "a/1.jpg"}]}""")]);
        Assert.Equal(["a/1.jpg"], NamesOf(source));
    }

    [Theory]
    [InlineData("./images/1.jpg")]
    [InlineData("images//1.jpg")]
    [InlineData("images\\\\1.jpg")]
    [InlineData("../images/1.jpg")]
    [InlineData("/home/someone/set/images/1.jpg")]
    [InlineData("C:\\\\set\\\\images\\\\1.jpg")]
    [InlineData("..\\\\..\\\\label-studio\\\\media\\\\upload\\\\4\\\\1.jpg")]
    [InlineData("images/1/1.jpg")]
    [InlineData("images/1.JPG")]
    [InlineData("1.png")]
    public void A_name_of_another_machine_is_found_by_its_end(string name)
    {
        _folder.Write("images/1.jpg", "one");
        _folder.Write("images/2.jpg", "two");
        using ImageSource source = ImageSource.Open([
            _folder.Write("labels.json", $$"""{"images": [{"id": "frame", "file_name": "{{name}}"}]}"""),
        ]);
        Assert.Equal("one", TextOf(source, 0));
        Assert.EndsWith("1.jpg", source.NameOf(0));
    }

    [Fact]
    public void A_name_that_climbs_out_reads_nothing_outside()
    {
        _folder.Write("secret.jpg", "secret");
        _folder.Write("a/b/c/here.jpg", "here");
        string json = _folder.Write(
            "a/b/c/labels.json",
            $$"""{"images": [{"id": 1, "file_name": "../../../secret.jpg"}, {"id": 2, "file_name": "{{_folder.File("secret.jpg")}}"}]}"""
        );
        Assert.Contains(
            "\"../../../secret.jpg\" of image 1 is not there",
            Assert.Throws<SocoDataException>(() => ImageSource.Open([json])).Message
        );
    }

    [Fact]
    public void A_missing_image_is_named_with_its_id()
    {
        _folder.Write("1.jpg", "one");
        Refused(Listing, "\"2.jpg\" of image 7 is not there");
    }

    [Theory]
    [InlineData("""{"images": [{"id": 1, "file_name": "1.jpg"}, {"id": 1, "file_name": "2.jpg"}]}""", "two images have the id 1")]
    [InlineData("""{"images": [{"id": 1, "file_name": "1.jpg"}, {"id": 2, "file_name": "./1.jpg"}]}""", "the images 1 and 2 are both")]
    [InlineData("""{"images": [{"file_name": "1.jpg"}]}""", "image 1 of the list lacks its id or file_name")]
    [InlineData("""{"images": [{"id": 3}]}""", "image 1 of the list lacks its id or file_name")]
    [InlineData("""{"images": [null]}""", "image 1 of the list: byte 13 should be the start of an object, and is null")]
    [InlineData("""{"images": [{"id": 4, "file_name": "../3.jpg"}]}""", "\"../3.jpg\" of image 4 is not there")]
    [InlineData(
        """{"images": [{"id": 4, "file_name": "/etc/passwd"}]}""",
        "\"/etc/passwd\" of image 4 is not there, and a path that leads out of the JSON's folders is not followed"
    )]
    [InlineData("""{"images": [{"id": 4, "file_name": "."}]}""", "\".\" of image 4 is not there")]
    [InlineData("""{"annotations": []}""", "has no \"images\" list")]
    [InlineData("{\"images\": [{\"id\": 1,\n \"file_name\": 1.jpg", "breaks at line 2")]
    [InlineData("[]", "byte 1 should be the start of an object with \"images\"")]
    [InlineData("null", "byte 1 should be the start of an object with \"images\"")]
    [InlineData("", "breaks at line 1")]
    public void A_damaged_listing_is_refused_in_one_sentence(string json, string sentence)
    {
        _folder.Write("1.jpg", "one");
        _folder.Write("2.jpg", "two");
        Refused(json, sentence);
    }

    [Fact]
    public void A_listing_without_images_is_refused_by_name()
    {
        string path = _folder.Write("labels.json", """{"images": []}""");
        Assert.StartsWith($"{path} holds no image", Assert.Throws<SocoRequestException>(() => ImageSource.Open([path])).Message);
    }

    private void Refused(string json, string sentence)
    {
        string path = _folder.Write("labels.json", json);
        var error = Assert.Throws<SocoDataException>(() => ImageSource.Open([path]));
        Assert.StartsWith(path, error.Message);
        Assert.Contains(sentence, error.Message);
    }
}

using Soco.Vision.IO;

namespace Soco.Vision.Tests.IO;

public sealed class ImageNameResolverTests
{
    private static readonly string[] s_names =
    [
        "a.jpg",
        "train/a.jpg",
        "train/b.jpg",
        "val/b.jpg",
        "val/c.JPG",
        "cam.2019.05.jpg",
        "cam.2019.06.jpg",
        "x/twin.png",
        "y/twin.jpg",
    ];

    [Theory]
    [InlineData("a.jpg", "a.jpg")]
    [InlineData("./a.jpg", "a.jpg")]
    [InlineData("train//a.jpg", "train/a.jpg")]
    [InlineData("other/../train/./a.jpg", "train/a.jpg")]
    [InlineData("../../train/a.jpg", "train/a.jpg")]
    [InlineData("/data/set/train/b.jpg", "train/b.jpg")]
    [InlineData("D:\\set\\val\\b.jpg", "val/b.jpg")]
    [InlineData("/data/local-files/?d=a.jpg", "a.jpg")]
    [InlineData("/data/local-files/?d=set%2Ftrain/b.jpg", "train/b.jpg")]
    [InlineData("c.JPG", "val/c.JPG")]
    [InlineData("c.jpg", "val/c.JPG")]
    [InlineData("VAL/c.png", "val/c.JPG")]
    [InlineData("c", "val/c.JPG")]
    [InlineData("cam.2019.05", "cam.2019.05.jpg")]
    [InlineData("cam.2019.06.png", "cam.2019.06.jpg")]
    [InlineData("twin.jpg", "y/twin.jpg")]
    public void The_longest_common_end_is_the_image(string name, string found) =>
        Assert.Equal(found, s_names[new ImageNameResolver(s_names).Find(name).Index]);

    [Theory]
    [InlineData("b.jpg", 2)]
    [InlineData("twin", 2)]
    [InlineData("test/b.jpg", 0)]
    [InlineData("cam.2019", 0)]
    [InlineData("none.jpg", 0)]
    [InlineData("..", 0)]
    [InlineData("", 0)]
    public void Nothing_is_taken_where_none_or_several_fit(string name, int candidates) =>
        Assert.Equal(new ImageNameMatch(-1, candidates), new ImageNameResolver(s_names).Find(name));
}

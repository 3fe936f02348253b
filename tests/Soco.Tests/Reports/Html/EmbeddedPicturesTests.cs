using System.Globalization;
using System.Xml.Linq;
using Soco.Reports.Html;
using Soco.Runs;

namespace Soco.Tests.Reports.Html;

public sealed class EmbeddedPicturesTests : IDisposable
{
    private const int Count = 5;
    private const long Plenty = 100_000_000;
    private readonly TemporaryFolder _temporary = new();
    private readonly PagePicture[] _pictures;

    public EmbeddedPicturesTests()
    {
        RunFolder folder = RunFolder.Create(_temporary.File("run"));
        _pictures =
        [
            .. Enumerable
                .Range(1, Count)
                .Select(i => new PagePicture(Path.Combine(folder.PicturesPath, $"{i}.png"), $"picture {i}", $"caption {i}")),
        ];
        foreach (PagePicture picture in _pictures)
        {
            WrittenRuns.Picture(folder, Path.GetFileName(picture.Path), 400, 300);
        }
    }

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Where_there_is_room_pictures_keep_their_size()
    {
        Dictionary<PagePicture, XElement> shown = EmbeddedPictures.Load(_pictures, Plenty);

        Assert.Equal(_pictures, shown.Keys);
        Assert.Equal([(400, 300)], shown.Values.Select(Size).Distinct());
        Assert.Equal("caption 3", shown[_pictures[2]].Element("figcaption")!.Value);
    }

    [Fact]
    public void Where_there_is_less_room_all_become_smaller_together_and_use_most_of_it()
    {
        long room = Bytes(EmbeddedPictures.Load(_pictures, Plenty)) * 9 / 10;

        Dictionary<PagePicture, XElement> shown = EmbeddedPictures.Load(_pictures, room);

        Assert.Equal(_pictures, shown.Keys);
        Assert.InRange(Assert.Single(shown.Values.Select(Size).Distinct()).Width, 321, 399);
        Assert.InRange(Bytes(shown), room / 2, room);
    }

    [Fact]
    public void What_finds_no_room_even_as_small_as_it_may_become_is_left_out()
    {
        Dictionary<PagePicture, XElement> shown = EmbeddedPictures.Load(_pictures, Bytes(EmbeddedPictures.Load(_pictures, Plenty)) / 4);

        Assert.InRange(shown.Count, 1, Count - 1);
        Assert.Equal(_pictures.Take(shown.Count), shown.Keys);
        Assert.Equal([(320, 240)], shown.Values.Select(Size).Distinct());
    }

    [Fact]
    public void What_cannot_be_read_is_left_out()
    {
        File.WriteAllText(_pictures[1].Path, "no picture");
        File.Delete(_pictures[4].Path);

        Assert.Equal([_pictures[0], _pictures[2], _pictures[3]], EmbeddedPictures.Load(_pictures, Plenty).Keys);
    }

    private static (int Width, int Height) Size(XElement figure) => (Number(figure, "width"), Number(figure, "height"));

    private static int Number(XElement figure, string name) =>
        int.Parse(figure.Element("img")!.Attribute(name)!.Value, CultureInfo.InvariantCulture);

    private static long Bytes(Dictionary<PagePicture, XElement> shown) =>
        shown.Values.Sum(figure => (long)figure.Element("img")!.Attribute("src")!.Value.Length);
}

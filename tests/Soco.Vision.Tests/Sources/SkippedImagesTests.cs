using Soco.Vision.Imaging;
using Soco.Vision.Sources;

namespace Soco.Vision.Tests.Sources;

public sealed class SkippedImagesTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    private string Csv => _temporary.File("skipped.csv");

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Each_image_is_listed_once_in_order_with_its_reason()
    {
        var skipped = new SkippedImages(Csv);
        skipped.Add(new UnreadableImageException("b.jpg", "it is empty"));
        skipped.Add(new UnreadableImageException("a, \"b\".jpg", "it is\ncut off"));
        skipped.Add(new UnreadableImageException("b.jpg", "it is empty"));
        skipped.Save();

        Assert.Equal(["path,reason", "\"a, \"\"b\"\".jpg\",it is cut off", "b.jpg,it is empty"], File.ReadAllLines(Csv));
        Assert.Equal((2, "b.jpg"), (skipped.Count, skipped.First?.Name));
    }

    [Fact]
    public void A_list_goes_on_or_begins_anew()
    {
        Save(new SkippedImages(Csv), "a.jpg");
        Save(SkippedImages.GoOn(Csv), "b.jpg");
        Assert.Equal(["path,reason", "a.jpg,why", "b.jpg,why"], File.ReadAllLines(Csv));

        Save(new SkippedImages(Csv), "c.jpg");
        Assert.Equal(["path,reason", "c.jpg,why"], File.ReadAllLines(Csv));

        new SkippedImages(Csv).Save();
        Assert.False(File.Exists(Csv));
    }

    [Fact]
    public void Reasons_are_found_by_name_and_no_name_is_a_formula()
    {
        string[] names = ["b.jpg", "a, \"b\".jpg", "=cmd()|x.jpg", "@x.jpg", "line\nbreak.jpg"];
        var skipped = new SkippedImages(Csv);
        Array.ForEach(names, name => skipped.Add(new UnreadableImageException(name, $"why, \"{name.Length}\"")));
        skipped.Save();

        Func<string, string?> reasonOf = SkippedImages.ReasonsIn(Csv);
        Assert.All(names, name => Assert.Equal($"why, \"{name.Length}\"", reasonOf(name)));
        Assert.Null(reasonOf("c.jpg"));
        Assert.Null(SkippedImages.ReasonsIn(_temporary.File("none.csv"))("b.jpg"));
        Assert.DoesNotContain(File.ReadLines(Csv), line => line[0] is '=' or '@');
    }

    private static void Save(SkippedImages skipped, string name)
    {
        skipped.Add(new UnreadableImageException(name, "why"));
        skipped.Save();
    }
}

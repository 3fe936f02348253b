using Soco.Vision.Imaging;
using Soco.Vision.Sources;
using Soco.Vision.Tests.Imaging;

namespace Soco.Vision.Tests.Sources;

public sealed class ImageSourceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_folder_gives_the_images_of_all_folders_in_it_in_ordinal_order()
    {
        string[] names = ["b/z.JPG", "b/a.webp", "B/1.png", "b/deep/er/2.jpeg", "a.gif", "10.bmp", "9.bmp", "b/notes.txt", "b.tif"];
        Array.ForEach(names, name => _folder.Write(name, name));

        using ImageSource source = ImageSource.Open([_folder.Root]);
        Assert.Equal(["10.bmp", "9.bmp", "B/1.png", "a.gif", "b.tif", "b/a.webp", "b/deep/er/2.jpeg", "b/z.JPG"], NamesOf(source));
        Assert.All(Enumerable.Range(0, source.Count), i => Assert.Equal(source.NameOf(i), TextOf(source, i)));
    }

    [Fact]
    public void A_file_without_extension_is_an_image_where_it_begins_as_one()
    {
        File.WriteAllBytes(_folder.File("0a1b2c"), EncodedImages.FileOf("JPEG 4:2:0"));
        _folder.Write("README", "no image");
        _folder.Write("a.jpg", "a");
        using ImageSource source = ImageSource.Open([_folder.Root]);
        Assert.Equal(["0a1b2c", "a.jpg"], NamesOf(source));
    }

    [Fact]
    public void Folders_of_runs_and_of_proposals_are_passed_over_and_named()
    {
        foreach (
            string name in (string[])
                [
                    "a.jpg",
                    "run/pictures/views-1.png",
                    "run/recipe.yaml",
                    "run/log.jsonl",
                    "boxes/part-00000.parquet",
                    "boxes/b.jpg",
                    "study/config.yaml",
                    "study/finetune/x/c.png",
                    "recipes/recipe.yaml",
                    "recipes/d.jpg",
                ]
        )
        {
            _folder.Write(name, name);
        }

        using ImageSource source = ImageSource.Open([_folder.Root]);
        Assert.Equal(["a.jpg", "recipes/d.jpg"], NamesOf(source));
        Assert.Equal(["boxes", "run", "study"], source.PassedOver.Select(path => Path.GetFileName(path)));

        // Who names the folder itself means it.
        using ImageSource named = ImageSource.Open([_folder.File("run/pictures"), _folder.File("a.jpg")]);
        Assert.Equal(2, named.Count);
    }

    [Fact]
    public void Dotfiles_and_resource_forks_are_passed_over()
    {
        foreach (string name in (string[])["a.jpg", ".hidden.jpg", ".cache/b.jpg", "__MACOSX/c.jpg", "x/._a.jpg"])
        {
            _folder.Write(name, name);
        }

        using ImageSource source = ImageSource.Open([_folder.Root]);
        Assert.Equal(["a.jpg"], NamesOf(source));
    }

    [Fact]
    public void Names_with_spaces_and_letters_of_any_script_are_read()
    {
        string[] names = ["Ölfass 1.jpg", "line\nbreak.jpg", "クマ/ひぐま.png", "🐻.gif"];
        Array.ForEach(names, name => _folder.Write(name, name));
        using ImageSource source = ImageSource.Open([_folder.Root]);
        Assert.Equal(names.Order(StringComparer.Ordinal), NamesOf(source));
        Assert.All(Enumerable.Range(0, source.Count), i => Assert.Equal(source.NameOf(i), TextOf(source, i)));
    }

    [Fact]
    public void A_link_to_a_folder_is_followed()
    {
        using var elsewhere = new TemporaryFolder();
        elsewhere.Write("1.jpg", "one");
        Directory.CreateSymbolicLink(_folder.File("cats"), elsewhere.Root);
        using ImageSource source = ImageSource.Open([_folder.Root]);
        Assert.Equal(["cats/1.jpg"], NamesOf(source));
    }

    [Fact]
    public void Links_in_a_circle_end_and_give_each_image_once()
    {
        _folder.Write("a/1.jpg", "one");
        _folder.Write("b/2.jpg", "two");
        Directory.CreateSymbolicLink(_folder.File("a/up"), "..");
        Directory.CreateSymbolicLink(_folder.File("b/to_a"), _folder.File("a"));
        Directory.CreateSymbolicLink(_folder.File("a/self"), _folder.File("a/self"));
        using ImageSource source = ImageSource.Open([_folder.Root]);
        Assert.Equal(["a/1.jpg", "b/2.jpg"], NamesOf(source));
    }

    [Fact]
    public void Loose_files_are_named_by_their_file_names()
    {
        string second = _folder.Write("x/2.jpg", "two");
        string first = _folder.Write("y/1.png", "one");
        using ImageSource source = ImageSource.Open([second, first]);
        Assert.Equal(["1.png", "2.jpg"], NamesOf(source));
        Assert.Equal("one", TextOf(source, 0));
    }

    [Fact]
    public void Paths_that_share_a_name_get_the_last_part_of_each_path_in_front()
    {
        _folder.Write("left/1.jpg", "left");
        _folder.Write("right/1.jpg", "right");
        _folder.Write("loose/1.jpg", "loose");
        using ImageSource source = ImageSource.Open([_folder.File("right"), _folder.File("left/"), _folder.File("loose/1.jpg")]);
        Assert.Equal(["left/1.jpg", "loose/1.jpg", "right/1.jpg"], NamesOf(source));
        Assert.Equal(["left", "loose", "right"], Enumerable.Range(0, 3).Select(i => TextOf(source, i)));
    }

    [Fact]
    public void The_same_path_twice_is_refused()
    {
        _folder.Write("in/1.jpg", "one");
        var error = Assert.Throws<SocoRequestException>(() => ImageSource.Open([_folder.File("in"), _folder.File("in")]));
        Assert.Contains("\"in/1.jpg\" twice", error.Message);
    }

    [Fact]
    public void A_path_that_is_not_there_is_named()
    {
        string path = _folder.File("nowhere.jpg");
        Assert.StartsWith($"{path} does not exist:", Assert.Throws<SocoRequestException>(() => ImageSource.Open([path])).Message);
    }

    [Fact]
    public void A_folder_without_images_is_named()
    {
        _folder.Write("notes.txt", "no image");
        var error = Assert.Throws<SocoRequestException>(() => ImageSource.Open([_folder.Root]));
        Assert.StartsWith($"{_folder.Root} holds no image:", error.Message);
    }

    [Fact]
    public void A_file_of_another_kind_is_named()
    {
        string path = _folder.Write("video.mp4", "x");
        Assert.StartsWith($"{path} is no source of images:", Assert.Throws<SocoRequestException>(() => ImageSource.Open([path])).Message);
    }

    [Fact]
    public void No_paths_at_all_are_refused() => Assert.Throws<SocoRequestException>(() => ImageSource.Open([]));

    [Fact]
    public void A_file_that_vanished_is_unreadable_and_named()
    {
        _folder.Write("sub/1.jpg", "one");
        using ImageSource source = ImageSource.Open([_folder.Root]);
        File.Delete(_folder.File("sub/1.jpg"));
        Assert.Equal("sub/1.jpg", Assert.Throws<UnreadableImageException>(() => source.ReadBytes(0)).Name);
    }

    [Fact]
    public void A_link_to_nothing_is_unreadable()
    {
        File.CreateSymbolicLink(_folder.File("1.jpg"), _folder.File("gone.jpg"));
        using ImageSource source = ImageSource.Open([_folder.Root]);
        Assert.Throws<UnreadableImageException>(() => source.ReadBytes(0));
    }

    [Fact]
    public void A_file_without_permission_is_unreadable()
    {
        Assert.SkipWhen(Environment.IsPrivilegedProcess || OperatingSystem.IsWindows(), "Permissions do not bind this user.");
        string path = _folder.Write("1.jpg", "one");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.None);
        }

        using ImageSource source = ImageSource.Open([_folder.Root]);
        Assert.Throws<UnreadableImageException>(() => source.ReadBytes(0));
    }

    [Fact]
    public void A_source_names_its_unreadable_image_as_the_joined_source_does()
    {
        string left = _folder.Write("left/1.jpg", "left");
        _folder.Write("right/1.jpg", "right");
        using ImageSource source = ImageSource.Open([_folder.File("left"), _folder.File("right")]);
        File.Delete(left);
        Assert.Equal("left/1.jpg", Assert.Throws<UnreadableImageException>(() => source.ReadBytes(0)).Name);
    }

    internal static string[] NamesOf(ImageSource source) => [.. Enumerable.Range(0, source.Count).Select(source.NameOf)];

    internal static string TextOf(ImageSource source, int index) => System.Text.Encoding.UTF8.GetString(source.ReadBytes(index));
}

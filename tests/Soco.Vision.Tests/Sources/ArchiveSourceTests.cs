using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Soco.Vision.Imaging;
using Soco.Vision.Sources;
using static Soco.Vision.Tests.Sources.ImageSourceTests;

namespace Soco.Vision.Tests.Sources;

public sealed class ArchiveSourceTests : IDisposable
{
    private static readonly string[] Names =
    [
        "z/2.jpg",
        "./z/1.PNG",
        "クマ/ひぐま.webp",
        "readme.txt",
        "__MACOSX/z/._2.jpg",
        ".git/x.jpg",
        "../up.jpg",
        $"{new string('l', 150)}/{new string('n', 120)}.jpg",
    ];

    private static readonly string[] Expected = [Names[7], "z/1.PNG", "z/2.jpg", "クマ/ひぐま.webp"];
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("a.zip")]
    [InlineData("a.tar")]
    [InlineData("a.tar.gz")]
    [InlineData("a.tgz")]
    public void An_archive_gives_its_images_by_name_and_by_index(string archive)
    {
        Pack(archive, Names);
        using ImageSource source = ImageSource.Open([_folder.File(archive)]);
        Assert.Equal(Expected, NamesOf(source));
        Assert.Equal(
            [ContentOf(Names[7]), ContentOf(Names[1]), ContentOf(Names[0]), ContentOf(Names[2])],
            Enumerable.Range(0, 4).Select(i => TextOf(source, i))
        );
    }

    [Theory]
    [InlineData("a.zip")]
    [InlineData("a.tar")]
    [InlineData("a.tgz")]
    public void Threads_read_an_archive_at_once(string archive)
    {
        string[] names = [.. Enumerable.Range(100, 400).Select(i => $"{i}.jpg")];
        Pack(archive, names);
        using ImageSource source = ImageSource.Open([_folder.File(archive)]);
        Parallel.For(
            0,
            4000,
            new ParallelOptions { MaxDegreeOfParallelism = 8 },
            i => Assert.Equal(ContentOf(names[i * 7 % 400]), TextOf(source, i * 7 % 400))
        );
    }

    [Theory]
    [InlineData("a.zip")]
    [InlineData("a.tar")]
    [InlineData("a.tgz")]
    public void Of_two_entries_of_one_name_the_last_counts(string archive)
    {
        Pack(archive, ["1.jpg", "2.jpg", "./1.jpg"]);
        using ImageSource source = ImageSource.Open([_folder.File(archive)]);
        Assert.Equal(["1.jpg", "2.jpg"], NamesOf(source));
        Assert.Equal(ContentOf("./1.jpg"), TextOf(source, 0));
    }

    [Theory]
    [InlineData("a.zip", 40)]
    [InlineData("a.tar", 2000)]
    [InlineData("a.tgz", 40)]
    [InlineData("a.tgz", 2000)]
    public void An_archive_that_is_cut_short_is_refused_in_one_sentence(string archive, int missing)
    {
        string path = Pack(archive, [.. Enumerable.Range(0, 200).Select(i => $"{i}.jpg")]);
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^missing]);
        var error = Assert.Throws<SocoDataException>(() => ImageSource.Open([path]));
        Assert.StartsWith(path, error.Message);
        Assert.EndsWith("fetch or pack it again.", error.Message);
    }

    [Theory]
    [InlineData("a.zip")]
    [InlineData("a.tar")]
    [InlineData("a.tgz")]
    public void A_file_that_is_no_archive_is_refused_by_name(string archive)
    {
        string path = _folder.Write(archive, string.Concat(Enumerable.Repeat("no archive at all ", 100)));
        Assert.StartsWith(path, Assert.Throws<SocoDataException>(() => ImageSource.Open([path])).Message);
    }

    [Theory]
    [InlineData("a.zip")]
    [InlineData("a.tar")]
    [InlineData("a.tgz")]
    public void An_archive_without_images_is_refused_by_name(string archive)
    {
        string path = Pack(archive, ["readme.txt"]);
        Assert.StartsWith($"{path} holds no image", Assert.Throws<SocoRequestException>(() => ImageSource.Open([path])).Message);
    }

    [Fact]
    public void Stored_entries_of_a_zip_and_a_prefix_before_it_are_read()
    {
        string path = Pack("a.zip", ["1.jpg", "2.jpg"], CompressionLevel.NoCompression);
        File.WriteAllBytes(path, [.. "#!/bin/sh a self-extracting zip\n"u8, .. File.ReadAllBytes(path)]);
        using ImageSource source = ImageSource.Open([path]);
        Assert.Equal(ContentOf("2.jpg"), TextOf(source, 1));
    }

    [Fact]
    public void A_zip_whose_image_is_damaged_gives_the_others()
    {
        string path = Pack("a.zip", ["1.jpg", "2.jpg"]);
        byte[] zip = File.ReadAllBytes(path);
        zip.AsSpan(30 + "1.jpg".Length, 20).Fill(0xFF);
        File.WriteAllBytes(path, zip);
        using ImageSource source = ImageSource.Open([path]);
        Assert.Equal("1.jpg", Assert.Throws<UnreadableImageException>(() => source.ReadBytes(0)).Name);
        Assert.Equal(ContentOf("2.jpg"), TextOf(source, 1));
    }

    [Fact]
    public void A_zip_that_states_more_than_its_bytes_can_give_is_not_believed()
    {
        string path = Pack("a.zip", ["1.jpg"]);
        byte[] zip = File.ReadAllBytes(path);
        int directory = zip.AsSpan().IndexOf("PK\u0001\u0002"u8);
        BitConverter.TryWriteBytes(zip.AsSpan(directory + 24), 2_000_000_000);
        File.WriteAllBytes(path, zip);
        using ImageSource source = ImageSource.Open([path]);
        Assert.Throws<UnreadableImageException>(() => source.ReadBytes(0));
    }

    [Fact]
    public void An_unpacked_tar_leaves_nothing_in_the_temporary_folder()
    {
        string path = Pack("a.tgz", ["1.jpg"]);
        string[] before = Directory.GetFiles(Path.GetTempPath(), "soco-*.images");
        ImageSource.Open([path]).Dispose();
        Assert.Empty(Directory.GetFiles(Path.GetTempPath(), "soco-*.images").Except(before));
    }

    [Theory]
    [InlineData(CompressionLevel.NoCompression)]
    [InlineData(CompressionLevel.Optimal)]
    public void A_flipped_bit_in_a_zip_is_not_handed_out(CompressionLevel level)
    {
        byte[] whole = File.ReadAllBytes(Pack("a.zip", ["a.jpg"], level));
        int start = whole.AsSpan().IndexOf("a.jpg"u8) + 5;
        for (int at = start; at < start + 20; at++)
        {
            byte[] flipped = [.. whole];
            flipped[at] ^= 16;
            File.WriteAllBytes(_folder.File("flipped.zip"), flipped);
            using ImageSource source = ImageSource.Open([_folder.File("flipped.zip")]);
            Assert.Contains("the zip is damaged", Assert.Throws<UnreadableImageException>(() => source.ReadBytes(0)).Message);
        }
    }

    [Theory]
    [InlineData("a.tar")]
    [InlineData("a.tgz")]
    public void A_hard_link_in_a_tar_is_another_name_of_its_file(string archive)
    {
        Pack(archive, ["a.jpg", "b.jpg"], links: [("c/d.jpg", "a.jpg"), ("e.jpg", "nowhere.jpg")]);
        using ImageSource source = ImageSource.Open([_folder.File(archive)]);
        Assert.Equal(["a.jpg", "b.jpg", "c/d.jpg"], NamesOf(source));
        Assert.Equal(ContentOf("a.jpg"), TextOf(source, 2));
    }

    [Theory]
    [InlineData(124, 0xFF, "is a damaged tar")]
    [InlineData(156, (int)'S', "has entries that cannot be read")]
    [InlineData(156, (int)'L', "is a damaged tar")]
    public void A_tar_that_cannot_be_walked_is_one_sentence(int at, int value, string sentence)
    {
        byte[] tar = File.ReadAllBytes(Pack("a.tar", ["a.jpg"], format: TarEntryFormat.Gnu));
        tar[at] = (byte)value;
        "77777777777 "u8.CopyTo(value == 'L' ? tar.AsSpan(124) : new byte[12]);
        if (value == 0xFF)
        {
            tar.AsSpan(125, 11).Fill(0x7F);
        }

        tar.AsSpan(148, 8).Fill((byte)' ');
        Encoding.ASCII.GetBytes(Convert.ToString(tar.Take(512).Sum(item => item), 8).PadLeft(6, '0') + "\0 ").CopyTo(tar, 148);
        File.WriteAllBytes(_folder.File("bad.tar"), tar);
        Assert.Contains(sentence, Assert.Throws<SocoDataException>(() => ImageSource.Open([_folder.File("bad.tar")])).Message);
    }

    private static string ContentOf(string name) => string.Concat(Enumerable.Repeat($"the bytes of {name}; ", 30));

    private string Pack(
        string archive,
        string[] names,
        CompressionLevel level = CompressionLevel.Optimal,
        (string Name, string Target)[]? links = null,
        TarEntryFormat format = TarEntryFormat.Pax
    )
    {
        string path = _folder.File(archive);
        using FileStream file = File.Create(path);
        if (archive.EndsWith(".zip"))
        {
            using var zip = new ZipArchive(file, ZipArchiveMode.Create);
            foreach (string name in names)
            {
                using Stream entry = zip.CreateEntry(name, level).Open();
                entry.Write(Encoding.UTF8.GetBytes(ContentOf(name)));
            }

            return path;
        }

        using Stream packed = archive.EndsWith(".tar") ? file : new GZipStream(file, level);
        using var tar = new TarWriter(packed);
        foreach (string name in names)
        {
            var content = new MemoryStream(Encoding.UTF8.GetBytes(ContentOf(name)));
            tar.WriteEntry(
                format == TarEntryFormat.Gnu
                    ? new GnuTarEntry(TarEntryType.RegularFile, name) { DataStream = content }
                    : new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = content }
            );
        }

        foreach ((string name, string target) in links ?? [])
        {
            tar.WriteEntry(new PaxTarEntry(TarEntryType.HardLink, name) { LinkName = target });
        }

        return path;
    }
}

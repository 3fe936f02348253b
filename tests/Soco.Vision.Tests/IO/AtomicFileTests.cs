using Soco.Vision.IO;

namespace Soco.Vision.Tests.IO;

public sealed class AtomicFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("soco-atomic").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_folder_is_no_place_for_a_file()
    {
        var error = Assert.Throws<SocoRequestException>(() => AtomicFile.Write(Path.GetTempPath(), [1]));
        Assert.Contains("is a folder, and a file is to be written there: name a file in it.", error.Message);
    }

    [Fact]
    public void The_new_content_replaces_the_old_and_leaves_nothing_else()
    {
        string path = Path.Combine(_folder, "made", "a");
        AtomicFile.Write(path, [1, 2, 3]);
        AtomicFile.Write(path, [4]);

        Assert.Equal([4], File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    [Fact]
    public void A_write_that_fails_half_way_leaves_the_previous_file()
    {
        string path = Path.Combine(_folder, "a");
        AtomicFile.Write(path, [1, 2, 3]);

        var error = Assert.Throws<SocoRunException>(() =>
            AtomicFile.Write(
                path,
                stream =>
                {
                    stream.Write([9, 9]);
                    throw new IOException("No space left on device.");
                },
                100
            )
        );

        Assert.Equal(
            $"{path} cannot be written (No space left on device); free space there or name another folder; the previous file is intact.",
            error.Message
        );
        Assert.Equal([1, 2, 3], File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(_folder));
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_one_sentence()
    {
        string file = Path.Combine(_folder, "file");
        File.WriteAllBytes(file, []);
        string path = Path.Combine(file, "a");

        Assert.StartsWith(
            $"{path} cannot be written (",
            Assert.Throws<SocoRunException>(() => AtomicFile.Write(path, [1])).Message,
            StringComparison.Ordinal
        );
    }
}

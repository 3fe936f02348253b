using System.Text;
using System.Text.Json;
using Soco.Embedding;
using Soco.Vision;
using static TorchSharp.torch;

namespace Soco.Tests.Embedding;

public sealed class VectorFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, 1, false)]
    [InlineData(3, 5, true)]
    [InlineData(1030, 4, true)]
    public void A_parquet_file_is_read_as_it_was_written(int count, int dimensions, bool boxes)
    {
        using VectorSet written = Vectors(count, dimensions, boxes);
        VectorFile.Write(_folder.File("v.parquet"), written);

        using VectorSet read = VectorFile.Read(_folder.File("v.parquet"));

        Assert.True(written.Values.bytes.SequenceEqual(read.Values.bytes));
        Assert.Equal(written.Values.shape, read.Values.shape);
        Assert.Equal(written.Paths, read.Paths);
        Assert.Equal(written.Boxes, read.Boxes);
        Assert.Equal(written.Origin, read.Origin);
        Assert.Single(Directory.GetFiles(_folder.Root));
    }

    [Fact]
    public void An_npy_file_is_a_header_of_a_multiple_of_64_bytes_and_the_values()
    {
        using VectorSet written = Vectors(1030, 3, boxes: true);
        VectorFile.Write(_folder.File("v.npy"), written);

        byte[] file = File.ReadAllBytes(_folder.File("v.npy"));
        Assert.Equal([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0], file[..8]);
        int start = 10 + BitConverter.ToUInt16(file, 8);
        Assert.Equal(0, start % 64);
        Assert.Equal("{'descr': '<f4', 'fortran_order': False, 'shape': (1030, 3), }", Encoding.ASCII.GetString(file[10..start]).Trim());
        Assert.Equal((byte)'\n', file[start - 1]);
        Assert.True(written.Values.bytes.SequenceEqual(file.AsSpan(start)));

        using JsonDocument names = JsonDocument.Parse(File.ReadAllBytes(_folder.File("v.json")));
        Assert.Equal(written.Paths, names.RootElement.GetProperty("paths").EnumerateArray().Select(path => path.GetString()));
        Assert.Equal([2.5, 3, 10, 20], names.RootElement.GetProperty("boxes")[2].EnumerateArray().Select(side => side.GetDouble()));
        Assert.Equal(
            ("run, 1", 64),
            (names.RootElement.GetProperty("weights").GetString(), names.RootElement.GetProperty("side").GetInt32())
        );
    }

    [Fact]
    public void Other_names_and_other_files_are_refused_with_a_sentence()
    {
        using VectorSet vectors = Vectors(2, 2, boxes: false);
        Assert.Contains(
            "let it end with .parquet or .npy",
            Assert.Throws<SocoRequestException>(() => VectorFile.Write(_folder.File("v.csv"), vectors)).Message
        );
        Assert.Contains("name a .parquet file", Assert.Throws<SocoRequestException>(() => VectorFile.Read(_folder.File("v.npy"))).Message);
        Assert.Contains("does not exist", Assert.Throws<SocoDataException>(() => VectorFile.Read(_folder.File("v.parquet"))).Message);
        File.WriteAllText(_folder.File("v.parquet"), "no vectors");
        Assert.Contains(
            "is damaged or not a Parquet file",
            Assert.Throws<SocoDataException>(() => VectorFile.Read(_folder.File("v.parquet"))).Message
        );
    }

    private static VectorSet Vectors(int count, int dimensions, bool boxes) =>
        new(
            tensor([.. Enumerable.Range(0, count * dimensions).Select(i => i / 7f)], [count, dimensions]),
            [.. Enumerable.Range(0, count).Select(i => $"a/{i / 2}, \"é\n\".jpg")],
            boxes ? [.. Enumerable.Range(0, count).Select(i => new BoxXyxy(i + 0.5, 3, i + 10.5, 23))] : null,
            new VectorOrigin("run, 1", "resnet18 x 0.5", boxes ? "head" : "C5", 64)
        );
}

using CsCheck;
using Soco.Vision.Proposals.Storage;
using Soco.Vision.Random;

namespace Soco.Vision.Tests.Proposals.Storage;

public sealed class ProposalPartTests : IDisposable
{
    private static readonly ProposalOrigin Origin = new("soco", "scale=300;sigma=0.9;min_size=100;keep=rules");

    private static readonly Gen<BoxXywh> Boxes = Gen.Select(
        Gen.Int[0, 9000],
        Gen.Int[0, 9000],
        Gen.Int[1, 70_000],
        Gen.Int[1, 900],
        (x, y, w, h) => new BoxXywh(x, y, w, h)
    );

    private static readonly Gen<ProposalRow> Rows = Gen.Select(
        Gen.String,
        Gen.Int[1, 9000],
        Gen.Int[1, 9000],
        Boxes.Array[0, 5],
        (path, width, height, boxes) => new ProposalRow(path, width, height, boxes)
    );

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_written_is_read_images_without_boxes_too() =>
        Rows.Array[1, 20]
            .Sample(
                rows =>
                {
                    string path = _folder.File($"{Guid.NewGuid()}.parquet");
                    ProposalPart.Write(path, Origin, rows);
                    var read = new List<ProposalRow>();
                    ProposalOrigin? origin = ProposalPart.Read(path, row => read.Add(row with { Boxes = [.. row.Boxes] }));
                    Assert.Equal(Origin, origin);
                    Assert.Equal(
                        rows.Select(row => (row.Path, row.Width, row.Height)),
                        read.Select(row => (row.Path, row.Width, row.Height))
                    );
                    Assert.Equal(rows.Select(row => row.Boxes), read.Select(row => row.Boxes));
                    var names = new List<string>();
                    ProposalPart.ReadNames(path, names.Add);
                    Assert.Equal(rows.Select(row => row.Path), names);
                    File.Delete(path);
                },
                iter: 100
            );

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(100)]
    [InlineData(-1)]
    public void A_truncated_part_is_refused_by_name(int length)
    {
        string path = _folder.File("part-00000.parquet");
        ProposalPart.Write(path, Origin, [new ProposalRow("a.jpg", 60, 50, [new BoxXywh(1, 2, 33, 44)])]);
        byte[] whole = File.ReadAllBytes(path);
        File.WriteAllBytes(path, whole[..(length < 0 ? whole.Length + length : length)]);
        var exception = Assert.Throws<SocoDataException>(() => ProposalPart.Read(path, _ => { }));
        Assert.StartsWith(path, exception.Message);
        Assert.Contains("delete it", exception.Message);
    }

    [Fact]
    public void A_flipped_bit_anywhere_is_refused_by_name()
    {
        string path = _folder.File("part-00000.parquet");
        ProposalPart.Write(
            path,
            Origin,
            [new ProposalRow("a.jpg", 60, 50, [new BoxXywh(1, 2, 33, 44)]), new ProposalRow("b.jpg", 60, 50, [])]
        );
        byte[] whole = File.ReadAllBytes(path);
        for (int at = 0; at < whole.Length; at++)
        {
            byte[] flipped = [.. whole];
            flipped[at] ^= (byte)(1 << at % 8);
            File.WriteAllBytes(path, flipped);
            Assert.StartsWith(path, Refusal(path)?.Message ?? $"bit {at % 8} of byte {at} is read");
        }
    }

    [Fact]
    public void A_part_whose_seal_is_damaged_beside_a_box_is_refused()
    {
        string path = _folder.File("part-00000.parquet");
        ProposalPart.Write(path, Origin, [new ProposalRow("a.jpg", 60, 50, [new BoxXywh(1, 2, 33, 44)])]);
        byte[] file = File.ReadAllBytes(path);
        int seal = file.AsSpan().IndexOf("SOCOXXH3"u8);
        Assert.True(seal > 0);
        file[seal] ^= 1;
        file[seal - 3] ^= 1;
        File.WriteAllBytes(path, file);
        Assert.StartsWith(path, Refusal(path)?.Message);

        File.WriteAllBytes(path, [.. file[..(seal + 5)], .. file[(seal + 16)..]]);
        Assert.StartsWith(path, Refusal(path)?.Message);
    }

    [Fact]
    public void A_damaged_part_without_a_seal_comes_to_an_end()
    {
        string path = _folder.File("part-00000.parquet");
        ProposalPart.Write(
            path,
            Origin,
            [.. Enumerable.Range(0, 40).Select(i => new ProposalRow($"image-{i}.jpg", 60, 50, [new BoxXywh(i, 2, 33, 44)]))]
        );
        byte[] whole = File.ReadAllBytes(path);
        int seal = whole.AsSpan().IndexOf("SOCOXXH3"u8);
        byte[] plain = [.. whole[..seal], .. whole[(seal + 16)..]];
        "pandas.number"u8.CopyTo(plain.AsSpan(plain.AsSpan().IndexOf("soco.checksum"u8)));
        File.WriteAllBytes(path, plain);
        Assert.Null(Refusal(path));
        var random = new CounterRandom(1, 0, 0, 0);
        int refused = 0;
        for (int trial = 0; trial < 2000; trial++)
        {
            byte[] flipped = [.. plain];
            flipped[(int)(random.NextDouble() * plain.Length)] ^= (byte)(1 << trial % 8);
            File.WriteAllBytes(path, flipped);
            refused += Refusal(path) is null ? 0 : 1;
        }

        Assert.InRange(refused, 500, 2000);
    }

    private static SocoDataException? Refusal(string path) =>
        Record.Exception(() => ProposalPart.Read(path, _ => { })) switch
        {
            null => null,
            SocoDataException refused => refused,
            var other => throw other,
        };

    [Fact]
    public void A_folder_takes_boxes_from_one_process_at_a_time()
    {
        string folder = _folder.File("shared");
        var origin = new ProposalOrigin("soco", "any");
        using (ProposalFolder.OpenToAdd(folder, origin))
        {
            Assert.Contains(
                "is in use by another run",
                Assert.Throws<SocoRequestException>(() => ProposalFolder.OpenToAdd(folder, origin)).Message
            );
        }

        ProposalFolder.OpenToAdd(folder, origin).Dispose();
    }

    [Fact]
    public void A_missing_part_is_refused_by_name()
    {
        string path = _folder.File("none.parquet");
        Assert.Contains("does not exist", Assert.Throws<SocoDataException>(() => ProposalPart.Read(path, _ => { })).Message);
    }
}

using CsCheck;
using Soco.Proposals;
using Soco.Tests.Images;

namespace Soco.Tests.Proposals;

public sealed class ProposalPartTests : IDisposable
{
    private static readonly ProposalOrigin Origin = new("soco", "scale=300;sigma=0.9;min_size=100;keep=rules");

    private static readonly Gen<BoxXywh> Boxes =
        Gen.Select(Gen.Int[0, 9000], Gen.Int[0, 9000], Gen.Int[1, 70_000], Gen.Int[1, 900], (x, y, w, h) => new BoxXywh(x, y, w, h));

    private static readonly Gen<ProposalRow> Rows = Gen.Select(
        Gen.String, Gen.Int[1, 9000], Gen.Int[1, 9000], Boxes.Array[0, 5], (path, width, height, boxes) => new ProposalRow(path, width, height, boxes));

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_written_is_read_images_without_boxes_too() =>
        Rows.Array[1, 20].Sample(
            rows =>
            {
                string path = _folder.Of($"{Guid.NewGuid()}.parquet");
                ProposalPart.Write(path, Origin, rows);
                var read = new List<ProposalRow>();
                ProposalOrigin? origin = ProposalPart.Read(path, row => read.Add(row with { Boxes = [.. row.Boxes] }));
                Assert.Equal(Origin, origin);
                Assert.Equal(rows.Select(row => (row.Path, row.Width, row.Height)), read.Select(row => (row.Path, row.Width, row.Height)));
                Assert.Equal(rows.Select(row => row.Boxes), read.Select(row => row.Boxes));
                var names = new List<string>();
                ProposalPart.ReadNames(path, names.Add);
                Assert.Equal(rows.Select(row => row.Path), names);
                File.Delete(path);
            },
            iter: 100);

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(100)]
    [InlineData(-1)]
    public void A_truncated_part_is_refused_by_name(int length)
    {
        string path = _folder.Of("part-00000.parquet");
        ProposalPart.Write(path, Origin, [new ProposalRow("a.jpg", 60, 50, [new BoxXywh(1, 2, 33, 44)])]);
        byte[] whole = File.ReadAllBytes(path);
        File.WriteAllBytes(path, whole[..(length < 0 ? whole.Length + length : length)]);
        var exception = Assert.Throws<SocoDataException>(() => ProposalPart.Read(path, _ => { }));
        Assert.StartsWith(path, exception.Message);
        Assert.Contains("delete it", exception.Message);
    }

    [Fact]
    public void A_missing_part_is_refused_by_name()
    {
        string path = _folder.Of("none.parquet");
        Assert.Contains("does not exist", Assert.Throws<SocoDataException>(() => ProposalPart.Read(path, _ => { })).Message);
    }
}

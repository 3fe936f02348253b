using CsCheck;
using Soco.Vision.Proposals.Storage;

namespace Soco.Vision.Tests.Proposals.Storage;

public sealed class ProposalStoreTests : IDisposable
{
    private static readonly ProposalOrigin Origin = new("soco", "scale=300;sigma=0.9;min_size=100;keep=rules");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_folder_of_parts_is_found_by_the_name_in_the_source()
    {
        WritePart(0, new ProposalRow("n01/a.b.JPEG", 500, 375, [new BoxXywh(1, 2, 33, 44), new BoxXywh(5, 6, 77, 88)]));
        WritePart(
            1,
            new ProposalRow("n02/a.b.JPEG", 90_000, 375, [new BoxXywh(70_000, 2, 133, 44)]),
            new ProposalRow("n03/é.png", 9, 9, [])
        );
        ProposalStore store = ProposalStore.Load(_folder.Root);
        Assert.Equal((3, 3, "soco", Origin.Parameters), (store.Count, store.BoxCount, store.Strategy, store.Parameters));
        Assert.Equal([new BoxXywh(1, 2, 33, 44), new BoxXywh(5, 6, 77, 88)], Find(store, "n01/a.b.JPEG"));
        Assert.Equal([new BoxXywh(70_000, 2, 133, 44)], Find(store, "n02/a.b.JPEG"));
        Assert.Equal([], Find(store, "n03/é.png"));
        Assert.False(store.TryFind("a.b.JPEG", out _));
    }

    [Fact]
    public void Json_is_found_by_the_name_without_folder_and_extension()
    {
        string file = _folder.Write(
            "p.json",
            """{"n01_a.b": [[1, 2, 33, 44], [5.0, 6, 7.4e1, 88]], "sp\u00e9 \"NaN": [], "c": [[0,0,40,40]]}"""
        );
        ProposalStore store = ProposalStore.Load(file);
        Assert.Equal((3, 3L), (store.Count, store.BoxCount));
        Assert.Null(store.Strategy);
        Assert.Equal([new BoxXywh(1, 2, 33, 44), new BoxXywh(5, 6, 74, 88)], Find(store, "train/n01/n01_a.b.JPEG"));
        Assert.Equal([], Find(store, "spé \"NaN.jpg"));
        Assert.False(store.TryFind("n01_a.jpg", out _));
    }

    [Fact]
    public void Boxes_are_the_same_after_a_journey_through_parquet_and_json() =>
        Gen.Select(Gen.Int[0, 400], Gen.Int[0, 400], Gen.Int[1, 400], Gen.Int[1, 400], (x, y, w, h) => new BoxXywh(x, y, w, h))
            .Array[0, 6]
            .Array[1, 30]
            .Sample(
                images =>
                {
                    DirectoryInfo folder = Directory.CreateDirectory(_folder.File(Guid.NewGuid().ToString()));
                    ProposalPart.Write(
                        Path.Combine(folder.FullName, "part-00000.parquet"),
                        Origin,
                        [.. images.Select((boxes, i) => new ProposalRow($"folder/{i}.jpg", 800, 800, boxes))]
                    );
                    ProposalStore store = ProposalStore.Load(folder.FullName);
                    string json = Path.Combine(folder.FullName, "p.json");
                    store.WriteJson(json);
                    ProposalStore again = ProposalStore.Load(json);
                    for (int i = 0; i < images.Length; i++)
                    {
                        Assert.Equal(images[i], Find(store, $"folder/{i}.jpg"));
                        Assert.Equal(images[i], Find(again, $"elsewhere/{i}.png"));
                    }

                    Assert.Equal(images.Length, again.Count);
                },
                iter: 50
            );

    [Fact]
    public void Json_longer_than_the_buffer_is_read_whole()
    {
        IEnumerable<(string, IReadOnlyList<BoxXywh>)> images = Enumerable
            .Range(0, 20_000)
            .Select(i => ($"image{i}", (IReadOnlyList<BoxXywh>)[new BoxXywh(i % 500, 1, 40, 50), new BoxXywh(2, i % 300, 60, 70)]));
        string file = _folder.File("p.json");
        ProposalJson.Write(file, images);
        ProposalStore store = ProposalStore.Load(file);
        Assert.Equal(20_000, store.Count);
        Assert.Equal([new BoxXywh(19_999 % 500, 1, 40, 50), new BoxXywh(2, 19_999 % 300, 60, 70)], Find(store, "image19999.jpg"));
    }

    [Fact]
    public void Boxes_outside_their_image_are_clipped_and_counted_and_empty_ones_dropped()
    {
        WritePart(
            0,
            new ProposalRow(
                "a.jpg",
                100,
                80,
                [
                    new BoxXywh(-10, -10, 50, 50),
                    new BoxXywh(60, 30, 100, 100),
                    new BoxXywh(100, 0, 40, 40),
                    new BoxXywh(0, 0, 0, 40),
                    new BoxXywh(0, 0, 40, -40),
                    new BoxXywh(0, 0, 100, 80),
                ]
            )
        );
        ProposalStore store = ProposalStore.Load(_folder.Root);
        Assert.Equal([new BoxXywh(0, 0, 40, 40), new BoxXywh(60, 30, 40, 50), new BoxXywh(0, 0, 100, 80)], Find(store, "a.jpg"));
        Assert.Equal((2, 3), (store.ClippedBoxes, store.DroppedBoxes));
    }

    [Fact]
    public void Boxes_that_are_not_numbers_are_dropped_and_counted()
    {
        string file = _folder.Write(
            "p.json",
            """{"NaN": [[NaN, 1, 40, 40], [1, 1, Infinity, 40], [1, -Infinity, 40, 40], [1, 1, 40, 40], [-5, 1, 40, 40]]}"""
        );
        ProposalStore store = ProposalStore.Load(file);
        Assert.Equal([new BoxXywh(1, 1, 40, 40), new BoxXywh(0, 1, 35, 40)], Find(store, "NaN.jpg"));
        Assert.Equal((1, 3), (store.ClippedBoxes, store.DroppedBoxes));
    }

    [Theory]
    [InlineData("", "cannot be read as JSON")]
    [InlineData("""{"a": [[1, 2, 3""", "cannot be read as JSON")]
    [InlineData("""{"a": [[1, 2, 3, 4]]""", "cannot be read as JSON")]
    [InlineData("""{"a": [[1, 2, 3]]}""", "a box of a has 3 numbers")]
    [InlineData("""{"a": [[1, 2, 3, 4, 5]]}""", "a box of a has 5 numbers")]
    [InlineData("""{"a": [1, 2, 3, 4]}""", "not of the form")]
    [InlineData("""{"a": [["1", 2, 3, 4]]}""", "not of the form")]
    [InlineData("""{"a": 7}""", "not of the form")]
    [InlineData("""[[1, 2, 3, 4]]""", "not of the form")]
    [InlineData("""{"images": [{"id": 1}]}""", "not of the form")]
    [InlineData("""{"a": [], "a": []}""", "has the image a twice")]
    public void Malformed_json_is_refused_in_a_sentence_with_its_name(string json, string problem)
    {
        string file = _folder.Write("p.json", json);
        string message = Assert.Throws<SocoDataException>(() => ProposalStore.Load(file)).Message;
        Assert.StartsWith(file, message);
        Assert.Contains(problem, message);
        Assert.EndsWith(".", message);
    }

    [Fact]
    public void Json_that_is_not_UTF8_is_refused_with_the_byte_and_half_a_surrogate_is_read()
    {
        string latin = _folder.Write("latin.json", [.. "{\""u8, 0xE9, .. "\": [[1, 2, 3, 4]]}"u8]);
        Assert.Equal(
            $"{latin} is not UTF-8: byte 3 is 0xE9; save it again as UTF-8.",
            Assert.Throws<SocoDataException>(() => ProposalStore.Load(latin)).Message
        );
        Assert.Equal(
            [new BoxXywh(1, 2, 3, 4)],
            Find(ProposalStore.Load(_folder.Write("half.json", "{\"a\\ud800\": [[1, 2, 3, 4]]}")), "a\uFFFD.jpg")
        );
    }

    [Fact]
    public void A_part_that_is_not_parquet_is_refused_by_name()
    {
        WritePart(0, new ProposalRow("a.jpg", 100, 80, []));
        string broken = _folder.Write("part-00001.parquet", "no Parquet");
        Assert.StartsWith(broken, Assert.Throws<SocoDataException>(() => ProposalStore.Load(_folder.Root)).Message);
    }

    [Fact]
    public void What_is_not_there_is_refused()
    {
        Assert.Contains("does not exist", Assert.Throws<SocoDataException>(() => ProposalStore.Load("/no/such.json")).Message);
        Assert.Contains("does not exist", Assert.Throws<SocoDataException>(() => ProposalStore.Load("/no/such.parquet")).Message);
        Assert.Contains("no proposals", Assert.Throws<SocoDataException>(() => ProposalStore.Load(_folder.Root)).Message);
    }

    [Fact]
    public void A_mixture_of_parameters_is_refused()
    {
        WritePart(0, new ProposalRow("a.jpg", 100, 80, []));
        ProposalPart.Write(
            _folder.File("part-00001.parquet"),
            Origin with
            {
                Parameters = "scale=1",
            },
            [new ProposalRow("b.jpg", 100, 80, [])]
        );
        Assert.Contains("mixes", Assert.Throws<SocoDataException>(() => ProposalStore.Load(_folder.Root)).Message);
    }

    [Fact]
    public void A_store_of_other_images_is_refused_with_both_namings()
    {
        WritePart(0, new ProposalRow("train/a.jpg", 100, 80, []));
        ProposalStore store = ProposalStore.Load(_folder.Root);
        string message = Assert.Throws<SocoDataException>(() => store.CountFound(InMemorySource.Of(3))).Message;
        Assert.Contains("train/a.jpg", message);
        Assert.Contains("folder/000.png", message);
        WritePart(1, new ProposalRow("folder/001.png", 100, 80, []));
        Assert.Equal(1, ProposalStore.Load(_folder.Root).CountFound(InMemorySource.Of(3)));
    }

    [Fact]
    public void Two_images_of_one_base_name_cannot_become_json()
    {
        WritePart(0, new ProposalRow("x/a.jpg", 100, 80, []), new ProposalRow("y/a.png", 100, 80, []));
        string json = _folder.File("p.json");
        Assert.Contains("called a", Assert.Throws<SocoRequestException>(() => ProposalStore.Load(_folder.Root).WriteJson(json)).Message);
        Assert.Empty(Directory.GetFiles(_folder.Root, "p.json*"));
    }

    private void WritePart(int number, params ProposalRow[] rows) =>
        ProposalPart.Write(_folder.File($"part-{number:00000}.parquet"), Origin, rows);

    private static BoxXywh[] Find(ProposalStore store, string name)
    {
        Assert.True(store.TryFind(name, out BoxXywh[] boxes), $"{name} is not there.");
        return boxes;
    }
}

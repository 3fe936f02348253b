using System.Text.Json;
using Soco.Campaigns;
using Soco.Vision.Imaging;

namespace Soco.Cli.Tests;

public sealed class EmbedCommandTests : IClassFixture<CommandLineFixture>
{
    private readonly CommandLineFixture _fixture;

    public EmbedCommandTests(CommandLineFixture fixture)
    {
        _fixture = fixture;
        fixture.Pretrained();
    }

    private string Labels => Path.Combine(_fixture.Root, "annotations", "instances_train.json");

    [Fact]
    public void One_call_writes_vectors_neighbors_near_duplicates_and_a_subset_and_saved_vectors_give_the_same()
    {
        string images = _fixture.In("gathered");
        Directory.CreateDirectory(images);
        string[] scenes = [.. Directory.GetFiles(_fixture.Images).Order(StringComparer.Ordinal).Take(4)];
        Array.ForEach(scenes, scene => File.Copy(scene, Path.Combine(images, Path.GetFileName(scene))));
        RgbImage first = ImageDecoder.Decode(File.ReadAllBytes(scenes[0]), scenes[0]);
        ImageWriter.SavePng(Resampling.ResizeBilinear(first, first.Width / 2, first.Height / 2), Path.Combine(images, "smaller.png"));
        ImageWriter.SavePng(new RgbImage(1, 1), Path.Combine(images, "pixel.png"));
        File.WriteAllText(Path.Combine(images, "broken.jpg"), "no picture");

        (int exitCode, string output, string error) = Embed(
            "gathered",
            "--weights",
            _fixture.In("pretrained"),
            "--out",
            _fixture.In("all/v.parquet"),
            "--nearest",
            "2",
            "--query",
            scenes[1],
            "--duplicates",
            "0.999",
            "--select",
            "3"
        );

        Assert.True(exitCode == 0, error);
        Assert.Contains("Vectors of 6 images", output);
        Assert.Contains("128 numbers each, C5 of resnet18 x 0.25 at 64 pixels", output);
        Assert.Contains("broken.jpg", File.ReadAllText(_fixture.In("all/skipped.csv")));
        Assert.Equal(["v-duplicates.csv", "v-nearest.png", "v-selected.txt"], Results("all"));
        Assert.Equal(
            3,
            File.ReadAllLines(_fixture.In("all/v-selected.txt")).Intersect(Directory.GetFiles(images).Select(Path.GetFileName)).Count()
        );
        string pair = Assert.Single(
            File.ReadAllLines(_fixture.In("all/v-duplicates.csv")),
            line =>
                line.Contains("smaller.png", StringComparison.Ordinal)
                && line.Contains(Path.GetFileName(scenes[0]), StringComparison.Ordinal)
        );
        Assert.EndsWith(",1,0", pair);

        (exitCode, output, error) = Embed(
            "gathered",
            "--vectors",
            _fixture.In("all/v.parquet"),
            "--out",
            _fixture.In("again/v.npy"),
            "--nearest",
            "2",
            "--query",
            scenes[1],
            "--duplicates",
            "0.999",
            "--select",
            "3"
        );
        Assert.True(exitCode == 0, error);
        Assert.DoesNotContain("images/s", output);
        Assert.All(
            Results("again"),
            name => Assert.Equal(File.ReadAllBytes(_fixture.In($"all/{name}")), File.ReadAllBytes(_fixture.In($"again/{name}")))
        );
        Assert.True(File.Exists(_fixture.In("again/v.npy")));

        string[] Results(string folder) =>
            [.. Directory.GetFiles(_fixture.In(folder), "v-*").Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];
    }

    [Fact]
    public void Boxes_of_labels_and_of_proposals_get_vectors_of_the_box_head()
    {
        (int exitCode, string output, string error) = Embed(
            "train",
            "--weights",
            _fixture.In("pretrained"),
            "--out",
            _fixture.In("boxes/v.npy"),
            "--annotations",
            Labels,
            "--nearest",
            "3",
            "--select",
            "9"
        );
        Assert.True(exitCode == 0, error);
        Assert.Matches(@"Vectors of \d+ boxes in 9 images.*16 numbers each, head of", output);
        Assert.Equal(9, File.ReadAllLines(_fixture.In("boxes/v-selected.txt")).Distinct().Count());
        using JsonDocument names = JsonDocument.Parse(File.ReadAllBytes(_fixture.In("boxes/v.json")));
        Assert.Equal(names.RootElement.GetProperty("paths").GetArrayLength(), names.RootElement.GetProperty("boxes").GetArrayLength());

        (exitCode, output, error) = Embed(
            "train",
            "--weights",
            _fixture.In("pretrained"),
            "--out",
            _fixture.In("boxes/p.parquet"),
            "--proposals",
            Path.Combine(_fixture.In("pretrained"), "proposals")
        );
        Assert.True(exitCode == 0, error);
        Assert.Matches(@"Vectors of \d+ boxes in \d images", output);
    }

    [Fact]
    public void A_detector_gives_vectors_of_images_and_boxes_and_a_C4_pretraining_of_images()
    {
        Assert.Equal(
            0,
            _fixture
                .Run([
                    "finetune",
                    "--annotations",
                    Labels,
                    "--out",
                    _fixture.In("tuned"),
                    "--weights",
                    _fixture.In("pretrained"),
                    .. TinyRuns.Finetune,
                ])
                .ExitCode
        );
        (int exitCode, string output, string error) = Embed(
            "train",
            "--weights",
            _fixture.In("tuned"),
            "--size",
            "64",
            "--out",
            _fixture.In("tuned/boxes.parquet"),
            "--annotations",
            Labels
        );
        Assert.True(exitCode == 0, error);
        Assert.Contains("16 numbers each, head of resnet18 x 0.25 at 64 pixels", output);

        Assert.Equal(
            0,
            _fixture
                .Run([
                    "pretrain",
                    _fixture.Images,
                    "--out",
                    _fixture.In("c4"),
                    .. TinyRuns.Pretrain,
                    "--method",
                    "soco-c4",
                    "--set",
                    "model.width=0.25",
                    "--epochs",
                    "1",
                ])
                .ExitCode
        );
        (exitCode, output, error) = Embed("train", "--weights", _fixture.In("c4"), "--out", _fixture.In("c4/v.npy"));
        Assert.True(exitCode == 0, error);
        Assert.Contains("128 numbers each, C5 of", output);
        (exitCode, _, error) = Embed("train", "--weights", _fixture.In("c4"), "--out", _fixture.In("c4/b.npy"), "--annotations", Labels);
        Assert.Equal(2, exitCode);
        Assert.Contains("has no FPN and box head with norms", error);
    }

    [Fact]
    public void A_query_may_be_another_image()
    {
        ImageWriter.SavePng(new RgbImage(50, 30), _fixture.In("query.png"));
        (int exitCode, string output, string error) = Embed(
            "train",
            "--weights",
            _fixture.In("pretrained"),
            "--out",
            _fixture.In("other/v.parquet"),
            "--nearest",
            "4",
            "--query",
            _fixture.In("query.png")
        );
        Assert.True(exitCode == 0, error);
        Assert.Contains("v-nearest.png", output);

        (exitCode, _, error) = Embed(
            "train",
            "--vectors",
            _fixture.In("other/v.parquet"),
            "--nearest",
            "4",
            "--query",
            _fixture.In("query.png")
        );
        Assert.Equal(2, exitCode);
        Assert.Contains("without --weights it gets no vector", error);
        (exitCode, _, error) = Embed("pretrained/pictures", "--vectors", _fixture.In("other/v.parquet"), "--select", "2");
        Assert.Equal(2, exitCode);
        Assert.Contains("name the images that the vectors were made of", error);
    }

    [Theory]
    [InlineData("--out is missing")]
    [InlineData("let it end with .parquet or .npy", "--out", "v.csv")]
    [InlineData("is none of the 9 images", "--out", "v.npy", "--nearest", "2", "--query", "nowhere.png")]
    [InlineData("A query needs the number of its neighbors: give one, such as 5.", "--out", "v.npy", "--query", "nowhere.png")]
    [InlineData("101 neighbors are more than a sheet has room for", "--out", "v.npy", "--nearest", "101")]
    [InlineData("A subset of 10 is more than the 9 images", "--out", "v.npy", "--select", "10")]
    [InlineData("--select 0 is not possible: give 1 or more.", "--out", "v.npy", "--select", "0")]
    [InlineData(
        "A cosine of 1.5 is not possible for near-duplicates: give one above 0, at most 1.",
        "--out",
        "v.npy",
        "--duplicates",
        "1.5"
    )]
    [InlineData("A cosine of NaN is not possible", "--out", "v.npy", "--duplicates", "NaN")]
    [InlineData("give either weights or vectors", "--out", "v.npy", "--vectors", "v.parquet")]
    [InlineData("leave one out", "--out", "v.npy", "--proposals", "p", "--annotations", "a")]
    [InlineData("Near-duplicates are looked for among whole images", "--out", "v.npy", "--annotations", "a", "--duplicates")]
    public void A_wrong_request_is_one_sentence(string sentence, params string[] arguments)
    {
        (int exitCode, _, string error) = Embed("train", ["--weights", _fixture.In("pretrained"), .. arguments]);
        Assert.Equal(2, exitCode);
        Assert.Contains(sentence, error);
        Assert.Single(error.TrimEnd().Split('\n'));
        Assert.False(File.Exists(_fixture.In("v.npy")));
    }

    [Fact]
    public void No_image_that_can_be_read_is_a_failed_run()
    {
        Directory.CreateDirectory(_fixture.In("bad"));
        File.WriteAllText(_fixture.In("bad/a.jpg"), "no picture");
        (int exitCode, _, string error) = Embed("bad", "--weights", _fixture.In("pretrained"), "--out", _fixture.In("none/v.npy"));
        Assert.Equal(1, exitCode);
        Assert.Contains("None of the 1 image can be used; skipped.csv beside", error);
    }

    private (int ExitCode, string Output, string Error) Embed(string images, params string[] arguments) =>
        _fixture.Run(["embed", _fixture.In(images), .. arguments, "--threads", "1"]);
}

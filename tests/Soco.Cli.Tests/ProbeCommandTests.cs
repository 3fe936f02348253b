using System.Text.Json;
using System.Text.RegularExpressions;
using Soco.Campaigns;
using Soco.Vision.Imaging;

namespace Soco.Cli.Tests;

public sealed class ProbeCommandTests : IClassFixture<CommandLineFixture>
{
    private readonly CommandLineFixture _fixture;
    private readonly string _labels;

    public ProbeCommandTests(CommandLineFixture fixture)
    {
        _fixture = fixture;
        _labels = Path.Combine(fixture.Root, "annotations", "instances_train.json");
        fixture.Pretrained();
    }

    [Fact]
    public void What_is_wrong_with_labels_is_said()
    {
        string renamed = _fixture.In("renamed.json");
        File.WriteAllText(renamed, File.ReadAllText(_labels).Replace(".jpg", ".JPEG").Replace(".png", ".PNG"));
        (int exitCode, string output, string error) = Probe(
            "pretrained",
            "--annotations",
            renamed,
            "--images",
            _fixture.Images,
            "--objects",
            "40"
        );
        Assert.True(exitCode == 0, error);
        Assert.Contains("images were found under another name", output);
    }

    [Fact]
    public void Labelled_boxes_are_told_from_every_stage_level_and_head()
    {
        (int exitCode, string output, string error) = Probe(
            "pretrained",
            "--annotations",
            _labels,
            "--objects",
            "40",
            "--out",
            _fixture.In("boxes.json")
        );
        Assert.True(exitCode == 0, error);
        Assert.DoesNotContain("Labels:", output);
        foreach (string place in new[] { "C2", "C5", "P2", "P5", "head" })
        {
            Assert.Matches($@"(?m)^\s*{place} +\d+ +[\d.]+ \([\d.]+\)", output);
        }

        using JsonDocument figures = JsonDocument.Parse(File.ReadAllBytes(_fixture.In("boxes.json")));
        JsonElement[] rows = [.. figures.RootElement.GetProperty("rows").EnumerateArray()];
        Assert.Equal(
            ["C2", "C3", "C4", "C5", "P2", "P3", "P4", "P5", "P", "head"],
            rows.Select(row => row.GetProperty("features").GetString())
        );
        Assert.Equal(
            [16 * 16, 32 * 9, 64 * 4, 128 * 4, 72, 72, 72, 72, 72, 16],
            rows.Select(row => row.GetProperty("dimensions").GetInt32())
        );
        Assert.Equal(64, figures.RootElement.GetProperty("size").GetInt32());
        Assert.All(rows, row => Assert.InRange(row.GetProperty("pretrained").GetProperty("ridge").GetDouble(), 0, 1));

        // The same again is the same.
        Probe("pretrained", "--annotations", _labels, "--objects", "40", "--out", _fixture.In("again.json"));
        Assert.Equal(File.ReadAllText(_fixture.In("boxes.json")), File.ReadAllText(_fixture.In("again.json")));
    }

    [Fact]
    public void A_pretraining_is_probed_while_it_learns()
    {
        string[] request =
        [
            "pretrain",
            _fixture.Images,
            "--out",
            _fixture.In("probed"),
            .. TinyRuns.Pretrain,
            "--set",
            "model.width=0.25",
            "--epochs",
            "3",
            "--set",
            "evaluation.probe=2",
        ];
        (int exitCode, string output, string error) = _fixture.Run([.. request, "--annotations", _labels]);
        Assert.True(exitCode == 0, error);
        Assert.Equal(
            2,
            Regex.Count(
                output,
                @"step [46]: a linear classifier tells [\d.]+ % of the labelled objects from features of the head, [\d.]+ % from a fresh network's"
            )
        );
        Assert.Contains("What the features know", File.ReadAllText(_fixture.In("probed/report.html")));

        // What is probed at the end is what is handed on.
        Probe("probed", "--annotations", _labels, "--out", _fixture.In("probed.json"));
        using JsonDocument figures = JsonDocument.Parse(File.ReadAllBytes(_fixture.In("probed.json")));
        using JsonDocument line = JsonDocument.Parse(File.ReadLines(_fixture.In("probed/log.jsonl")).Last());
        JsonElement head = figures
            .RootElement.GetProperty("rows")
            .EnumerateArray()
            .Single(row => row.GetProperty("features").GetString() == "head");
        Assert.Equal(
            head.GetProperty("pretrained").GetProperty("ridge").GetDouble(),
            line.RootElement.GetProperty("probe_head").GetDouble(),
            1e-6
        );
        Assert.Equal(
            head.GetProperty("fresh").GetProperty("ridge").GetDouble(),
            line.RootElement.GetProperty("probe_head_fresh").GetDouble(),
            1e-6
        );

        (exitCode, _, error) = _fixture.Run([.. request, "--val-annotations", _labels]);
        Assert.Equal(2, exitCode);
        Assert.Contains("--val-annotations is of labels to probe with, and none are named: add --annotations", error);
    }

    [Fact]
    public void Images_in_folders_of_classes_are_told_by_linear_evaluation()
    {
        foreach ((string name, byte red) in new[] { ("red", (byte)220), ("blue", (byte)20) })
        {
            for (int i = 0; i < 9; i++)
            {
                byte[] pixels = [.. Enumerable.Range(0, 48 * 48).SelectMany(at => new[] { red, (byte)(20 * i), (byte)(240 - red) })];
                ImageWriter.SavePng(new RgbImage(48, 48, pixels), Path.Combine(_fixture.In("sorted"), name, $"{i}.png"));
            }
        }

        File.WriteAllText(Path.Combine(_fixture.In("sorted"), "red", "broken.png"), "no picture");
        (int exitCode, string output, string error) = Probe(
            "pretrained",
            "--class-folders",
            _fixture.In("sorted"),
            "--size",
            "32",
            "--out",
            _fixture.In("images.json")
        );
        Assert.True(exitCode == 0, error);
        Assert.Contains("broken.png", error);
        Assert.Contains("top-5", output);
        using JsonDocument figures = JsonDocument.Parse(File.ReadAllBytes(_fixture.In("images.json")));
        Assert.Equal(1, figures.RootElement.GetProperty("pretrained").GetProperty("top1").GetDouble());
        Assert.Equal(
            18,
            figures.RootElement.GetProperty("training_images").GetInt32() + figures.RootElement.GetProperty("test_images").GetInt32()
        );
    }

    [Theory]
    [InlineData(2, "needs labels: give --annotations")]
    [InlineData(2, "--objects 1 is not possible: give 2 or more.", "--objects", "1")]
    [InlineData(2, "nowhere does not exist", "--class-folders", "nowhere")]
    [InlineData(2, "needs at least two: name a folder with a folder for each class", "--class-folders", "train")]
    public void A_wrong_request_is_one_sentence(int expected, string sentence, params string[] arguments)
    {
        (int exitCode, _, string error) = Probe("pretrained", arguments);
        Assert.Equal(expected, exitCode);
        Assert.Contains(sentence, error);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public void A_file_without_a_backbone_is_refused()
    {
        File.WriteAllBytes(
            _fixture.In("other.safetensors"),
            [
                .. BitConverter.GetBytes(56L),
                .. "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}  "u8.ToArray()[..56],
                0,
                0,
                0,
                0,
            ]
        );
        (int exitCode, _, string error) = Probe("other.safetensors", "--annotations", _labels);
        Assert.Equal(2, exitCode);
        Assert.Contains("holds no ResNet backbone that Soco knows", error);
    }

    private (int ExitCode, string Output, string Error) Probe(string weights, params string[] arguments) =>
        _fixture.Run(["probe", _fixture.In(weights), .. arguments, "--threads", "1"]);
}

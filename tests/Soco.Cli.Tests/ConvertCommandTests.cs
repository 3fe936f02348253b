using Soco.Campaigns;
using Soco.Vision.Annotations.Coco;

namespace Soco.Cli.Tests;

public sealed class ConvertCommandTests(CommandLineFixture fixture) : IClassFixture<CommandLineFixture>
{
    private string Labels => Path.Combine(fixture.Root, "annotations", "instances_train.json");

    [Fact]
    public void Labels_become_a_yolo_data_set_that_is_learned_and_found_again()
    {
        (int exitCode, string output, string error) = fixture.Run(
            "convert",
            "--annotations",
            Labels,
            "--to",
            "yolo",
            "--out",
            fixture.In("yolo")
        );
        Assert.True(exitCode == 0, error);
        Assert.Contains("9 images, ", output);
        CocoDataset before = CocoReader.Read(Labels);
        Assert.Equal(9, Directory.GetFiles(Path.Combine(fixture.In("yolo"), "images")).Length);

        (exitCode, output, error) = fixture.Run([
            "finetune",
            "--annotations",
            fixture.In("yolo"),
            "--val-split",
            "val",
            "--out",
            fixture.In("tuned"),
            .. TinyRuns.Finetune,
            .. TinyRuns.Narrow,
        ]);
        Assert.True(exitCode == 0, error);
        Assert.Contains($"boxes and masks of {string.Join(", ", before.Categories.Select(category => category.Name))}", output);

        (exitCode, output, error) = fixture.Run(
            "predict",
            Path.Combine(fixture.In("yolo"), "images"),
            "--weights",
            fixture.In("tuned"),
            "--out",
            fixture.In("found"),
            "--threshold",
            "0",
            "--format",
            "yolo",
            "--no-pictures"
        );
        Assert.True(exitCode == 0, error);
        Assert.Contains($"Labels: {Path.Combine(fixture.In("found"), "labels")}", output);
        Assert.Equal(9, Directory.GetFiles(Path.Combine(fixture.In("found"), "labels", "images")).Length);

        (exitCode, _, error) = fixture.Run(
            "evaluate",
            "--annotations",
            fixture.In("yolo"),
            "--detections",
            Path.Combine(fixture.In("found"), "detections.json")
        );
        Assert.True(exitCode == 0, error);
    }

    [Fact]
    public void What_is_no_label_format_is_refused()
    {
        (int exitCode, _, string error) = fixture.Run("convert", "--annotations", Labels, "--to", "csv", "--out", fixture.In("csv"));

        Assert.Equal(2, exitCode);
        Assert.Contains("--to csv is not possible: give coco, voc, yolo, labelme, cvat.", error);
        Assert.False(Directory.Exists(fixture.In("csv")));
    }
}

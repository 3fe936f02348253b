using System.Text.Json;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Scenes;

namespace Soco.Cli.Tests;

/// <summary>Detections of drawn scenes: what was drawn, some of it moved and some of it left out.</summary>
public sealed class EvaluateCommandTests : IClassFixture<EvaluateCommandTests.Scenes>
{
    private readonly Scenes _scenes;

    public EvaluateCommandTests(Scenes scenes) => _scenes = scenes;

    [Fact]
    public void Perfect_detections_have_an_average_precision_of_1_for_boxes_and_masks()
    {
        foreach (string type in new[] { "bbox", "segm" })
        {
            (int exitCode, string output, string error) = _scenes.Files.Run(
                "evaluate",
                "--annotations",
                _scenes.Truth,
                "--detections",
                _scenes.Perfect,
                "--type",
                type,
                "--out",
                $"{type}.json",
                "--per-category",
                "--plot",
                $"curves-{type}"
            );

            Assert.True(exitCode == 0, error);
            Assert.Matches("AP50 +1.0000", output);
            Assert.Contains("average precision, IoU 0.50 to 0.95, 100 detections an image and category", output);
            Assert.Contains("hexagon", output);
            using var numbers = JsonDocument.Parse(File.ReadAllBytes(_scenes.Files.In($"{type}.json")));
            Assert.Equal(1, numbers.RootElement.GetProperty("numbers").GetProperty("AP").GetDouble(), 1e-9);
            Assert.Equal(type, numbers.RootElement.GetProperty("type").GetString());
            JsonElement[] categories = [.. numbers.RootElement.GetProperty("categories").EnumerateArray()];
            Assert.Equal(8, categories.Length);
            Assert.Equal(
                categories.Count(category => category.GetProperty("objects").GetInt32() > 0),
                Directory.GetFiles(_scenes.Files.In($"curves-{type}"), "*.png").Length
            );
        }
    }

    [Fact]
    public void A_voc_folder_is_measured_as_voc_does_with_images_named_by_their_files()
    {
        (int exitCode, string output, string error) = _scenes.Files.Run(
            "evaluate",
            "--annotations",
            _scenes.Files.In("voc"),
            "--split",
            "test",
            "--detections",
            _scenes.Files.In("voc.json"),
            "--metric",
            "voc07",
            "--out",
            "voc07.json"
        );

        Assert.True(exitCode == 0, error);
        Assert.Matches("cat +1 +1.0000", output);
        using var numbers = JsonDocument.Parse(File.ReadAllBytes(_scenes.Files.In("voc07.json")));
        Assert.Equal("voc07", numbers.RootElement.GetProperty("metric").GetString());
        Assert.Equal(0.5, numbers.RootElement.GetProperty("numbers").GetProperty("mAP").GetDouble());
    }

    [Fact]
    public void Lvis_truth_is_measured_as_lvis_does()
    {
        string truth = Write(
            "lvis.json",
            File.ReadAllText(_scenes.Truth).Replace("\"supercategory\"", "\"frequency\":\"r\",\"supercategory\"")
        );
        (int exitCode, string output, string error) = _scenes.Files.Run(
            "evaluate",
            "--annotations",
            truth,
            "--detections",
            _scenes.Perfect,
            "--metric",
            "lvis",
            "--out",
            "lvis-numbers.json"
        );

        Assert.True(exitCode == 0, error);
        Assert.Matches("APr +1.0000 +average precision, categories that 1 to 10 training images show", output);
        Assert.Matches("APf +- ", output);
        using var numbers = JsonDocument.Parse(File.ReadAllBytes(_scenes.Files.In("lvis-numbers.json")));
        Assert.Equal("lvis", numbers.RootElement.GetProperty("metric").GetString());
        Assert.Equal(13, numbers.RootElement.GetProperty("numbers").EnumerateObject().Count());
    }

    [Theory]
    [InlineData("coco")]
    [InlineData("voc12")]
    public void A_confusion_matrix_is_a_table_and_stands_beside_the_numbers(string metric)
    {
        (int exitCode, string output, string error) = _scenes.Files.Run(
            "evaluate",
            "--annotations",
            _scenes.Truth,
            "--detections",
            _scenes.Perfect,
            "--metric",
            metric,
            "--confusion",
            $"new/{metric}.csv",
            "--out",
            $"confusion-{metric}.json"
        );

        Assert.True(exitCode == 0, error);
        Assert.Contains($"Confusion matrix: new/{metric}.csv, detections of a score of 0.9 and above", output);
        string[] lines = File.ReadAllLines(_scenes.Files.In($"new/{metric}.csv"));
        Assert.Equal(10, lines.Length);
        Assert.StartsWith("truth\\detected,disc,", lines[0]);
        Assert.EndsWith(",background", lines[0]);
        Assert.Equal("background,0,0,0,0,0,0,0,0,0", lines[^1]);
        using var numbers = JsonDocument.Parse(File.ReadAllBytes(_scenes.Files.In($"confusion-{metric}.json")));
        JsonElement confusion = numbers.RootElement.GetProperty("confusion");
        Assert.Equal(0.9, confusion.GetProperty("score").GetDouble());
        Assert.All(
            confusion.GetProperty("counts").EnumerateArray(),
            count => Assert.Equal(count.GetProperty("truth").GetInt32(), count.GetProperty("detected").GetInt32())
        );
    }

    [Fact]
    public void Where_nothing_is_right_the_matrix_has_missed_objects_alone()
    {
        string wrong = Write("wrong.json", """[{"image_id": 1, "category_id": 1, "bbox": [0, 0, 1, 1], "score": 1}]""");
        (int exitCode, string output, string error) = _scenes.Files.Run(
            "evaluate",
            "--annotations",
            _scenes.Truth,
            "--detections",
            wrong,
            "--confusion",
            "wrong.csv"
        );

        Assert.True(exitCode == 0, error);
        Assert.Contains("no detection counts, since none is right at any score", output);
        Assert.Equal("background,0,0,0,0,0,0,0,0,0", File.ReadAllLines(_scenes.Files.In("wrong.csv"))[^1]);
    }

    [Fact]
    public void What_was_left_out_is_said()
    {
        string path = Write(
            "odd.json",
            """[{"image_id": 1, "category_id": 77, "bbox": [0, 0, 1, 1], "score": 1}, {"image_id": 1, "category_id": 1, "bbox": [NaN, 0, 1, 1], "score": 1}]"""
        );
        (int exitCode, string output, string error) = _scenes.Files.Run("evaluate", "--annotations", _scenes.Truth, "--detections", path);

        Assert.True(exitCode == 0, error);
        Assert.Contains("1 detection of categories that the annotations have not left out", output);
        Assert.Contains("1 detection left out whose box or score is not finite", output);
    }

    [Theory]
    [InlineData("{\"images\": [", "breaks at line 1, byte")]
    [InlineData("[]", "should be the start of an object")]
    [InlineData(
        """{"images": [{"id": 1, "file_name": "a.jpg", "width": 9, "height": 9}], "categories": [], "annotations": [{"id": 3, "image_id": 1, "category_id": 5, "bbox": [0, 0, 1, 1]}]}""",
        "annotation 3 is of category 5"
    )]
    public void Annotations_that_cannot_be_used_are_one_sentence_with_the_file(string json, string reason)
    {
        string path = Write("bad-truth.json", json);
        AssertRefused(path, reason, "--annotations", path, "--detections", _scenes.Perfect);
    }

    [Theory]
    [InlineData("[{\"image_id\": 1,", "breaks at line 1, byte")]
    [InlineData("""[{"image_id": 4711, "category_id": 1, "bbox": [0, 0, 1, 1], "score": 1}]""", "detection 1 is of image 4711")]
    [InlineData("""[{"image_id": 1, "category_id": 1, "bbox": [0, 0, 1], "score": 1}]""", "should be a box")]
    public void Detections_that_cannot_be_used_are_one_sentence_with_the_file(string json, string reason)
    {
        string path = Write("bad-detections.json", json);
        AssertRefused(path, reason, "--annotations", _scenes.Truth, "--detections", path);
    }

    [Fact]
    public void Text_that_is_not_UTF8_is_one_sentence_with_the_file_and_the_byte()
    {
        string path = _scenes.Files.In("latin.json");
        File.WriteAllBytes(path, [.. "{\"images\": [{\"file_name\": \""u8, 0xE9, .. "\"}]}"u8]);
        AssertRefused(path, "is not UTF-8: byte 28 is 0xE9", "--annotations", path, "--detections", _scenes.Perfect);
        AssertRefused(path, "is not UTF-8: byte 28 is 0xE9", "--annotations", _scenes.Truth, "--detections", path);
    }

    [Fact]
    public void A_wrong_request_is_one_sentence()
    {
        AssertRefused("nowhere.json", "does not exist", "--annotations", "nowhere.json", "--detections", _scenes.Perfect);
        AssertRefused("nowhere.json", "does not exist", "--annotations", _scenes.Truth, "--detections", "nowhere.json");
        AssertRefused("train", "has no folder Annotations", "--annotations", "train", "--detections", _scenes.Perfect);
        AssertRefused(
            "The metric voc12",
            "measures boxes alone",
            "--annotations",
            _scenes.Truth,
            "--detections",
            _scenes.Perfect,
            "--metric",
            "voc12",
            "--type",
            "segm"
        );
        AssertRefused(
            "The split val",
            "is of a PASCAL VOC folder",
            "--annotations",
            _scenes.Truth,
            "--detections",
            _scenes.Perfect,
            "--split",
            "val"
        );
        AssertRefused(
            "train.txt",
            "the splits there are test",
            "--annotations",
            "voc",
            "--detections",
            _scenes.Perfect,
            "--split",
            "train"
        );
        AssertRefused(
            "Category 1, disc",
            "this is no LVIS truth",
            "--annotations",
            _scenes.Truth,
            "--detections",
            _scenes.Perfect,
            "--metric",
            "lvis"
        );
        AssertRefused("-1 threads", "are not possible", "--annotations", _scenes.Truth, "--detections", _scenes.Perfect, "--threads", "-1");
        AssertRefused("Annotation 1 ", "has no mask", "--annotations", "voc", "--detections", "voc.json", "--type", "segm");
    }

    private void AssertRefused(string named, string reason, params string[] arguments)
    {
        (int exitCode, _, string error) = _scenes.Files.Run(["evaluate", .. arguments, "--out", "never.json", "--confusion", "never.csv"]);
        Assert.Equal(2, exitCode);
        Assert.Single(error.Trim().Split('\n'));
        Assert.Contains(named, error);
        Assert.Contains(reason, error);
        Assert.False(File.Exists(_scenes.Files.In("never.json")));
        Assert.False(File.Exists(_scenes.Files.In("never.csv")));
    }

    private string Write(string name, string text)
    {
        string path = _scenes.Files.In(name);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>Scenes with their perfect detections, and a VOC folder of one image.</summary>
    public sealed class Scenes : IDisposable
    {
        public Scenes()
        {
            CocoDataset truth = SceneSet.Write(Files.Root, 6, seed: 2, new SceneOptions { Width = 160, Height = 120 }, "val");
            Truth = Files.In("annotations/instances_val.json");
            Perfect = Files.In("perfect.json");
            CocoResults.Save(
                truth.Annotations.Select(found => new CocoDetection(
                    found.ImageId,
                    found.CategoryId,
                    found.Box,
                    0.9,
                    found.Mask!.ToRunLengths()
                )),
                Perfect
            );

            foreach (string folder in new[] { "Annotations", "ImageSets/Main" })
            {
                Directory.CreateDirectory(Files.In($"voc/{folder}"));
            }

            File.WriteAllText(Files.In("voc/ImageSets/Main/test.txt"), "one\n");
            string Found(string name) =>
                $"<object><name>{name}</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>20</xmax><ymax>20</ymax></bndbox></object>";
            File.WriteAllText(
                Files.In("voc/Annotations/one.xml"),
                $"<annotation><size><width>100</width><height>100</height></size>{Found("cat")}{Found("dog")}</annotation>"
            );
            File.WriteAllText(Files.In("voc.json"), """[{"image_id": "one", "category_id": 1, "bbox": [0, 0, 20, 20], "score": 0.5}]""");
        }

        public CommandLineFixture Files { get; } = new();

        public string Truth { get; }

        public string Perfect { get; }

        public void Dispose() => Files.Dispose();
    }
}

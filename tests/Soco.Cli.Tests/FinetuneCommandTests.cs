using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Soco.Campaigns;
using Soco.Vision.Annotations.Coco;
using Soco.Vision.Scenes;
using Soco.Weights.Safetensors;
using TorchSharp;

namespace Soco.Cli.Tests;

public sealed class FinetuneCommandTests : IClassFixture<CommandLineFixture>
{
    private readonly CommandLineFixture _fixture;
    private readonly string _labels;
    private readonly string _validation;

    public FinetuneCommandTests(CommandLineFixture fixture)
    {
        _fixture = fixture;
        _labels = Path.Combine(fixture.Root, "annotations", "instances_train.json");
        _validation = Path.Combine(fixture.Root, "annotations", "instances_val.json");
        if (!File.Exists(_validation))
        {
            SceneSet.Write(fixture.Root, 3, seed: 2, new SceneOptions { Width = 160, Height = 120 }, "val");
        }
    }

    [Fact]
    public void Weights_that_do_not_fit_completely_are_refused_when_strict()
    {
        Assert.Equal(
            0,
            _fixture.Run(["pretrain", _fixture.Images, "--out", _fixture.In("for-strict"), .. TinyRuns.Pretrain, "--epochs", "1"]).ExitCode
        );

        (int exitCode, _, string error) = Finetune(
            "strict",
            "--weights",
            _fixture.In("for-strict"),
            "--transfer",
            "head",
            "--strict",
            "--set",
            "model.fpn_channels=16"
        );

        Assert.Equal(2, exitCode);
        Assert.Contains("shape", error);
        Assert.False(Path.Exists(_fixture.In("strict")));
    }

    [Fact]
    public void A_run_ends_after_evaluations_without_a_better_one_and_says_what_that_needs()
    {
        (int exitCode, _, string error) = Finetune(
            "early",
            "--val-annotations",
            _validation,
            "--early-stop",
            "2",
            "--set",
            "iterations=40",
            "--set",
            "optimizer.base_lr=1e-12"
        );

        Assert.True(exitCode == 0, error);
        Assert.Contains("\"step\":6,", File.ReadLines(_fixture.In("early/log.jsonl")).Last(), StringComparison.Ordinal);
        Assert.Contains("patience: 2", File.ReadAllText(_fixture.In("early/recipe.yaml")), StringComparison.Ordinal);

        (exitCode, _, error) = Finetune("early-alone", "--early-stop", "2");
        Assert.Equal(2, exitCode);
        Assert.Contains("give validation images", error, StringComparison.Ordinal);
        Assert.False(Path.Exists(_fixture.In("early-alone")));
    }

    [Fact]
    public void Pretrained_weights_become_a_detector_that_finds_and_draws()
    {
        Assert.Equal(
            0,
            _fixture.Run(["pretrain", _fixture.Images, "--out", _fixture.In("pretrained"), .. TinyRuns.Pretrain, "--epochs", "1"]).ExitCode
        );

        (int exitCode, string output, string error) = Finetune(
            "tuned",
            "--val-annotations",
            _validation,
            "--weights",
            _fixture.In("pretrained"),
            "--transfer",
            "head"
        );
        Assert.True(exitCode == 0, error);
        Assert.Matches(@"backbone\.body\W+120\W+0\W+0\W", output);
        Assert.Contains("boxes and masks of", output);
        Assert.Contains("Done: 4 steps", output);
        Assert.Contains("Best: AP ", output);
        foreach (
            string left in new[]
            {
                "weights.safetensors",
                "weights-last.safetensors",
                "recipe.yaml",
                "transfer.json",
                "report.html",
                "run.json",
                "evaluation.json",
                "detections.json",
                "pictures/labels-1.png",
                "pictures/found.json",
                "pictures/found-3.png",
                "checkpoints/last",
            }
        )
        {
            Assert.True(Path.Exists(Path.Combine(_fixture.In("tuned"), left)), left);
        }

        using (JsonDocument transfer = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(_fixture.In("tuned"), "transfer.json"))))
        {
            Assert.Equal("head", transfer.RootElement.GetProperty("parts").GetString());
            Assert.Equal(
                "encoder.bn1.bias",
                transfer
                    .RootElement.GetProperty("taken")
                    .EnumerateArray()
                    .Single(tensor => tensor.GetProperty("name").GetString() == "backbone.body.bn1.bias")
                    .GetProperty("source")
                    .GetString()
            );
        }

        Assert.Equal(4 + 2, File.ReadLines(Path.Combine(_fixture.In("tuned"), "log.jsonl")).Count());
        Assert.Contains("fpn_channels: 8", File.ReadAllText(Path.Combine(_fixture.In("tuned"), "recipe.yaml")));

        (exitCode, output, error) = _fixture.Run(
            "predict",
            Path.Combine(_fixture.Root, "val"),
            "--weights",
            _fixture.In("tuned"),
            "--out",
            _fixture.In("found"),
            "--threads",
            "1"
        );
        Assert.True(exitCode == 0, error);
        Assert.Matches(@"3 images, \d+ objects? of score 0\.50 and up, drawn in \S+, [\d.]+ images/s$", output.TrimEnd());
        Assert.Equal(3, Directory.GetFiles(Path.Combine(_fixture.In("found"), "pictures"), "*.png").Length);
        using JsonDocument images = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(_fixture.In("found"), "images.json")));
        Assert.Equal(
            [1, 2, 3],
            images.RootElement.GetProperty("images").EnumerateArray().Select(image => image.GetProperty("id").GetInt32())
        );

        // The three names are the truth's own, in the same order, so the results can be measured as they are.
        (exitCode, _, error) = _fixture.Run(
            "evaluate",
            "--annotations",
            _validation,
            "--detections",
            Path.Combine(_fixture.In("found"), "detections.json")
        );
        Assert.True(exitCode == 0, error);

        // In ONNX it finds as many.
        string model = _fixture.In("model.onnx");
        (exitCode, output, error) = _fixture.Run("export", _fixture.In("tuned"), "--to", "onnx", "--out", model);
        Assert.True(exitCode == 0, error);
        Assert.Matches(@"^\S+model\.onnx: \d+ tensors of \S+, [\d.]+ MB, for onnx$", output.TrimEnd());
        (exitCode, _, error) = _fixture.Run(
            "predict",
            Path.Combine(_fixture.Root, "val"),
            "--weights",
            model,
            "--out",
            _fixture.In("found-onnx"),
            "--threads",
            "1",
            "--no-pictures"
        );
        Assert.True(exitCode == 0, error);
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(_fixture.In("found"), "detections.json")));
        using JsonDocument found = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(_fixture.In("found-onnx"), "detections.json")));
        Assert.InRange(
            found.RootElement.GetArrayLength(),
            expected.RootElement.GetArrayLength() - 3,
            expected.RootElement.GetArrayLength() + 3
        );

        // Where the labels are what it found from some score on, that score is the threshold.
        CocoDataset own = CocoReader.Read(Path.Combine(_fixture.In("found-onnx"), "images.json"));
        CocoDetection[] sure =
        [
            .. CocoResults
                .Read(Path.Combine(_fixture.In("found-onnx"), "detections.json"), own)
                .Detections.OrderByDescending(item => item.Score)
                .Take(20),
        ];
        string labels = _fixture.In("own.json");
        CocoWriter.Save(
            own with
            {
                Annotations = [.. sure.Select((item, i) => new CocoAnnotation(i + 1, item.ImageId, item.CategoryId, item.Box, item.Area))],
            },
            labels
        );
        (exitCode, output, error) = _fixture.Run(
            "predict",
            Path.Combine(_fixture.Root, "val"),
            "--weights",
            model,
            "--out",
            _fixture.In("found-sure"),
            "--val-annotations",
            labels,
            "--val-images",
            Path.Combine(_fixture.Root, "val"),
            "--no-pictures",
            "--threads",
            "1"
        );
        Assert.True(exitCode == 0, error);
        Assert.Contains(FormattableString.Invariant($"Threshold {sure[^1].Score:0.000}: best F1 "), output);
        Assert.Contains("3 images, 20 objects of score ", output);

        // In tiles no detection lies outside the image.
        (exitCode, _, error) = _fixture.Run(
            "predict",
            Path.Combine(_fixture.Root, "val"),
            "--weights",
            model,
            "--out",
            _fixture.In("found-tiled"),
            "--tile",
            "64",
            "--tile-overlap",
            "0.3",
            "--no-pictures",
            "--threads",
            "1"
        );
        Assert.True(exitCode == 0, error);
        IReadOnlyList<CocoDetection> tiled = CocoResults.Read(Path.Combine(_fixture.In("found-tiled"), "detections.json"), own).Detections;
        Assert.True(tiled.Count > expected.RootElement.GetArrayLength());
        Assert.All(
            tiled,
            item =>
                Assert.True(
                    item.Box.X >= 0 && item.Box.Y >= 0 && item.Box.X + item.Box.Width < 160.01 && item.Box.Y + item.Box.Height < 120.01
                )
        );

        // The detector is weights to start from as well.
        (exitCode, output, error) = Finetune("again", "--weights", _fixture.In("tuned"), "--iterations", "1");
        Assert.True(exitCode == 0, error);
        Assert.Contains(", 0 begin fresh", output);
    }

    [Fact]
    public void A_run_killed_in_the_middle_goes_on_to_the_same_bits()
    {
        string[] flags =
        [
            "--val-annotations",
            _validation,
            .. TinyRuns.Narrow,
            "--iterations",
            "8",
            "--set",
            "checkpoint_every_steps=3",
            "--set",
            "threads=2",
        ];
        Assert.Equal(0, Finetune("unbroken", flags).ExitCode);

        using (Process killed = _fixture.Start(Command("broken", flags)))
        {
            string checkpoint = Path.Combine(_fixture.In("broken"), "checkpoints", "step-00000003.safetensors");
            var clock = Stopwatch.StartNew();
            while (!File.Exists(checkpoint))
            {
                Assert.True(!killed.HasExited && clock.Elapsed < TimeSpan.FromMinutes(2), "The checkpoint did not come.");
                Thread.Sleep(5);
            }

            killed.Kill();
            killed.WaitForExit();
        }

        (int exitCode, string output, string error) = _fixture.Run(
            "finetune",
            "--annotations",
            _labels,
            "--val-annotations",
            _validation,
            "--out",
            _fixture.In("broken"),
            "--resume"
        );
        Assert.True(exitCode == 0, error);
        Assert.Contains("Going on from step ", output);
        foreach (string file in new[] { "checkpoints/step-00000008.safetensors", "weights.safetensors", "weights-last.safetensors" })
        {
            AssertSameTensors(file, "unbroken", "broken");
        }

        Assert.Equal(LogOf("unbroken"), LogOf("broken"));
    }

    [Fact]
    public void A_VOC_folder_has_its_splits_and_images_and_teaches_boxes()
    {
        string voc = WriteVoc();

        (int exitCode, string output, string error) = _fixture.Run([
            "finetune",
            "--annotations",
            voc,
            "--split",
            "train",
            "--val-split",
            "test",
            "--out",
            _fixture.In("from-voc"),
            "--classes",
            "disc",
            .. TinyRuns.Finetune,
            .. TinyRuns.Narrow,
        ]);

        Assert.True(exitCode == 0, error);
        Assert.Contains("boxes of disc,", output);
        Assert.Contains("2 of 2 images show objects", output);
        Assert.Contains("evaluation on 1 image;", output);
    }

    [Fact]
    public void A_VOC_folder_may_have_images_of_another_extension_and_sizes_and_flags_that_are_missing()
    {
        string voc = WriteVoc(),
            other = _fixture.In("voc-other");
        foreach (string file in Directory.GetFiles(voc, "*.*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(other, Path.GetRelativePath(voc, file)).Replace(".jpg", ".JPEG");
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.WriteAllBytes(copy, File.ReadAllBytes(file));
        }

        foreach (string file in Directory.GetFiles(Path.Combine(other, "Annotations")))
        {
            File.WriteAllText(
                file,
                Regex
                    .Replace(File.ReadAllText(file), "<size>.*</size>", "")
                    .Replace("<object>", "<object><difficult>Unspecified</difficult>")
            );
        }

        (int exitCode, string output, string error) = _fixture.Run([
            "finetune",
            "--annotations",
            Path.Combine(other, "Annotations"),
            "--split",
            "train",
            "--val-split",
            "test",
            "--out",
            _fixture.In("from-other-voc"),
            "--classes",
            "disc",
            .. TinyRuns.Finetune,
            .. TinyRuns.Narrow,
        ]);

        Assert.True(exitCode == 0, error);
        Assert.Contains("2 of 2 images show objects", output);
        Assert.Contains("Labels: 2 of 2 images were found under another name, such as 0.jpg, which is 0.JPEG.", output);
        Assert.Contains("Validation labels: 1 of 1 images were found under another name", output);
        Assert.DoesNotContain("could not be used", output);
    }

    [Fact]
    public void Masks_are_learned_where_they_are_and_objects_without_one_are_counted()
    {
        CocoDataset labels = CocoReader.Read(_labels);
        string mixed = Path.Combine(_fixture.Root, "annotations", "mixed_train.json");
        CocoWriter.Save(labels with { Annotations = [labels.Annotations[0] with { Mask = null }, .. labels.Annotations.Skip(1)] }, mixed);

        (int exitCode, string output, string error) = _fixture.Run([
            "finetune",
            "--annotations",
            mixed,
            "--images",
            _fixture.Images,
            "--val-annotations",
            mixed,
            "--out",
            _fixture.In("mixed"),
            .. TinyRuns.Finetune,
            .. TinyRuns.Narrow,
        ]);

        Assert.True(exitCode == 0, error);
        Assert.Contains("boxes and masks of", output);
        Assert.Contains($"Labels: 1 of {labels.Annotations.Count} objects have no mask that can be used", output);
        Assert.Contains(
            $"Validation labels: 1 of {labels.Annotations.Count} objects have no mask that can be used; only boxes are evaluated.",
            output
        );
    }

    [Theory]
    [InlineData("--recipe", "mask-rcnn-c4-1x", "--arch", "resnet18")]
    [InlineData("--precision", "bf16", "--set", "ema.enabled=true")]
    public void Other_detectors_train_too(params string[] flags)
    {
        (int exitCode, _, string error) = Finetune("other" + flags[1], [.. flags, .. TinyRuns.Narrow, "--iterations", "1"]);
        Assert.True(exitCode == 0, error);
    }

    [Fact]
    public void Another_batch_sees_as_many_images_and_other_iterations_keep_the_shape_of_the_schedule()
    {
        Assert.Equal(["iterations: 2400", "warmup_steps: 200", "every_steps: 600"], Resolved("batch", "--batch", "2"));
        Assert.Equal(["iterations: 120", "warmup_steps: 10", "every_steps: 30"], Resolved("short", "--iterations", "120", "--batch", "2"));
        Assert.Equal(["iterations: 2400", "warmup_steps: 100", "every_steps: 600"], Resolved("long", "--iterations", "2400"));

        IEnumerable<string> Resolved(string run, params string[] flags)
        {
            // The recipe is written before the first step; more is not needed.
            string path = _fixture.In("resolved-" + run);
            using Process process = _fixture.Start([
                "finetune",
                "--annotations",
                _labels,
                "--out",
                path,
                "--threads",
                "1",
                .. TinyRuns.Narrow,
                .. flags,
            ]);
            var clock = Stopwatch.StartNew();
            while (!File.Exists(Path.Combine(path, "recipe.yaml")))
            {
                Assert.True(!process.HasExited && clock.Elapsed < TimeSpan.FromMinutes(2), "The recipe did not come.");
                Thread.Sleep(5);
            }

            process.Kill();
            process.WaitForExit();
            return
            [
                .. File.ReadAllLines(Path.Combine(path, "recipe.yaml"))
                    .Select(line => line.Trim())
                    .Where(line =>
                        line.StartsWith("iterations:", StringComparison.Ordinal)
                        || line.StartsWith("warmup_steps:", StringComparison.Ordinal)
                        || (line.StartsWith("every_steps:", StringComparison.Ordinal) && line != "every_steps: 10")
                    ),
            ];
        }
    }

    [Theory]
    [InlineData("nowhere.json", "nowhere.json")]
    [InlineData("truncated.json", "truncated.json")]
    [InlineData("unknown-category.json", "category")]
    [InlineData("missing-image.json", "image 77 is lost.jpg")]
    [InlineData("duplicate-id.json", "id")]
    [InlineData("no-classes.json", "no classes to learn")]
    [InlineData("no-objects.json", "has an object to learn")]
    public void Damaged_labels_are_one_sentence_and_no_folder(string name, string named)
    {
        WriteDamaged();

        (int exitCode, _, string error) = _fixture.Run(
            "finetune",
            "--annotations",
            _fixture.In(name),
            "--images",
            _fixture.Images,
            "--out",
            _fixture.In("never")
        );

        Assert.True(exitCode == 2, error);
        Assert.Single(error.Trim().Split('\n'));
        Assert.Contains(named, error);
        Assert.Contains(name, named == "has an object to learn" ? error + name : error);
        Assert.False(Path.Exists(_fixture.In("never")));
    }

    [Theory]
    [InlineData("--classes", "unicorn")]
    [InlineData("--weights", "nowhere")]
    [InlineData("--weights", "annotations/instances_train.json")]
    [InlineData("--transfer", "neck")]
    [InlineData("--split", "train")]
    [InlineData("--val-split", "test")]
    [InlineData("--val-images", "val")]
    [InlineData("--recipe", "soco-fpn-100")]
    [InlineData("--set", "input.shortside=3")]
    [InlineData("--set", "model.fpn_channels=wide")]
    [InlineData("--set", "evaluation.patience=3")]
    [InlineData("--resume")]
    public void A_wrong_request_is_one_sentence_and_no_folder(params string[] flags)
    {
        (int exitCode, _, string error) = _fixture.Run(["finetune", "--annotations", _labels, "--out", _fixture.In("never"), .. flags]);

        Assert.True(exitCode == 2, error);
        Assert.StartsWith("soco: ", error);
        Assert.DoesNotContain("   at ", error);
        Assert.False(Path.Exists(_fixture.In("never")));
    }

    [Fact]
    public void Weights_of_another_shape_are_told_and_begin_fresh()
    {
        Assert.Equal(0, Finetune("narrow", [.. TinyRuns.Narrow, "--iterations", "1"]).ExitCode);

        (int exitCode, string output, string error) = Finetune(
            "wide",
            "--weights",
            _fixture.In("narrow"),
            "--set",
            "model.fpn_channels=16",
            "--iterations",
            "1"
        );

        Assert.True(exitCode == 0, error);
        Assert.Contains("because their shapes differ", output);
        Assert.Contains("backbone.fpn.inner_blocks.0.0.weight is [8, 64, 1, 1] in the file and [16, 64, 1, 1] here", output);
    }

    [Fact]
    public void Proposals_stand_in_for_labels_and_their_detector_starts_one_of_labels()
    {
        string boxes = _fixture.In("boxes");
        Assert.Equal(0, _fixture.Run("proposals", _fixture.Images, "--out", boxes, "--jobs", "1").ExitCode);
        string more = Directory.CreateDirectory(_fixture.In("more")).FullName;
        File.Copy(Directory.GetFiles(_fixture.Images)[0], Path.Combine(more, "another.jpg"), overwrite: true);

        (int exitCode, string output, string error) = _fixture.Run([
            "finetune",
            _fixture.Images,
            more,
            "--proposals",
            boxes,
            "--out",
            _fixture.In("aligned"),
            .. TinyRuns.Finetune,
            .. TinyRuns.Narrow,
        ]);
        Assert.True(exitCode == 0, error);
        Assert.Contains("boxes of object,", output);
        Assert.Contains("9 of 9 images show objects", output);
        Assert.Contains($"Next: soco finetune --annotations LABELS --weights {_fixture.In("aligned")}", output);
        Assert.Equal("another.jpg,no proposals", File.ReadLines(Path.Combine(_fixture.In("aligned"), "skipped.csv")).Last());

        (exitCode, output, error) = Finetune(
            "after-alignment",
            "--weights",
            _fixture.In("aligned"),
            "--iterations",
            "1",
            "--set",
            "model.heads=box"
        );
        Assert.True(exitCode == 0, error);

        // Only the last layers depend on the classes.
        using JsonDocument transfer = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(_fixture.In("after-alignment"), "transfer.json")));
        Assert.Equal(
            [
                "roi_heads.box_predictor.bbox_pred.bias",
                "roi_heads.box_predictor.bbox_pred.weight",
                "roi_heads.box_predictor.cls_score.bias",
                "roi_heads.box_predictor.cls_score.weight",
            ],
            transfer
                .RootElement.GetProperty("fresh")
                .EnumerateArray()
                .Select(tensor => tensor.GetProperty("name").GetString())
                .Order(StringComparer.Ordinal)
        );
    }

    [Theory]
    [InlineData("Nothing to learn from was named")]
    [InlineData("train is no option of this command", "train")]
    [InlineData("no option of this command", "train", "--annotations", "annotations/instances_train.json")]
    [InlineData("so --annotations has no place", "train", "--proposals", "train", "--annotations", "annotations/instances_train.json")]
    [InlineData("so --val-images has no place", "train", "--proposals", "train", "--val-images", "val")]
    [InlineData("need their images", "--proposals", "train")]
    [InlineData("train has no proposals", "train", "--proposals", "train")]
    public void Proposals_go_with_images_and_without_labels(string sentence, params string[] flags)
    {
        (int exitCode, _, string error) = _fixture.Run(["finetune", .. flags, "--out", _fixture.In("never")]);

        Assert.True(exitCode == 2, error);
        Assert.Contains(sentence, Assert.Single(error.Trim().Split('\n')));
        Assert.False(Path.Exists(_fixture.In("never")));
    }

    [Fact]
    public void Bad_images_are_skipped_counted_and_listed()
    {
        string root = _fixture.In("mixed");
        SceneSet.Write(root, 4, seed: 3, new SceneOptions { Width = 96, Height = 72 });
        string[] files = [.. Directory.GetFiles(Path.Combine(root, "train")).Order(StringComparer.Ordinal)];
        File.WriteAllBytes(files[1], []);
        File.WriteAllText(files[2], "this is no image");
        string labels = Path.Combine(root, "annotations", "instances_train.json");

        (int exitCode, string output, string error) = _fixture.Run([
            "finetune",
            "--annotations",
            labels,
            "--out",
            _fixture.In("mixed-run"),
            .. TinyRuns.Finetune,
            .. TinyRuns.Narrow,
        ]);

        Assert.True(exitCode == 0, error);
        Assert.Equal(
            files[1..3].Select(Path.GetFileName),
            File.ReadAllLines(Path.Combine(_fixture.In("mixed-run"), "skipped.csv")).Skip(1).Select(line => line.Split(',')[0])
        );
        Assert.Contains("2 images could not be used", output);
    }

    [Fact]
    public void Predict_skips_bad_images_and_fails_where_all_are_bad()
    {
        Assert.Equal(0, Finetune("for-predict", [.. TinyRuns.Narrow, "--iterations", "1"]).ExitCode);
        string images = Directory.CreateDirectory(_fixture.In("some-bad")).FullName;
        File.Copy(Directory.GetFiles(_fixture.Images)[0], Path.Combine(images, "good.jpg"));
        File.Copy(Directory.GetFiles(_fixture.Images)[1], Path.Combine(images, "good.png"));
        File.WriteAllText(Path.Combine(images, "bad.jpg"), "no image");
        (int exitCode, string output, string error) = _fixture.Run(
            "predict",
            images,
            "--weights",
            _fixture.In("for-predict"),
            "--out",
            _fixture.In("twins-found")
        );
        Assert.True(exitCode == 0, error);
        Assert.Equal(
            ["good.jpg.png", "good.png.png"],
            Directory.GetFiles(Path.Combine(_fixture.In("twins-found"), "pictures")).Select(Path.GetFileName).Order(StringComparer.Ordinal)
        );
        File.Delete(Path.Combine(images, "good.png"));

        (exitCode, output, error) = _fixture.Run(
            "predict",
            images,
            "--weights",
            _fixture.In("for-predict"),
            "--out",
            _fixture.In("twins-found"),
            "--no-pictures"
        );
        Assert.True(exitCode == 0, error);
        Assert.Contains("1 image, ", output);
        Assert.StartsWith("bad.jpg,", File.ReadAllLines(Path.Combine(_fixture.In("twins-found"), "skipped.csv"))[1]);
        Assert.False(Directory.Exists(Path.Combine(_fixture.In("twins-found"), "pictures")));

        File.Delete(Path.Combine(images, "good.jpg"));
        (exitCode, _, error) = _fixture.Run("predict", images, "--weights", _fixture.In("for-predict"), "--out", _fixture.In("none-found"));
        Assert.Equal(1, exitCode);
        Assert.Single(error.Trim().Split('\n'));
    }

    [Theory]
    [InlineData("--weights", "nowhere")]
    [InlineData("--weights", "train")]
    [InlineData("--weights", "annotations/instances_train.json")]
    [InlineData("--weights", "train", "--threshold", "2")]
    [InlineData("--weights", "train", "--tile", "8")]
    [InlineData("--weights", "train", "--tile", "64", "--tile-overlap", "1")]
    [InlineData("--weights", "train", "--tile-overlap", "0.3")]
    [InlineData("--weights", "train", "--threshold", "0.4", "--val-annotations", "annotations/instances_val.json")]
    [InlineData("--weights", "train", "--val-annotations", "nowhere.json")]
    [InlineData("--weights", "train", "--val-split", "val")]
    public void A_wrong_prediction_is_one_sentence(params string[] flags)
    {
        (int exitCode, _, string error) = _fixture.Run(["predict", _fixture.Images, "--out", _fixture.In("never"), .. flags]);

        Assert.True(exitCode == 2, error);
        Assert.StartsWith("soco: ", error);
        Assert.False(Path.Exists(_fixture.In("never")));
    }

    /// <summary>The command with the tiny flags; a flag that is given twice is refused, so these give way to those given.</summary>
    private string[] Command(string run, params string[] flags)
    {
        int iterations = Array.IndexOf(TinyRuns.Finetune, "--iterations");
        string[] tiny = flags.Contains("--iterations")
            ? [.. TinyRuns.Finetune[..iterations], .. TinyRuns.Finetune[(iterations + 2)..]]
            : TinyRuns.Finetune;
        return ["finetune", "--annotations", _labels, "--out", _fixture.In(run), .. tiny, .. flags];
    }

    private (int ExitCode, string Output, string Error) Finetune(string run, params string[] flags) => _fixture.Run(Command(run, flags));

    private string WriteVoc()
    {
        string voc = _fixture.In("voc");
        Directory.CreateDirectory(Path.Combine(voc, "Annotations"));
        Directory.CreateDirectory(Path.Combine(voc, "ImageSets", "Main"));
        Directory.CreateDirectory(Path.Combine(voc, "JPEGImages"));
        foreach ((int index, string file) in Directory.GetFiles(_fixture.Images).Order(StringComparer.Ordinal).Take(3).Index())
        {
            File.Copy(file, Path.Combine(voc, "JPEGImages", $"{index}.jpg"), overwrite: true);
            File.WriteAllText(
                Path.Combine(voc, "Annotations", $"{index}.xml"),
                $"""
                <annotation><filename>{index}.jpg</filename><size><width>160</width><height>120</height><depth>3</depth></size>
                <object><name>disc</name><bndbox><xmin>20</xmin><ymin>20</ymin><xmax>80</xmax><ymax>90</ymax></bndbox></object>
                <object><name>ring</name><bndbox><xmin>90</xmin><ymin>20</ymin><xmax>140</xmax><ymax>90</ymax></bndbox></object></annotation>
                """
            );
        }

        File.WriteAllText(Path.Combine(voc, "ImageSets", "Main", "train.txt"), "0\n1\n");
        File.WriteAllText(Path.Combine(voc, "ImageSets", "Main", "test.txt"), "2\n");
        return voc;
    }

    private void WriteDamaged()
    {
        string whole = File.ReadAllText(_labels);
        string image = Path.GetFileName(Directory.GetFiles(_fixture.Images).Order(StringComparer.Ordinal).First());
        File.WriteAllText(_fixture.In("truncated.json"), whole[..(whole.Length / 2)]);
        Write(
            "unknown-category.json",
            image,
            """[{"id": 1, "name": "a"}]""",
            """[{"id": 1, "image_id": 1, "category_id": 9, "bbox": [1, 1, 20, 20], "area": 400, "iscrowd": 0}]"""
        );
        Write(
            "missing-image.json",
            "lost.jpg",
            """[{"id": 1, "name": "a"}]""",
            """[{"id": 1, "image_id": 77, "category_id": 1, "bbox": [1, 1, 20, 20], "area": 400, "iscrowd": 0}]""",
            77
        );
        Write("duplicate-id.json", image, """[{"id": 1, "name": "a"}, {"id": 1, "name": "b"}]""", "[]");
        Write("no-classes.json", image, "[]", "[]");
        Write(
            "no-objects.json",
            image,
            """[{"id": 1, "name": "a"}]""",
            """[{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 0, 20], "area": 0, "iscrowd": 0}]"""
        );

        void Write(string name, string fileName, string categories, string annotations, int id = 1) =>
            File.WriteAllText(
                _fixture.In(name),
                $$"""{"images": [{"id": {{id}}, "file_name": "{{fileName}}", "width": 160, "height": 120}], "categories": {{categories}}, "annotations": {{annotations}}}"""
            );
    }

    private IEnumerable<string> LogOf(string run) =>
        File.ReadLines(Path.Combine(_fixture.In(run), "log.jsonl"))
            .Select(line => System.Text.RegularExpressions.Regex.Replace(line, "\"(images_per_s|data_wait_s|memory_mb)\":[^,}]*", ""));

    private void AssertSameTensors(string file, string one, string other)
    {
        using SafetensorsFile left = SafetensorsFile.Open(Path.Combine(_fixture.In(one), file));
        using SafetensorsFile right = SafetensorsFile.Open(Path.Combine(_fixture.In(other), file));
        Assert.Equal(left.Names, right.Names);
        foreach (string name in left.Names)
        {
            using torch.Tensor a = left.Read(name),
                b = right.Read(name);
            Assert.True(a.bytes.SequenceEqual(b.bytes), $"{name} differs.");
        }
    }
}

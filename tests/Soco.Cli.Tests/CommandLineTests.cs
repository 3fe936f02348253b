using System.Text.Json;
using Soco.Campaigns;
using Soco.Weights.Safetensors;
using TorchSharp;

namespace Soco.Cli.Tests;

public sealed class CommandLineTests(CommandLineFixture fixture) : IClassFixture<CommandLineFixture>
{
    [Theory]
    [InlineData("epohs=3", "epochs")]
    [InlineData("optimizer.base_rl=3", "base_lr")]
    [InlineData("epochs=many", "epochs")]
    [InlineData("views.size=-4", "views.size")]
    public void A_wrong_key_or_value_is_refused_with_the_nearest_key(string given, string named)
    {
        (int exitCode, _, string error) = fixture.Run("pretrain", fixture.Images, "--out", fixture.In("never"), "--set", given);

        Assert.Equal(2, exitCode);
        Assert.Contains(named, error);
        Assert.Single(error.Trim().Split('\n'));
        Assert.False(Directory.Exists(fixture.In("never")));
    }

    [Theory]
    [InlineData("train")]
    [InlineData("pretrain")]
    [InlineData("pretrain", "nowhere", "--out", "never")]
    [InlineData("pretrain", "train", "--out", "never", "--steps", "0")]
    [InlineData("pretrain", "train", "--out", "never", "--recipe", "soco-fpn-1000")]
    [InlineData("pretrain", "train", "--out", "never", "--resume")]
    [InlineData("pretrain", "train", "--out", "never", "--proposals", "nowhere")]
    [InlineData("proposals", "train", "--out", "never", "--strategy", "best")]
    [InlineData("proposals", "train", "--out", "never", "--min-size", "0.9")]
    [InlineData("inspect", "nowhere")]
    [InlineData("export", "nowhere", "--to", "detectron2", "--out", "never")]
    [InlineData("export", "train", "--to", "detectron2", "--out", "never")]
    [InlineData("export", "nowhere", "--to", "caffe", "--out", "never")]
    [InlineData("export", "nowhere", "--to", "onnx", "--out", "never")]
    [InlineData("export", "nowhere", "--to", "onnx", "--input", "video", "--out", "never")]
    [InlineData("export", "nowhere", "--to", "soco", "--input", "image", "--out", "never")]
    public void A_wrong_request_is_one_sentence_and_exit_code_2(params string[] arguments)
    {
        (int exitCode, _, string error) = fixture.Run(arguments);

        Assert.Equal(2, exitCode);
        Assert.StartsWith("soco: ", error);
        Assert.False(Path.Exists(fixture.In("never")));
        Assert.DoesNotContain("   at ", error);
    }

    [Theory]
    [InlineData("pretrain", "--recipe", "nano")]
    [InlineData("proposals")]
    [InlineData("views", "--recipe", "small")]
    [InlineData("export", "--to", "soco")]
    [InlineData("compare")]
    public void A_folder_that_cannot_be_written_is_a_wrong_request(string command, params string[] more)
    {
        File.WriteAllText(fixture.In("a-file"), "");

        File.WriteAllText(fixture.In("study.yaml"), TinyRuns.Study);
        using (torch.Tensor one = torch.ones(1))
        {
            SafetensorsWriter.Write(fixture.In("one.safetensors"), [("one", one)]);
        }

        string source = fixture.In(
            command switch
            {
                "export" => "one.safetensors",
                "compare" => "study.yaml",
                _ => "train",
            }
        );
        (int exitCode, _, string error) = fixture.Run([command, source, "--out", fixture.In("a-file/run"), .. more]);

        Assert.Equal(2, exitCode);
        Assert.Matches(@"^soco: \S*a-file\S* cannot be written \(.*\); free space there or name another folder\.$", error.TrimEnd());
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("help")]
    [InlineData]
    public void Help_names_every_command(params string[] arguments)
    {
        (int exitCode, string output, _) = fixture.Run(arguments);

        Assert.Equal(0, exitCode);
        string[] named =
        [
            .. output[output.IndexOf("Commands:", StringComparison.Ordinal)..]
                .Split('\n')
                .Skip(1)
                .Where(line => line.Length > 2)
                .Select(line => line.Trim().Split(' ')[0]),
        ];
        Assert.Equal(
            [
                "demo",
                "proposals",
                "views",
                "pretrain",
                "probe",
                "embed",
                "finetune",
                "evaluate",
                "predict",
                "compare",
                "export",
                "convert",
                "inspect",
                "report",
                "doctor",
                "completion",
            ],
            named
        );
    }

    [Fact]
    public void Help_of_a_command_shows_what_the_recipe_says()
    {
        (int exitCode, string output, _) = fixture.Run("help", "pretrain");

        Assert.Equal(0, exitCode);
        Assert.Contains("soco pretrain <IMAGES>...", output);
        Assert.Matches(@"--epochs <N> +Passes over the images\. +\[default: 100\]", output);
        Assert.Matches(@"--recipe <NAME\|FILE> .*\[default: small\]", output);
    }

    [Fact]
    public void Proposals_are_the_same_whatever_the_number_of_jobs()
    {
        Assert.Equal(0, fixture.Run("proposals", fixture.Images, "--out", fixture.In("one.json"), "--jobs", "1").ExitCode);
        Assert.Equal(0, fixture.Run("proposals", fixture.Images, "--out", fixture.In("three.json"), "--jobs", "3").ExitCode);

        Assert.Equal(File.ReadAllBytes(fixture.In("one.json")), File.ReadAllBytes(fixture.In("three.json")));
        using JsonDocument boxes = JsonDocument.Parse(File.ReadAllBytes(fixture.In("one.json")));
        Assert.Equal(9, boxes.RootElement.EnumerateObject().Count());
    }

    [Fact]
    public void Training_takes_proposals_from_a_folder_or_from_the_authors_json()
    {
        Assert.Equal(0, fixture.Run("proposals", fixture.Images, "--out", fixture.In("boxes")).ExitCode);
        Assert.Equal(0, fixture.Run("proposals", fixture.Images, "--out", fixture.In("boxes.json")).ExitCode);

        string[] train = ["pretrain", fixture.Images, .. TinyRuns.Pretrain, "--epochs", "1"];
        Assert.Equal(0, fixture.Run([.. train, "--out", fixture.In("from-folder"), "--proposals", fixture.In("boxes")]).ExitCode);
        Assert.Equal(0, fixture.Run([.. train, "--out", fixture.In("from-json"), "--proposals", fixture.In("boxes.json")]).ExitCode);

        Assert.Equal(
            File.ReadAllBytes(Path.Combine(fixture.In("from-folder"), "weights.safetensors")),
            File.ReadAllBytes(Path.Combine(fixture.In("from-json"), "weights.safetensors"))
        );
        Assert.False(Directory.Exists(Path.Combine(fixture.In("from-json"), "proposals")));
    }

    [Fact]
    public void Proposals_of_other_images_are_refused()
    {
        File.WriteAllText(fixture.In("others.json"), """{"some-other-image": [[0, 0, 50, 50]]}""");

        (int exitCode, _, string error) = fixture.Run(
            "pretrain",
            fixture.Images,
            "--out",
            fixture.In("unmatched"),
            "--proposals",
            fixture.In("others.json")
        );

        Assert.Equal(2, exitCode);
        Assert.Contains("others.json", error);
    }

    [Fact]
    public void Views_draws_a_sheet_for_an_image()
    {
        (int exitCode, string output, string error) = fixture.Run(
            "views",
            fixture.Images,
            "--out",
            fixture.In("sheets"),
            "--count",
            "2",
            "--recipe",
            "soco-star-400"
        );

        Assert.True(exitCode == 0, error);
        Assert.Equal(2, Directory.GetFiles(fixture.In("sheets"), "*.png").Length);
        Assert.Equal(2, output.Trim().Split('\n').Length);

        // Images of one stem have sheets of their own.
        string first = Directory.GetFiles(fixture.Images).Order().First();
        Directory.CreateDirectory(fixture.In("twins/a"));
        File.Copy(first, fixture.In("twins/a/x" + Path.GetExtension(first)));
        File.Copy(first, fixture.In("twins/x" + Path.GetExtension(first)));
        File.Copy(first, fixture.In("twins/x.bmp"));
        Assert.Equal(0, fixture.Run("views", fixture.In("twins"), "--out", fixture.In("twin-sheets")).ExitCode);
        Assert.Equal(3, Directory.GetFiles(fixture.In("twin-sheets"), "*.png", SearchOption.AllDirectories).Length);
    }

    [Fact]
    public void Inspect_shows_a_run_and_refuses_a_truncated_file()
    {
        Assert.Equal(
            0,
            fixture.Run(["pretrain", fixture.Images, "--out", fixture.In("seen"), .. TinyRuns.Pretrain, "--epochs", "1"]).ExitCode
        );

        (int exitCode, string output, _) = fixture.Run("inspect", fixture.In("seen"));
        Assert.Equal(0, exitCode);
        Assert.Contains("step 2", output);
        Assert.Contains("model.encoder.conv1.weight", output);
        Assert.Contains("[64, 3, 7, 7]", output);

        string cut = fixture.In("cut.safetensors");
        File.WriteAllBytes(cut, File.ReadAllBytes(Path.Combine(fixture.In("seen"), "weights.safetensors"))[..1000]);
        (exitCode, _, string error) = fixture.Run("inspect", cut);
        Assert.Equal(2, exitCode);
        Assert.Contains("cut.safetensors", error);
    }

    [Fact]
    public void Inspect_shows_the_weights_of_a_finished_run_whose_checkpoints_are_gone()
    {
        string run = fixture.In("bare");
        Assert.Equal(0, fixture.Run(["pretrain", fixture.Images, "--out", run, .. TinyRuns.Pretrain, "--epochs", "1"]).ExitCode);
        Directory.Delete(Path.Combine(run, "checkpoints"), recursive: true);

        (int exitCode, string output, _) = fixture.Run("inspect", run);

        Assert.Equal(0, exitCode);
        Assert.Contains("finished; its checkpoints have been removed", output);
        Assert.Contains("encoder.conv1.weight", output);
    }

    [Theory]
    [InlineData("counted", "random: ")]
    [InlineData("counted.json", "does not say how they were made")]
    public void Inspect_counts_proposals(string name, string origin)
    {
        Assert.Equal(0, fixture.Run("proposals", fixture.Images, "--out", fixture.In(name), "--strategy", "random").ExitCode);

        (int exitCode, string output, string error) = fixture.Run("inspect", fixture.In(name));

        Assert.True(exitCode == 0, error);
        Assert.Contains(origin, output);
        Assert.Matches("^9 images, [1-9][0-9]* boxes, [0-9.]+ an image, 0 images without any$", output.Trim().Split('\n')[2]);
    }

    [Fact]
    public void The_doctor_says_what_is_there_and_what_to_do()
    {
        (int exitCode, string output, string error) = fixture.Run("doctor");

        Assert.True(exitCode == 0, error + output);
        foreach (string part in new[] { "Soco", ".NET", "processor", "memory", "libtorch", "CUDA", "images", "disk", "MPI" })
        {
            Assert.Matches($@"(?m)^(ok|--)  {System.Text.RegularExpressions.Regex.Escape(part)} +\S", output);
        }

        Assert.Matches(@"(?m)^ok  libtorch +2\.", output);
    }

    [Fact]
    public void Export_writes_a_run_for_other_frameworks_and_inspect_recognises_each()
    {
        string run = fixture.In("exported");
        Assert.Equal(0, fixture.Run(["pretrain", fixture.Images, "--out", run, .. TinyRuns.Pretrain, "--epochs", "1"]).ExitCode);
        foreach (
            (string format, string part, string file, string recognised) in new[]
            {
                ("soco", "all", "authors.pth", "module.projector_k.linear1.weight"),
                ("detectron2", "head", "d2.pkl", "fpn_lateral2.norm.weight"),
                ("mmdetection", "all", "mm.pth", "roi_head.bbox_head.shared_convs.0.conv.weight"),
                ("torchvision", "backbone", "tv.pth", "layer1.0.conv1.weight"),
                ("safetensors", "fpn", "plain.safetensors", "neck.fpn_convs.0.bn.weight"),
            }
        )
        {
            (int exitCode, string output, string error) = fixture.Run(
                "export",
                run,
                "--to",
                format,
                "--part",
                part,
                "--out",
                fixture.In(file)
            );
            Assert.True(exitCode == 0, error);
            Assert.Contains(file, output);

            (exitCode, output, error) = fixture.Run("inspect", fixture.In(file));
            Assert.True(exitCode == 0, error);
            Assert.Contains(recognised, output);
        }

        (int code, _, string refusal) = fixture.Run(
            "export",
            run,
            "--to",
            "torchvision",
            "--part",
            "detector",
            "--out",
            fixture.In("none.pth")
        );
        Assert.Equal(2, code);
        Assert.Contains("holds no detector", refusal);
        Assert.False(File.Exists(fixture.In("none.pth")));
    }

    [Fact]
    public void Inspect_refuses_a_hostile_pickle_by_name()
    {
        File.WriteAllText(fixture.In("hostile.pth"), "cos\nsystem\n(S'echo hello'\ntR.");

        (int exitCode, string output, string error) = fixture.Run("inspect", fixture.In("hostile.pth"));

        Assert.Equal((2, ""), (exitCode, output));
        Assert.Contains("hostile.pth is refused: it asks for os.system", error);
        Assert.Single(error.Trim().Split('\n'));
    }
}

using System.Diagnostics;
using Soco.Campaigns;
using Soco.Weights.Safetensors;
using TorchSharp;

namespace Soco.Cli.Tests;

public sealed class PretrainCommandTests(CommandLineFixture fixture) : IClassFixture<CommandLineFixture>
{
    [Fact]
    public void One_command_leaves_weights_log_pictures_and_recipe()
    {
        (int exitCode, string output, string error) = Pretrain("whole", "--epochs", "3");

        Assert.True(exitCode == 0, error);
        Assert.Empty(error);
        Assert.Contains("Done: 6 steps", output);
        foreach (
            string left in new[]
            {
                "weights.safetensors",
                "recipe.yaml",
                "report.html",
                "run.json",
                "pictures/views-1.png",
                "checkpoints/last",
                "proposals",
            }
        )
        {
            Assert.True(Path.Exists(Path.Combine(fixture.In("whole"), left)), left);
        }

        Assert.Equal(6, File.ReadLines(Path.Combine(fixture.In("whole"), "log.jsonl")).Count());
        using SafetensorsFile weights = SafetensorsFile.Open(Path.Combine(fixture.In("whole"), "weights.safetensors"));
        Assert.Contains("encoder.layer1.0.conv1.weight", weights.Names);
        Assert.Contains("neck.fpn_convs.3.bn.running_mean", weights.Names);
        Assert.Contains("head.fc1.bias", weights.Names);
        Assert.DoesNotContain(
            weights.Names,
            name => name.StartsWith("projector", StringComparison.Ordinal) || name.Contains("_k.", StringComparison.Ordinal)
        );
    }

    [Fact]
    public void Pretraining_starts_from_an_authors_checkpoint_or_from_what_fits_of_a_backbone()
    {
        Assert.Equal(0, Pretrain("earlier", "--epochs", "1").ExitCode);
        Assert.Equal(0, fixture.Run("export", fixture.In("earlier"), "--to", "soco", "--out", fixture.In("authors.pth")).ExitCode);
        Assert.Equal(
            0,
            fixture
                .Run("export", fixture.In("earlier"), "--to", "torchvision", "--part", "backbone", "--out", fixture.In("backbone.pth"))
                .ExitCode
        );

        (int exitCode, string output, string error) = Pretrain(
            "later",
            "--epochs",
            "1",
            "--weights",
            fixture.In("authors.pth"),
            "--strict"
        );
        Assert.True(exitCode == 0, error);
        Assert.Contains($"tensors come from {fixture.In("authors.pth")}.", output);

        (exitCode, output, error) = Pretrain("from-backbone", "--epochs", "1", "--weights", fixture.In("backbone.pth"));
        Assert.True(exitCode == 0, error);
        Assert.Contains($"120 tensors come from {fixture.In("backbone.pth")}: ", output);

        (exitCode, _, error) = Pretrain("another", "--epochs", "1", "--weights", fixture.In("backbone.pth"), "--set", "arch=resnet34");
        Assert.Equal(2, exitCode);
        Assert.Contains("holds a resnet18 of width 1, and a resnet34 of width 1 is asked for", error);
        Assert.False(Directory.Exists(fixture.In("another")));

        (exitCode, _, error) = Pretrain("never-begun", "--epochs", "1", "--weights", fixture.In("backbone.pth"), "--strict");
        Assert.Equal(2, exitCode);
        Assert.Contains("missing (", error);
    }

    [Fact]
    public void A_run_killed_in_the_middle_goes_on_to_the_same_bits()
    {
        string[] flags =
        [
            "--epochs",
            "6",
            "--set",
            "threads=2",
            "--set",
            "checkpoint_every_steps=3",
            "--set",
            "checkpoint_every_epochs=100",
        ];
        Assert.Equal(0, Pretrain("unbroken", flags).ExitCode);

        using (Process killed = fixture.Start(["pretrain", fixture.Images, "--out", fixture.In("broken"), .. TinyRuns.Pretrain, .. flags]))
        {
            WaitFor(Path.Combine(fixture.In("broken"), "checkpoints", "step-00000006.safetensors"), killed);
            killed.Kill();
            killed.WaitForExit();
            Assert.NotEqual(0, killed.ExitCode);
        }

        Assert.False(File.Exists(Path.Combine(fixture.In("broken"), "weights.safetensors")));
        (int exitCode, string output, _) = fixture.Run("pretrain", fixture.Images, "--out", fixture.In("broken"));

        Assert.Equal(0, exitCode);
        Assert.Contains("Going on from step ", output);
        AssertSameTensors("checkpoints/step-00000012.safetensors", "unbroken", "broken");
        AssertSameTensors("weights.safetensors", "unbroken", "broken");
        Assert.Equal(
            File.ReadLines(Path.Combine(fixture.In("unbroken"), "log.jsonl")).Select(WithoutTimes),
            File.ReadLines(Path.Combine(fixture.In("broken"), "log.jsonl")).Select(WithoutTimes)
        );
    }

    [Theory]
    [InlineData("TERM", 143)]
    [InlineData("INT", 130)]
    [InlineData("HUP", 129)]
    public void A_signal_finishes_the_step_saves_and_says_how_to_go_on(string signal, int expected)
    {
        string run = fixture.In("signalled-" + signal);
        using Process process = fixture.Start(["pretrain", fixture.Images, "--out", run, .. TinyRuns.Pretrain, "--epochs", "1000"]);
        WaitFor(Path.Combine(run, "log.jsonl"), process);
        using (var kill = Process.Start("kill", ["-" + signal, $"{process.Id}"]))
        {
            kill.WaitForExit();
        }

        (int exitCode, _, string error) = CommandLineFixture.Finish(process);

        Assert.Equal(expected, exitCode);
        Assert.Contains("Interrupted after step ", error);
        Assert.Contains($"--out {run}", error);
        long step = File.ReadLines(Path.Combine(run, "log.jsonl")).Count();
        Assert.True(File.Exists(Path.Combine(run, "checkpoints", $"step-{step:D8}.safetensors")));
    }

    [Fact]
    public void Steps_stops_early_and_the_schedule_stays_that_of_the_full_run()
    {
        Assert.Equal(0, Pretrain("full", "--epochs", "2").ExitCode);
        Assert.Equal(0, Pretrain("half", "--epochs", "2", "--steps", "2").ExitCode);
        Assert.Equal(2, File.ReadLines(Path.Combine(fixture.In("half"), "log.jsonl")).Count());

        Assert.Equal(0, fixture.Run("pretrain", fixture.Images, "--out", fixture.In("half")).ExitCode);

        AssertSameTensors("weights.safetensors", "full", "half");
    }

    [Fact]
    public void A_finished_run_is_left_as_it_is()
    {
        Assert.Equal(0, Pretrain("finished", "--epochs", "1").ExitCode);
        byte[] before = File.ReadAllBytes(Path.Combine(fixture.In("finished"), "weights.safetensors"));

        (int exitCode, string output, _) = fixture.Run("pretrain", fixture.Images, "--out", fixture.In("finished"));

        Assert.Equal(0, exitCode);
        Assert.Contains("Nothing left to do", output);
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(fixture.In("finished"), "weights.safetensors")));
    }

    [Fact]
    public void A_finished_run_can_be_made_longer_and_not_shorter()
    {
        Assert.Equal(0, Pretrain("longer", "--epochs", "1").ExitCode);

        (int exitCode, string output, string error) = Pretrain("longer", "--epochs", "3");

        Assert.True(exitCode == 0, error);
        Assert.Contains("The run was 2 steps long and is now 6", output);
        Assert.Contains("Done: 6 steps", output);
        using (SafetensorsFile weights = SafetensorsFile.Open(Path.Combine(fixture.In("longer"), "weights.safetensors")))
        {
            Assert.Equal("6", weights.Metadata["soco.step"]);
        }

        Assert.Equal(
            ["1", "2", "3", "4", "5", "6"],
            File.ReadLines(Path.Combine(fixture.In("longer"), "log.jsonl"))
                .Select(line => System.Text.Json.JsonDocument.Parse(line).RootElement.GetProperty("step").GetRawText())
        );
        (exitCode, _, error) = Pretrain("longer", "--epochs", "2");
        Assert.Equal(2, exitCode);
        Assert.Contains("epochs: 3 -> 2", error);
    }

    [Fact]
    public void Another_recipe_in_a_run_folder_is_refused_and_the_run_stays()
    {
        Assert.Equal(0, Pretrain("kept", "--epochs", "1").ExitCode);
        byte[] before = File.ReadAllBytes(Path.Combine(fixture.In("kept"), "weights.safetensors"));

        (int exitCode, _, string error) = fixture.Run(
            "pretrain",
            fixture.Images,
            "--out",
            fixture.In("kept"),
            "--set",
            "optimizer.base_lr=0.7"
        );

        Assert.Equal(2, exitCode);
        Assert.Contains("optimizer.base_lr: 0.5 -> 0.7", error);
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(fixture.In("kept"), "weights.safetensors")));
    }

    [Theory]
    [InlineData("soco-star", "soco-fpn-100")]
    [InlineData("soco-c4", "soco-c4-100")]
    [InlineData("byol", "byol-100")]
    public void Every_method_trains(string method, string recipe)
    {
        (int exitCode, _, string error) = Pretrain(
            "method-" + method,
            "--recipe",
            recipe,
            "--method",
            method,
            "--epochs",
            "1",
            "--precision",
            "fp32",
            "--set",
            "micro_batch=2"
        );
        Assert.True(exitCode == 0, error);
    }

    [Fact]
    public void Bad_images_are_skipped_counted_and_listed()
    {
        string images = fixture.In("mixed");
        Copy(fixture.Images, images);
        File.WriteAllBytes(Path.Combine(images, "empty.jpg"), []);
        File.WriteAllText(Path.Combine(images, "text.png"), "this is no image");
        byte[] whole = File.ReadAllBytes(Directory.GetFiles(fixture.Images)[0]);
        File.WriteAllBytes(Path.Combine(images, "cut.jpg"), whole[..(whole.Length / 2)]);

        (int exitCode, string output, string error) = fixture.Run([
            "pretrain",
            images,
            "--out",
            fixture.In("mixed-run"),
            .. TinyRuns.Pretrain,
            "--epochs",
            "1",
        ]);

        Assert.True(exitCode == 0, error);
        string[] skipped = File.ReadAllLines(Path.Combine(fixture.In("mixed-run"), "skipped.csv"));
        Assert.Equal(
            ["cut.jpg", "empty.jpg", "text.png"],
            skipped.Skip(1).Select(line => line.Split(',')[0]).Order(StringComparer.Ordinal)
        );
        Assert.Contains("3 images could not be used", output);
    }

    [Fact]
    public void Nothing_but_bad_images_fails_with_one_sentence()
    {
        string images = Directory.CreateDirectory(fixture.In("bad")).FullName;
        File.WriteAllText(Path.Combine(images, "a.jpg"), "no image");
        File.WriteAllText(Path.Combine(images, "b.jpg"), "no image either");

        (int exitCode, _, string error) = fixture.Run(["pretrain", images, "--out", fixture.In("bad-run"), .. TinyRuns.Pretrain]);

        Assert.Equal(1, exitCode);
        Assert.Single(error.Trim().Split('\n'));
    }

    [Fact]
    public void A_run_that_diverges_stops_and_names_the_last_good_state()
    {
        (int exitCode, _, string error) = Pretrain(
            "diverged",
            "--epochs",
            "50",
            "--set",
            "checkpoint_every_steps=1",
            "--set",
            "optimizer.base_lr=1000",
            "--set",
            "optimizer.warmup_epochs=0",
            "--set",
            "optimizer.trust_coefficient=1"
        );

        Assert.Equal(1, exitCode);
        Assert.Matches("(is NaN at step|is ∞ at step|is not finite after step) \\d+", error);
        Assert.Contains("optimizer.base_lr", error);
        string last = Directory.GetFiles(Path.Combine(fixture.In("diverged"), "checkpoints"), "step-*").Max()!;
        Assert.Contains(last, error);
        using SafetensorsFile file = SafetensorsFile.Open(last);
        Assert.All(
            file.Names,
            name =>
            {
                using torch.Tensor tensor = file.Read(name);
                Assert.True(tensor.to_type(torch.ScalarType.Float64).isfinite().all().item<bool>(), name);
            }
        );
    }

    [Fact]
    public void Two_runs_cannot_share_a_folder()
    {
        string run = fixture.In("shared");
        using Process first = fixture.Start(["pretrain", fixture.Images, "--out", run, .. TinyRuns.Pretrain, "--epochs", "1000"]);
        WaitFor(Path.Combine(run, "log.jsonl"), first);

        (int exitCode, _, string error) = fixture.Run("pretrain", fixture.Images, "--out", run);
        first.Kill();

        Assert.Equal(2, exitCode);
        Assert.Contains("in use by another run", error);
    }

    private (int ExitCode, string Output, string Error) Pretrain(string run, params string[] flags) =>
        fixture.Run(["pretrain", fixture.Images, "--out", fixture.In(run), .. TinyRuns.Pretrain, .. flags]);

    private static void WaitFor(string path, Process process)
    {
        var clock = Stopwatch.StartNew();
        while (!File.Exists(path) || new FileInfo(path).Length == 0)
        {
            Assert.True(!process.HasExited && clock.Elapsed < TimeSpan.FromMinutes(2), $"{path} did not come.");
            Thread.Sleep(5);
        }
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.GetFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
    }

    private static string WithoutTimes(string line) =>
        System.Text.RegularExpressions.Regex.Replace(line, "\"(images_per_s|data_wait_s|memory_mb)\":[^,}]*", "");

    private void AssertSameTensors(string file, string one, string other)
    {
        using SafetensorsFile left = SafetensorsFile.Open(Path.Combine(fixture.In(one), file));
        using SafetensorsFile right = SafetensorsFile.Open(Path.Combine(fixture.In(other), file));
        Assert.Equal(left.Names, right.Names);
        foreach (string name in left.Names)
        {
            using torch.Tensor a = left.Read(name),
                b = right.Read(name);
            Assert.True(a.bytes.SequenceEqual(b.bytes), $"{name} differs.");
        }
    }
}

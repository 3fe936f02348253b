using System.Diagnostics;
using System.Text.Json;
using Soco.Campaigns;

namespace Soco.Cli.Tests;

public sealed class CompareCommandTests(CommandLineFixture fixture) : IClassFixture<CommandLineFixture>
{
    [Fact]
    public void An_interrupted_matrix_goes_on_and_grows_without_doing_a_cell_twice()
    {
        string folder = fixture.In("comparison"),
            config = Write("comparison.yaml", TinyRuns.Study);
        using (Process process = fixture.Start("compare", config, "--out", folder, "--threads", "1"))
        {
            WaitFor(Path.Combine(folder, "results.json"), process);
            using (var kill = Process.Start("kill", ["-TERM", $"{process.Id}"]))
            {
                kill.WaitForExit();
            }

            (int stopped, _, string said) = CommandLineFixture.Finish(process);
            Assert.True(stopped == 143, said);
            Assert.Contains($"o on with: soco compare {config} --out {folder} --threads 1", said);
        }

        Assert.Equal(["scratch"], Cells(folder).Select(cell => cell.GetProperty("arm").GetString()));
        string weights = Path.Combine(folder, "finetune", "scratch-2-seed1", "weights.safetensors");
        DateTime trained = File.GetLastWriteTimeUtc(weights);

        // Another seed comes in addition, and an arm that learns proposals before labels.
        config = Write("comparison.yaml", TinyRuns.Study.Replace("[1]", "[1, 2]") + "\n  aligned: {pretrained: soco, align: true}");
        (int exitCode, string output, string error) = fixture.Run("compare", config, "--out", folder, "--threads", "1");

        Assert.True(exitCode == 0, error);
        Assert.Equal(trained, File.GetLastWriteTimeUtc(weights));
        Assert.Equal(
            ["scratch-1", "soco-1", "aligned-1", "scratch-2", "soco-2", "aligned-2"],
            Cells(folder).Select(cell => $"{cell.GetProperty("arm")}-{cell.GetProperty("seed")}")
        );
        Assert.Matches(@"soco +2 +\d+\.\d ± \d+\.\d, [+-]?\d+\.\d \[[+-]?\d+\.\d, [+-]?\d+\.\d\]", output);
        Assert.Equal(
            $"Report: {Path.Combine(folder, "report.html")}",
            Assert.Single(output.TrimEnd().Split('\n'), line => line.StartsWith("Report:", StringComparison.Ordinal))
        );
        Assert.Equal(7, File.ReadAllLines(Path.Combine(folder, "results.csv")).Length);
        Assert.Contains("| soco | 2 |", File.ReadAllText(Path.Combine(folder, "table.md")));
        foreach (
            string left in new[]
            {
                "pretrain/soco-seed2/weights.safetensors",
                "finetune/soco-2-seed1/test-detections.json",
                "finetune/soco-2-seed1/report.html",
                "finetune/soco-2-seed1/transfer.json",
                "data/annotations/instances_labelled-2-seed1.json",
                "proposals/soco",
                "align/aligned-seed1/weights.safetensors",
            }
        )
        {
            Assert.True(Path.Exists(Path.Combine(folder, left)), left);
        }

        // An aligned detector starts from the pretraining, and its own training starts the fine-tuning.
        Assert.Contains("pretrain/soco-seed2/weights", File.ReadAllText(Path.Combine(folder, "align", "aligned-seed2", "transfer.json")));
        Assert.Contains(
            "align/aligned-seed2/weights",
            File.ReadAllText(Path.Combine(folder, "finetune", "aligned-2-seed2", "transfer.json"))
        );
        Assert.True(
            Cells(folder)[5].GetProperty("pretrain_seconds").GetDouble() > Cells(folder)[4].GetProperty("pretrain_seconds").GetDouble()
        );

        // What a run could be resumed from is large, and not needed any more.
        Assert.Empty(Directory.GetDirectories(folder, "checkpoints", SearchOption.AllDirectories));

        // The measurements are those that the command for it makes.
        JsonElement cell = Cells(folder)[4];
        Assert.Equal(
            0,
            fixture
                .Run(
                    "evaluate",
                    "--annotations",
                    Path.Combine(folder, "data", "annotations", "instances_test.json"),
                    "--detections",
                    Path.Combine(folder, cell.GetProperty("run").GetString()!, "test-detections.json"),
                    "--out",
                    fixture.In("measured.json")
                )
                .ExitCode
        );
        using JsonDocument measured = JsonDocument.Parse(File.ReadAllBytes(fixture.In("measured.json")));
        Assert.Equal(
            measured.RootElement.GetProperty("numbers").GetProperty("AP50").GetDouble(),
            cell.GetProperty("bbox").GetProperty("AP50").GetDouble(),
            1e-6
        );

        byte[] before = File.ReadAllBytes(Path.Combine(folder, "config.yaml"));
        (exitCode, _, error) = fixture.Run(
            "compare",
            Write("comparison.yaml", TinyRuns.Study.Replace("iterations: 2", "iterations: 3")),
            "--out",
            folder
        );
        Assert.Equal(2, exitCode);
        Assert.Contains("finetuning.iterations: 2 -> 3", error);
        Assert.Contains("seeds: 2 is gone", error);
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(folder, "config.yaml")));
    }

    [Fact]
    public void An_arm_may_start_from_a_file_of_weights()
    {
        string tiny = TinyRuns.Study + $"\n  file: {{weights: started/weights.safetensors}}";
        Assert.Equal(
            0,
            fixture.Run(["pretrain", fixture.Images, "--out", fixture.In("started"), .. TinyRuns.Pretrain, "--epochs", "1"]).ExitCode
        );

        (int exitCode, string output, string error) = fixture.Run(
            "compare",
            Write("file.yaml", tiny),
            "--out",
            fixture.In("from-file"),
            "--threads",
            "1",
            "--only",
            "*file*"
        );
        Assert.True(exitCode == 0, error);
        Assert.Equal(["file"], Cells(fixture.In("from-file")).Select(cell => cell.GetProperty("arm").GetString()));
        Assert.Equal(0, Cells(fixture.In("from-file"))[0].GetProperty("pretrain_seconds").GetDouble());
        Assert.Contains(
            "started/weights.safetensors",
            File.ReadAllText(Path.Combine(fixture.In("from-file"), "finetune", "file-2-seed1", "transfer.json"))
        );
        Assert.DoesNotContain("pretraining", output);

        (exitCode, _, error) = fixture.Run(
            "compare",
            Write("file.yaml", tiny + "\n  wide: {weights: started, finetuning: {model.width: 0.5}}"),
            "--out",
            fixture.In("never")
        );
        Assert.Equal(2, exitCode);
        Assert.Contains("holds a resnet18 of width 1, and a resnet18 of width 0.5 is asked for", error);
        (exitCode, _, error) = fixture.Run("compare", Write("file.yaml", tiny.Replace("started", "nowhere")), "--out", fixture.In("never"));
        Assert.Equal(2, exitCode);
        Assert.Contains("There is no ", error);
        Assert.False(Path.Exists(fixture.In("never")));
    }

    [Theory]
    [InlineData("nowhere.yaml")]
    [InlineData("wrong.yaml")]
    [InlineData("right.yaml", "--only", "byol*")]
    [InlineData("right.yaml", "--threads", "-1")]
    public void A_wrong_request_is_one_sentence_and_no_folder(string config, params string[] flags)
    {
        Write("right.yaml", TinyRuns.Study);
        Write("wrong.yaml", TinyRuns.Study.Replace("method: soco", "method: soko"));

        (int exitCode, _, string error) = fixture.Run(["compare", fixture.In(config), "--out", fixture.In("never"), .. flags]);

        Assert.True(exitCode == 2, error);
        Assert.Single(error.Trim().Split('\n'));
        Assert.False(Path.Exists(fixture.In("never")));
    }

    private static void WaitFor(string path, Process process)
    {
        var clock = Stopwatch.StartNew();
        while (!File.Exists(path))
        {
            Assert.True(!process.HasExited && clock.Elapsed < TimeSpan.FromMinutes(2), $"{path} did not come.");
            Thread.Sleep(5);
        }
    }

    private static JsonElement[] Cells(string folder)
    {
        using JsonDocument results = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "results.json")));
        return [.. results.RootElement.GetProperty("cells").EnumerateArray().Select(cell => cell.Clone())];
    }

    private string Write(string name, string yaml)
    {
        File.WriteAllText(fixture.In(name), yaml);
        return fixture.In(name);
    }
}

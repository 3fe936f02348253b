using System.Diagnostics;
using System.Text.Json;
using Soco.Campaigns;
using Soco.Vision.Proposals.Storage;
using Soco.Weights.Safetensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Cli.Tests;

/// <summary>Commands as several processes, under the launcher that is installed. Without one they are skipped.</summary>
public sealed class ProcessesTests(CommandLineFixture fixture) : IClassFixture<CommandLineFixture>
{
    private static readonly string[] s_short = ["--set", "optimizer.base_lr=0.05", "--precision", "fp32"];

    private static readonly string? s_launcher = new[] { "/usr/bin/mpirun.openmpi", "/usr/bin/mpirun", "/usr/bin/mpiexec" }.FirstOrDefault(
        File.Exists
    );

    private static bool IsOpenMpi =>
        s_launcher is not null && (s_launcher.Contains("openmpi", StringComparison.Ordinal) || File.Exists("/usr/bin/mpirun.openmpi"));

    [Theory]
    [InlineData(2, false)]
    [InlineData(4, false)]
    [InlineData(2, true)]
    public void Processes_pretrain_what_one_process_does(int processes, bool overSockets)
    {
        string name = $"together-{processes}{(overSockets ? "-tcp" : "")}";
        Proposals();
        Assert.Equal(0, fixture.Run(Pretrain($"alone-{name}")).ExitCode);
        (int exitCode, string output, string error) = Launch(processes, overSockets ? ["--mca", "btl", "tcp,self"] : [], Pretrain(name));

        Assert.True(exitCode == 0, error + output);
        Assert.Contains($"{processes} processes of 1 thread on ", output);
        Assert.Contains("Done: 10 steps", output);
        AssertSameLosses($"alone-{name}", name, 1e-4);
        Assert.True(Distance($"alone-{name}", name) < 1e-4, $"{Distance($"alone-{name}", name)}");
        using JsonDocument record = JsonDocument.Parse(File.ReadAllText(Path.Combine(fixture.In(name), "run.json")));
        Assert.Equal(processes, record.RootElement.GetProperty("sessions")[0].GetProperty("processes").GetInt32());
    }

    [Fact]
    public void Two_runs_of_two_processes_have_the_same_bits_also_after_an_interruption()
    {
        Proposals();
        Assert.Equal(0, Launch(2, [], Pretrain("whole")).ExitCode);
        Assert.Equal(0, Launch(2, [], [.. Pretrain("parts"), "--steps", "4"]).ExitCode);
        Assert.Equal(0, Launch(2, [], Pretrain("parts")).ExitCode);

        Assert.Equal(File.ReadAllBytes(Weights("whole")), File.ReadAllBytes(Weights("parts")));
    }

    [Fact]
    public void A_run_of_two_processes_goes_on_as_one()
    {
        Proposals();
        Assert.Equal(0, fixture.Run(Pretrain("as-one")).ExitCode);
        Assert.Equal(0, Launch(2, [], [.. Pretrain("changed"), "--steps", "4"]).ExitCode);
        Assert.Equal(0, fixture.Run(Pretrain("changed")).ExitCode);

        AssertSameLosses("as-one", "changed", 1e-4);
    }

    [Fact]
    public void Contrastive_pretraining_tells_objects_from_those_of_all_processes()
    {
        Proposals();
        string[] contrastive =
        [
            "--set",
            "objective.kind=infonce",
            "--set",
            "objective.queue=16",
            "--set",
            "optimizer.trust_coefficient=0",
            "--set",
            "optimizer.base_lr=0.0001",
            "--steps",
            "5",
        ];
        Assert.Equal(0, fixture.Run([.. Pretrain("contrast-1"), .. contrastive]).ExitCode);
        (int exitCode, _, string error) = Launch(2, [], [.. Pretrain("contrast-2"), .. contrastive]);

        Assert.True(exitCode == 0, error);
        AssertSameLosses("contrast-1", "contrast-2", 1e-3);
    }

    [Fact]
    public void Processes_share_proposals_and_what_is_skipped()
    {
        string images = fixture.In("with-empty");
        Directory.CreateDirectory(images);
        foreach (string image in Directory.GetFiles(fixture.Images, "*.jpg"))
        {
            File.Copy(image, Path.Combine(images, Path.GetFileName(image)), overwrite: true);
        }

        File.WriteAllText(Path.Combine(images, "empty.jpg"), "");
        Assert.Equal(0, fixture.Run("proposals", images, "--out", fixture.In("boxes-1")).ExitCode);
        (int exitCode, string output, string error) = Launch(4, [], ["proposals", images, "--out", fixture.In("boxes-4")]);

        Assert.True(exitCode == 0, error);
        Assert.Contains("9 images, ", output);
        ProposalStore one = ProposalStore.Load(fixture.In("boxes-1")),
            four = ProposalStore.Load(fixture.In("boxes-4"));
        Assert.Equal(one.Count, four.Count);
        foreach (string image in Directory.GetFiles(images, "train*.jpg").Select(Path.GetFileName).OfType<string>())
        {
            Assert.True(one.TryFind(image, out var expected) && four.TryFind(image, out var found) && expected.SequenceEqual(found), image);
        }

        Assert.Equal(
            File.ReadAllText(Path.Combine(fixture.In("boxes-1"), "skipped.csv")),
            File.ReadAllText(Path.Combine(fixture.In("boxes-4"), "skipped.csv"))
        );
        Assert.Empty(Directory.GetDirectories(fixture.In("boxes-4")));
    }

    [Fact]
    public void Processes_finetune_and_evaluate_together()
    {
        string[] finetune =
        [
            "finetune",
            "--annotations",
            Labels,
            "--val-annotations",
            Labels,
            .. TinyRuns.Finetune,
            .. TinyRuns.Narrow,
            "--precision",
            "fp32",
            "--set",
            "optimizer.base_lr=0.001",
        ];
        (int exitCode, string output, string error) = fixture.Run([.. finetune, "--out", fixture.In("tuned-1")]);
        Assert.True(exitCode == 0, error);
        (exitCode, output, error) = Launch(2, [], [.. finetune, "--out", fixture.In("tuned-2")]);

        Assert.True(exitCode == 0, error + output);
        Assert.Contains("Done: 4 steps", output);
        Assert.True(File.Exists(Path.Combine(fixture.In("tuned-2"), "detections.json")));

        // Which regions are learned from depends on the order of boxes that are almost equal: losses agree more coarsely than those of
        // pretraining.
        AssertSameLosses("tuned-1", "tuned-2", 0.05);
        Assert.True(Distance("tuned-1", "tuned-2") < 1e-3, $"{Distance("tuned-1", "tuned-2")}");
    }

    [Fact]
    public void Processes_share_the_cells_of_a_comparison_and_the_images_of_a_prediction()
    {
        string study = fixture.In("study.yaml");
        File.WriteAllText(study, TinyRuns.Study.Replace("seeds: [1]", "seeds: [1, 2]", StringComparison.Ordinal));
        (int exitCode, string output, string error) = fixture.Run("compare", study, "--out", fixture.In("cells-1"), "--threads", "1");
        Assert.True(exitCode == 0, error);
        (exitCode, output, error) = Launch(2, [], ["compare", study, "--out", fixture.In("cells-2"), "--threads", "1"]);
        Assert.True(exitCode == 0, error + output);

        string[] cells =
        [
            .. Directory.GetDirectories(Path.Combine(fixture.In("cells-1"), "finetune")).Select(Path.GetFileName).OfType<string>(),
        ];
        Assert.NotEmpty(cells);
        foreach (string cell in cells)
        {
            string weights = Path.Combine("finetune", cell, "weights.safetensors");
            Assert.Equal(
                File.ReadAllBytes(Path.Combine(fixture.In("cells-1"), weights)),
                File.ReadAllBytes(Path.Combine(fixture.In("cells-2"), weights))
            );
        }

        Assert.Equal(
            File.ReadAllText(Path.Combine(fixture.In("cells-1"), "table.md")),
            File.ReadAllText(Path.Combine(fixture.In("cells-2"), "table.md"))
        );

        string detector = Path.Combine(fixture.In("cells-1"), "finetune", cells[0]);
        (exitCode, _, error) = fixture.Run(
            "predict",
            fixture.Images,
            "--weights",
            detector,
            "--out",
            fixture.In("seen-1"),
            "--threads",
            "1",
            "--threshold",
            "0"
        );
        Assert.True(exitCode == 0, error);
        (exitCode, output, error) = Launch(
            4,
            [],
            ["predict", fixture.Images, "--weights", detector, "--out", fixture.In("seen-4"), "--threads", "1", "--threshold", "0"]
        );
        Assert.True(exitCode == 0, error + output);
        foreach (string file in new[] { "detections.json", "images.json" })
        {
            Assert.Equal(
                File.ReadAllText(Path.Combine(fixture.In("seen-1"), file)),
                File.ReadAllText(Path.Combine(fixture.In("seen-4"), file))
            );
        }

        Assert.Equal(9, Directory.GetFiles(Path.Combine(fixture.In("seen-4"), "pictures")).Length);
    }

    [Fact]
    public void More_processes_than_images_of_a_pass_are_refused_in_a_sentence()
    {
        Proposals();
        (int exitCode, _, string error) = Launch(4, [], [.. Pretrain("too-many"), "--set", "micro_batch=2"]);

        Assert.Equal(2, exitCode);
        Assert.Contains("A pass of 2 images (batch 4, micro_batch 2) leaves some of 4 processes without any: ", error);
        Assert.False(File.Exists(Path.Combine(fixture.In("too-many"), "recipe.yaml")));
    }

    [Theory]
    [InlineData("KILL")]
    [InlineData("STOP")]
    public void A_process_that_is_gone_ends_the_run_which_then_goes_on(string signal)
    {
        Proposals();
        string name = $"gone-{signal}";
        string[] command = [.. Pretrain(name, epochs: 400), "--set", "checkpoint_every_steps=2", "--set", "logging.every_steps=1"];
        using Process launcher = Start(2, [], command);
        string saved = Path.Combine(fixture.In(name), "checkpoints", "last");
        Assert.True(SpinWait.SpinUntil(() => File.Exists(saved), TimeSpan.FromMinutes(2)));
        int last = Process
            .GetProcessesByName("dotnet")
            .Where(one => CommandOf(one.Id).Contains(fixture.In(name)) && !CommandOf(one.Id).Contains("mpirun"))
            .Max(one => one.Id);
        long began = Stopwatch.GetTimestamp();
        using (Process kill = Process.Start("kill", [$"-{signal}", $"{last}"]))
        {
            kill.WaitForExit();
        }

        (int exitCode, _, string error) = CommandLineFixture.Finish(launcher);

        Assert.NotEqual(0, exitCode);
        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(60));
        if (signal == "STOP")
        {
            Assert.Contains("has not answered for 20 s: it died, hangs or is stopped.", error);
        }

        (exitCode, string output, error) = Launch(2, [], [.. command, "--steps", "12"]);
        Assert.True(exitCode == 0, error);
        Assert.Contains("Going on from step ", output);
    }

    private static string CommandOf(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline");
        }
        catch (IOException)
        {
            return "";
        }
    }

    private void Proposals()
    {
        Assert.SkipUnless(s_launcher is not null, "There is no mpirun: openmpi-bin or mpich brings one.");
        if (!Directory.Exists(fixture.In("boxes")))
        {
            Assert.Equal(0, fixture.Run("proposals", fixture.Images, "--out", fixture.In("boxes")).ExitCode);
        }
    }

    private string[] Pretrain(string name, int epochs = 5) =>
        [
            "pretrain",
            fixture.Images,
            "--epochs",
            $"{epochs}",
            "--out",
            fixture.In(name),
            "--proposals",
            fixture.In("boxes"),
            .. TinyRuns.Pretrain,
            .. s_short,
        ];

    private Process Start(int processes, string[] launcherOptions, string[] arguments)
    {
        Assert.SkipUnless(s_launcher is not null, "There is no mpirun: openmpi-bin or mpich brings one.");
        Assert.SkipUnless(launcherOptions.Length == 0 || IsOpenMpi, "The launcher is not Open MPI's.");
        string[] crowded = IsOpenMpi ? ["--oversubscribe", "--bind-to", "none"] : [];
        var start = new ProcessStartInfo(
            s_launcher!,
            [
                "-n",
                $"{processes}",
                .. crowded,
                .. launcherOptions,
                "dotnet",
                Path.Combine(AppContext.BaseDirectory, "Soco.Cli.dll"),
                .. arguments,
            ]
        )
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = fixture.Root,
        };
        start.Environment["OMPI_ALLOW_RUN_AS_ROOT"] = "1";
        start.Environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1";
        return Process.Start(start)!;
    }

    private (int ExitCode, string Output, string Error) Launch(int processes, string[] launcherOptions, string[] arguments)
    {
        using Process launcher = Start(processes, launcherOptions, arguments);
        return CommandLineFixture.Finish(launcher);
    }

    private string Labels => Path.Combine(fixture.Root, "annotations", "instances_train.json");

    private string Weights(string name) => Path.Combine(fixture.In(name), "weights.safetensors");

    private void AssertSameLosses(string one, string other, double tolerance)
    {
        double[] expected = Losses(one),
            found = Losses(other);
        Assert.Equal(expected.Length, found.Length);
        Assert.True(expected.Distinct().Count() > 1);
        for (int step = 0; step < expected.Length; step++)
        {
            Assert.True(Math.Abs(expected[step] - found[step]) <= tolerance, $"step {step + 1}: {expected[step]} and {found[step]}");
        }
    }

    private double[] Losses(string name) =>
        [
            .. File.ReadLines(Path.Combine(fixture.In(name), "log.jsonl"))
                .Select(line => JsonDocument.Parse(line).RootElement)
                .Where(line => line.TryGetProperty("loss", out _))
                .Select(line => line.GetProperty("loss").GetDouble()),
        ];

    /// <summary>Euclidean distance of all weights, over their norm.</summary>
    private double Distance(string one, string other)
    {
        using SafetensorsFile first = SafetensorsFile.Open(Weights(one)),
            second = SafetensorsFile.Open(Weights(other));
        double apart = 0,
            size = 0;
        foreach (string name in first.Names)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor expected = first.Read(name).to_type(ScalarType.Float64),
                found = second.Read(name).to_type(ScalarType.Float64);
            apart += (expected - found).pow(2).sum().item<double>();
            size += expected.pow(2).sum().item<double>();
        }

        return Math.Sqrt(apart / size);
    }
}

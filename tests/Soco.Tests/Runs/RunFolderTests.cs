using System.Diagnostics;
using Soco.Recipes;
using Soco.Runs;
using Soco.Vision;
using Soco.Weights.Safetensors;
using static TorchSharp.torch;

namespace Soco.Tests.Runs;

public sealed class RunFolderTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();
    private readonly RunFolder _folder;

    public RunFolderTests() => _folder = RunFolder.Create(_temporary.File("run"));

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void File_names_are_those_of_the_design()
    {
        string[] names =
        [
            _folder.RecipePath,
            _folder.LogPath,
            _folder.EventsPath,
            _folder.CheckpointPath(120),
            _folder.LastPointerPath,
            _folder.PicturesPath,
            _folder.ReportPath,
            _folder.SkippedPath,
            _folder.ProposalsPath,
            _folder.WeightsPath,
            _folder.LastWeightsPath,
        ];

        Assert.Equal(
            [
                "recipe.yaml",
                "log.jsonl",
                "events",
                "checkpoints/step-00000120.safetensors",
                "checkpoints/last",
                "pictures",
                "report.html",
                "skipped.csv",
                "proposals",
                "weights.safetensors",
                "weights-last.safetensors",
            ],
            names.Select(name => Path.GetRelativePath(_folder.Root, name).Replace('\\', '/'))
        );
    }

    [Fact]
    public void A_folder_holds_a_run_once_its_recipe_is_written()
    {
        Assert.False(_folder.HasRun);
        Assert.Contains(
            "holds no run",
            Assert.Throws<SocoRequestException>(() => RunFolder.Open(_folder.Root)).Message,
            StringComparison.Ordinal
        );

        PretrainingRecipe recipe = Recipe.Load<PretrainingRecipe>("small", ["seed=5"]);
        _folder.WriteRecipe(recipe);

        Assert.Equal(recipe, RunFolder.Open(_folder.Root).ReadRecipe());
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_one_sentence()
    {
        string path = _temporary.File("file");
        File.WriteAllText(path, "");

        Assert.StartsWith(
            $"{path}/checkpoints cannot be written (",
            Assert.Throws<SocoRequestException>(() => RunFolder.Create(path)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Without_a_checkpoint_there_is_no_last() => Assert.Null(_folder.FindLast());

    [Fact]
    public void The_last_checkpoint_is_the_newest_complete_one_whatever_the_pointer_says()
    {
        var store = new CheckpointStore(_folder, keepEverySteps: 1);
        foreach (long step in new long[] { 10, 20, 30 })
        {
            Save(store, step);
        }

        Assert.Equal("step-00000030.safetensors\n", File.ReadAllText(_folder.LastPointerPath));
        Assert.Equal(_folder.CheckpointPath(30), _folder.FindLast());

        File.Delete(_folder.LastPointerPath);
        Assert.Equal(_folder.CheckpointPath(30), _folder.FindLast());

        File.WriteAllText(_folder.LastPointerPath, "step-00000099.safetensors\n");
        File.WriteAllText(_folder.CheckpointPath(40) + ".tmp", "half written");
        Assert.Equal(_folder.CheckpointPath(30), _folder.FindLast());

        using (FileStream file = File.OpenWrite(_folder.CheckpointPath(30)))
        {
            file.SetLength(file.Length - 1);
        }

        File.WriteAllBytes(_folder.CheckpointPath(50), []);
        Assert.Equal(_folder.CheckpointPath(20), _folder.FindLast());
    }

    [Fact]
    public void Weights_without_a_training_state_are_no_checkpoint()
    {
        using Tensor value = ones(1);
        SafetensorsWriter.Write(_folder.CheckpointPath(7), [("a", value)]);

        Assert.Null(_folder.FindLast());
        Assert.Contains(
            "holds weights but no training state",
            Assert.Throws<SocoDataException>(() => Checkpoint.Open(_folder.CheckpointPath(7))).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void The_newest_two_and_every_kept_step_stay()
    {
        var store = new CheckpointStore(_folder, keepEverySteps: 30);
        for (long step = 10; step <= 100; step += 10)
        {
            Save(store, step);
        }

        Assert.Equal([100L, 90L, 60L, 30L], _folder.CheckpointSteps());
        Assert.Equal(_folder.CheckpointPath(100), _folder.FindLast());
    }

    [Fact]
    public void Two_runs_cannot_have_one_folder_at_once()
    {
        using (_folder.Lock())
        {
            var error = Assert.Throws<SocoRequestException>(() => RunFolder.Create(_folder.Root).Lock());
            Assert.Equal(
                $"{_folder.Root} is in use by another run, or not writable; wait for that run or name another folder.",
                error.Message
            );
        }

        _folder.Lock().Dispose();
    }

    [Fact]
    public void A_killed_process_leaves_no_lock_and_its_half_written_files_are_cleared()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/usr/bin/flock"), "The other process is util-linux's flock.");
        string leftover = _folder.CheckpointPath(5) + ".tmp";
        File.WriteAllText(leftover, "half written");
        string lockFile = Path.Combine(_folder.Root, ".lock");
        using Process other = Process.Start(
            new ProcessStartInfo("flock", ["--no-fork", lockFile, "sh", "-c", "echo held; exec sleep 60"]) { RedirectStandardOutput = true }
        )!;
        Assert.Equal("held", other.StandardOutput.ReadLine());

        Assert.Throws<SocoRequestException>(_folder.Lock);
        Assert.True(File.Exists(leftover));

        other.Kill();
        other.WaitForExit();
        _folder.Lock().Dispose();
        Assert.False(File.Exists(leftover));
    }

    private static void Save(CheckpointStore store, long step)
    {
        using Tensor value = full(3, (float)step);
        store.Save(CheckpointStoreTests.StateAt(step), [("w", value)]);
    }
}

using System.Diagnostics;
using System.IO.Hashing;
using System.Text;
using Soco.Vision.Scenes;

namespace Soco.Campaigns;

/// <summary>The long commands on drawn images, for campaigns that stop them.</summary>
internal sealed class LongCommands : IDisposable
{
    private static readonly string[] s_often = ["--precision", "fp32", "--set", "model.width=0.25", "--set", "checkpoint_every_steps=1"];

    private readonly TemporaryFolder _folder = new();

    /// <summary>Draws the images.</summary>
    public LongCommands()
    {
        SceneSet.Write(_folder.Root, 24, seed: 1, new SceneOptions { Width = 160, Height = 120 });
        File.WriteAllText(In("study.yaml"), TinyRuns.Study);
    }

    /// <summary>The commands, each with the files that must come out alike.</summary>
    public IReadOnlyList<LongCommand> All =>
        [
            new("proposals", run => ["proposals", In("train"), "--out", run, "--jobs", "2"], "*.parquet"),
            new(
                "pretrain",
                run => ["pretrain", In("train"), "--out", run, "--epochs", "3", .. TinyRuns.Pretrain, .. s_often],
                "weights.safetensors"
            ),
            new(
                "finetune",
                run =>
                    [
                        "finetune",
                        "--annotations",
                        In("annotations/instances_train.json"),
                        "--out",
                        run,
                        "--arch",
                        "resnet18",
                        .. TinyRuns.Finetune,
                        .. TinyRuns.Narrow,
                        .. s_often,
                    ],
                "weights.safetensors"
            ),
            new(
                "compare",
                run =>
                    [
                        "compare",
                        In("study.yaml"),
                        "--out",
                        run,
                        "--threads",
                        "1",
                        "--set",
                        "finetuning.iterations=4",
                        "--set",
                        "finetuning.checkpoint_every_steps=2",
                    ],
                "test-detections.json"
            ),
        ];

    /// <summary>A path beside the images.</summary>
    public string In(string name) => _folder.File(name);

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();
}

/// <summary>A long command.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Arguments">Its arguments, by its output folder.</param>
/// <param name="Results">The pattern of the files that it is about.</param>
internal sealed record LongCommand(string Name, Func<string, string[]> Arguments, string Results)
{
    /// <summary>Runs it to its end, or until it is killed.</summary>
    /// <param name="run">The output folder.</param>
    /// <param name="killAfter">Milliseconds until SIGKILL; null: never.</param>
    /// <returns>The exit code (137: killed) and the end of standard error.</returns>
    public (int ExitCode, string Error) Start(string run, int? killAfter = null)
    {
        using Process process = Process.Start(
            new ProcessStartInfo(Environment.ProcessPath!, [Path.Combine(AppContext.BaseDirectory, "Soco.Cli.dll"), .. Arguments(run)])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(),
            error = process.StandardError.ReadToEndAsync();
        if (killAfter is { } milliseconds && !process.WaitForExit(milliseconds))
        {
            process.Kill();
        }

        process.WaitForExit();
        _ = output.Result;
        return (process.ExitCode, string.Join(' ', error.Result.Split('\n').TakeLast(3)));
    }

    /// <summary>A hash of the result files, of what is in them and where they lie; the place of the run itself does not count.</summary>
    public string Fingerprint(string run)
    {
        var hash = new XxHash3();
        foreach (string file in Directory.GetFiles(run, Results, SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            hash.Append(Encoding.UTF8.GetBytes(Path.GetRelativePath(run, file)));
            hash.Append(File.ReadAllBytes(file));
        }

        return Convert.ToHexString(hash.GetCurrentHash());
    }
}

using System.Diagnostics;
using System.IO.Hashing;
using Soco.Scenes;
using Soco.Tests;

namespace Soco.Campaigns;

/// <summary>
/// Long commands, killed at random moments and given again until they end. What they leave must be, byte for byte, what a run leaves that nothing stopped.
/// </summary>
internal sealed class KillCampaign : IDisposable
{
    private static readonly string[] s_often = ["--precision", "fp32", "--set", "model.width=0.25", "--set", "checkpoint_every_steps=1"];

    private readonly TemporaryFolder _folder = new();
    private readonly Random _random = new(1);

    /// <summary>Draws the images.</summary>
    public KillCampaign()
    {
        SceneSet.Write(_folder.Root, 24, seed: 1, new SceneOptions { Width = 160, Height = 120 });
        File.WriteAllText(In("study.yaml"), TinyRuns.Study);
    }

    /// <summary>The commands, each with the files that must come out alike.</summary>
    private IReadOnlyList<(string Name, Func<string, string[]> Command, string Results)> Jobs =>
    [
        ("proposals", run => ["proposals", In("train"), "--out", run, "--jobs", "2"], "*.parquet"),
        ("pretrain", run => ["pretrain", In("train"), "--out", run, "--epochs", "3", .. TinyRuns.Pretrain, .. s_often], "weights.safetensors"),
        ("finetune", run => ["finetune", "--annotations", In("annotations/instances_train.json"), "--out", run, "--arch", "resnet18", .. TinyRuns.Finetune, .. TinyRuns.Narrow, .. s_often], "weights.safetensors"),
        ("compare", run => ["compare", In("study.yaml"), "--out", run, "--threads", "1", "--set", "finetuning.iterations=4", "--set", "finetuning.checkpoint_every_steps=2"], "test-detections.json"),
    ];

    /// <summary>Kills each command as often as asked.</summary>
    /// <param name="kills">Kills of each command.</param>
    /// <param name="onFault">Called for each fault, with a line that tells it.</param>
    /// <returns>Rows of the table.</returns>
    public IEnumerable<string> Run(int kills, Action<string> onFault) => Jobs.Select(job => Run(job.Name, job.Command, job.Results, kills, onFault));

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    private string Run(string name, Func<string, string[]> command, string results, int kills, Action<string> onFault)
    {
        var clock = Stopwatch.StartNew();
        (int exitCode, string error) = Start(command(In("unbroken")), null);
        int whole = (int)clock.ElapsedMilliseconds, killed = 0, runs = 0, faults = 0;
        if (exitCode != 0)
        {
            onFault($"{name}: {error}");
            return $"| {name} | 0 | 0 | 1 |";
        }

        string expected = Fingerprint(In("unbroken"), results);
        Directory.Delete(In("unbroken"), recursive: true);
        while (killed < kills)
        {
            string run = In("broken");
            runs++;
            int here = 0;
            do
            {
                (exitCode, error) = Start(command(run), here < 5 ? _random.Next(whole / 10, whole) : null);
                here += exitCode == 137 ? 1 : 0;
            }
            while (exitCode == 137);
            killed += here;
            string difference = exitCode != 0 ? error : Fingerprint(run, results) == expected ? "" : $"{results} differ from those of a run that nothing stopped";
            if (difference.Length > 0)
            {
                faults++;
                onFault($"{name}, run {runs} after {here} kills: {difference}");
            }

            Directory.Delete(run, recursive: true);
        }

        return $"| {name} | {killed} | {runs} | {faults} |";
    }

    /// <summary>The exit code and the end of standard error; 137 where it was killed.</summary>
    private static (int ExitCode, string Error) Start(string[] arguments, int? killAfter)
    {
        using Process process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [Path.Combine(AppContext.BaseDirectory, "soco.dll"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        if (killAfter is { } milliseconds && !process.WaitForExit(milliseconds))
        {
            process.Kill();
        }

        process.WaitForExit();
        _ = output.Result;
        return (process.ExitCode, string.Join(' ', error.Result.Split('\n').TakeLast(3)));
    }

    /// <summary>A hash of the result files, of what is in them and where they lie; the place of the run itself does not count.</summary>
    private static string Fingerprint(string run, string pattern)
    {
        var hash = new XxHash3();
        foreach (string file in Directory.GetFiles(run, pattern, SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            hash.Append(System.Text.Encoding.UTF8.GetBytes(Path.GetRelativePath(run, file)));
            hash.Append(File.ReadAllBytes(file));
        }

        return Convert.ToHexString(hash.GetCurrentHash());
    }

    private string In(string name) => _folder.File(name);
}

using System.Diagnostics;
using Soco.Campaigns;
using Soco.Vision.Scenes;

namespace Soco.Cli.Tests;

/// <summary>A folder with a few drawn scenes, and ways to run the program on them.</summary>
public sealed class CommandLineFixture : IDisposable
{
    public CommandLineFixture()
    {
        Root = Directory.CreateTempSubdirectory("soco-cli").FullName;
        SceneSet.Write(Root, 9, seed: 1, new SceneOptions { Width = 160, Height = 120 });
    }

    /// <summary>Everything is in here.</summary>
    public string Root { get; }

    /// <summary>Nine scenes.</summary>
    public string Images => Path.Combine(Root, "train");

    public string In(string name) => Path.Combine(Root, name);

    /// <summary>
    /// Starts the program in a process of its own. Signals reach it also where the tests run behind <c>nohup</c> or a script's
    /// <c>&amp;</c>:
    /// those ignore SIGINT or SIGHUP, a child inherits that, and the program keeps to it.
    /// </summary>
    public Process Start(params string[] arguments)
    {
        string[] command =
        [
            .. OperatingSystem.IsLinux() ? ["env", "--default-signal=INT,HUP"] : Array.Empty<string>(),
            "dotnet",
            Path.Combine(AppContext.BaseDirectory, "Soco.Cli.dll"),
            .. arguments,
        ];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Root,
        };
        return Process.Start(start)!;
    }

    /// <summary>A pretraining of one epoch at a quarter of the width, made when it is first asked for.</summary>
    public string Pretrained()
    {
        string run = In("pretrained");
        if (!Directory.Exists(run))
        {
            (int exitCode, _, string error) = Run([
                "pretrain",
                Images,
                "--out",
                run,
                .. TinyRuns.Pretrain,
                "--set",
                "model.width=0.25",
                "--epochs",
                "1",
            ]);
            Assert.True(exitCode == 0, error);
        }

        return run;
    }

    /// <summary>Runs the program to its end.</summary>
    public (int ExitCode, string Output, string Error) Run(params string[] arguments)
    {
        using Process process = Start(arguments);
        return Finish(process);
    }

    /// <summary>Waits for a started program, five minutes at most.</summary>
    public static (int ExitCode, string Output, string Error) Finish(Process process)
    {
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromMinutes(5)))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"The program did not end.{Environment.NewLine}{output.Result}{error.Result}");
        }

        return (process.ExitCode, output.Result, error.Result);
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}

using System.Diagnostics;

namespace Soco.Cli.Tests;

public sealed class CompletionTests(CommandLineFixture fixture) : IClassFixture<CommandLineFixture>
{
    [Theory]
    [InlineData("soco fine", "finetune")]
    [InlineData("soco pretrain images --recipe soco-st", "soco-star-400")]
    [InlineData("soco convert --annotations x --to yo", "yolo")]
    [InlineData("soco pretrain images --epo", "--epochs")]
    public void A_word_is_completed(string line, string completed) => Assert.Equal(completed, Complete(line, line.Length).TrimEnd());

    [Fact]
    public void What_comes_after_the_cursor_does_not_count() => Assert.Equal("finetune", Complete("soco fine --out there", 9).TrimEnd());

    [Fact]
    public void Where_a_path_is_wanted_nothing_is_said_so_that_the_shell_completes_files() =>
        Assert.Equal("", Complete("soco inspect a.b", 16));

    [Fact]
    public void Bash_takes_the_script()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Needs bash.");
        string script = fixture.Run("completion", "bash").Output;
        string soco = $"soco() {{ dotnet '{Path.Combine(AppContext.BaseDirectory, "Soco.Cli.dll")}' \"$@\"; }}";
        var start = new ProcessStartInfo(
            "bash",
            ["-c", $"{soco}\n{script}\nCOMP_LINE='soco export run --to t' COMP_POINT=22\n_soco\necho \"${{COMPREPLY[*]}}\""]
        )
        {
            RedirectStandardOutput = true,
        };
        using Process bash = Process.Start(start)!;
        Assert.Equal("torchvision", bash.StandardOutput.ReadToEnd().Trim());
    }

    private string Complete(string line, int position)
    {
        (int exitCode, string output, string error) = fixture.Run($"[suggest:{position}]", line);
        Assert.Equal(0, exitCode);
        Assert.Equal("", error);
        return output;
    }
}

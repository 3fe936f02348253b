using System.Xml.Linq;
using Soco.Campaigns;

namespace Soco.Cli.Tests;

public sealed class ReportCommandTests(CommandLineFixture fixture) : IClassFixture<CommandLineFixture>
{
    [Fact]
    public void A_run_ends_with_its_page_and_the_command_makes_it_again_of_whatever_is_left()
    {
        string run = fixture.In("run");
        (int exitCode, string output, string error) = fixture.Run([
            "pretrain",
            fixture.Images,
            "--out",
            run,
            .. TinyRuns.Pretrain,
            "--epochs",
            "2",
        ]);
        Assert.True(exitCode == 0, error);
        string made = Path.Combine(run, "report.html");
        Assert.Equal($"Report: {made}", output.TrimEnd().Split('\n')[^1]);
        XElement page = XDocument.Parse(File.ReadAllText(made)).Root!;
        Assert.Contains("✓ Finished: all 4 steps", page.Value, StringComparison.Ordinal);
        Assert.Contains($"soco pretrain {fixture.Images} --out {run} --arch resnet18", page.Value, StringComparison.Ordinal);
        Assert.Contains("Memory", page.Descendants("h3").Select(title => title.Value));
        Assert.Equal(4, page.Descendants("img").Count());

        File.AppendAllText(Path.Combine(run, "log.jsonl"), "{\"step\": 5, \"lo");
        Directory.Delete(Path.Combine(run, "pictures"), recursive: true);
        (exitCode, output, error) = fixture.Run("report", run, "--out", fixture.In("pages/again.html"));
        Assert.True(exitCode == 0, error);
        Assert.Equal($"Report: {fixture.In("pages/again.html")}", output.Trim());
        page = XDocument.Parse(File.ReadAllText(fixture.In("pages/again.html"))).Root!;
        Assert.Contains("1 line of the log is damaged", page.Value, StringComparison.Ordinal);
        Assert.Empty(page.Descendants("img"));

        (exitCode, _, error) = fixture.Run("report", fixture.Root);
        Assert.True(exitCode == 0, error);
        Assert.Contains(
            "1 of 1 run finished",
            XDocument.Parse(File.ReadAllText(fixture.In("report.html"))).Root!.Value,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("train", "holds no run")]
    [InlineData("nowhere", "is no folder")]
    public void A_path_without_a_run_is_one_sentence(string path, string said)
    {
        (int exitCode, _, string error) = fixture.Run("report", path);

        Assert.Equal(2, exitCode);
        Assert.Contains(said, error, StringComparison.Ordinal);
        Assert.Single(error.Trim().Split('\n'));
        Assert.False(File.Exists(Path.Combine(fixture.Images, "report.html")));
    }
}

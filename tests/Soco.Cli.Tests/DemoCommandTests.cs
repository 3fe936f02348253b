namespace Soco.Cli.Tests;

public sealed class DemoCommandTests(CommandLineFixture fixture) : IClassFixture<CommandLineFixture>
{
    /// <summary>The demo's story with so few scenes and steps, and so small a network, that it is told in seconds.</summary>
    private static readonly string[] s_tiny =
    [
        "data.scenes={unlabelled: 8, labelled: 4, test: 4, width: 64, height: 64}",
        "budgets=[2]",
        "pretraining.epochs=1",
        "pretraining.batch=4",
        "pretraining.optimizer.warmup_epochs=0",
        "finetuning.iterations=2",
        "finetuning.batch=2",
        "finetuning.evaluation.precise_norm_batches=1",
    ];

    [Fact]
    public void It_needs_no_data_measures_both_detectors_and_names_its_pictures()
    {
        string[] command = ["demo", "--out", fixture.In("demo"), "--threads", "1", .. s_tiny.SelectMany(value => new[] { "--set", value })];
        (int exitCode, string output, string error) = fixture.Run(command);

        Assert.True(exitCode == 0, error);
        Assert.Matches(
            @"After 2 labelled scenes, on 4 new ones: AP50 \d+\.\d from scratch, \d+\.\d pretrained, (\d+\.\d points (better|worse) than|the same as) from scratch\.",
            output
        );
        Assert.Matches(@"soco +1 +\d+\.\d, [+-]?\d+\.\d ", output);
        foreach (string line in output.Split('\n').Where(line => line.Contains(".png")))
        {
            Assert.True(File.Exists(line[line.IndexOf('/')..].Trim()), line);
        }

        Assert.Equal(4, output.Split('\n').Count(line => line.Contains(".png")));
        Assert.Contains("That was the beginning: 8 passes over a scene", output, StringComparison.Ordinal);
        Assert.True(File.Exists(fixture.In("demo/trial/report.html")));
        Assert.Equal($"Report: {fixture.In("demo/report.html")}", output.TrimEnd().Split('\n')[^1]);
        Assert.Contains("all 2 cells are measured", File.ReadAllText(fixture.In("demo/report.html")), StringComparison.Ordinal);

        // A demo that is done tells its story again, and trains nothing.
        (exitCode, string again, error) = fixture.Run(command);
        Assert.True(exitCode == 0, error);
        Assert.DoesNotContain("step ", again);
        Assert.Contains("After 2 labelled scenes", again);
    }
}

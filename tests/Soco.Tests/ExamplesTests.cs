using System.Diagnostics;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Soco.Examples;
using Soco.Jobs;
using Soco.Vision.Scenes;

namespace Soco.Tests;

/// <summary>The programs of examples/, on drawn images.</summary>
[Collection(Alone.Name)]
public sealed class ExamplesTests : IDisposable
{
    private static readonly string s_root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "..", ".."));

    private readonly TemporaryFolder _folder = new();
    private readonly StringWriter _printed = new();
    private readonly TextWriter _console = Console.Out;

    public ExamplesTests()
    {
        SceneSet.Write(_folder.Root, 4, seed: 1, new SceneOptions { Width = 96, Height = 72 });
        Console.SetOut(_printed);
    }

    private string Images => _folder.File("train");

    public void Dispose()
    {
        Console.SetOut(_console);
        _folder.Dispose();
    }

    [Fact]
    public void Proposals_are_stored_and_read_again()
    {
        ProposalsExample.Run(Images, _folder.File("proposals"));

        Assert.Matches(@"^\d+ boxes in 4 images\r?\n\d+ boxes in ", _printed.ToString());
    }

    [Fact]
    public void A_pretraining_leaves_weights_and_its_checkpoint_is_read()
    {
        PretrainExample.Run(Images, _folder.File("run"));
        Assert.Contains("Completed after 2 steps: ", _printed.ToString(), StringComparison.Ordinal);

        CheckpointExample.Run(_folder.File("run/weights.safetensors"));
        Assert.Contains("resnet18 of width 0.5: C5 of a 64-pixel image is [1, 256, 2, 2]", _printed.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_detector_is_trained_measured_and_its_finds_are_drawn()
    {
        FinetuneExample.Run(_folder.File("annotations/instances_train.json"), Images, _folder.File("out"));

        Assert.Matches(@"AP50 [\d.]+ % on the images it learned from", _printed.ToString());
        Assert.Equal(4, Directory.GetFiles(_folder.File("out/found/pictures")).Length);
    }

    [Fact]
    public async Task A_detector_in_onnx_is_run_by_a_program_and_by_a_service()
    {
        FinetuneExample.Run(_folder.File("annotations/instances_train.json"), Images, _folder.File("out"));
        string model = _folder.File("model.onnx"),
            image = Directory.GetFiles(Images)[0];
        new ExportJob(new OnnxExportRequest { Source = _folder.File("out/detector"), Output = model }).Run();

        using (Process program = Start("Detect", model, image))
        {
            string printed = await program.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await program.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(0, program.ExitCode);
            Assert.Matches(@"^\S+: \d+ objects in [\d.]+ s", printed);
        }

        using Process service = Start("DetectionService", "--model", model, "--urls", "http://127.0.0.1:0");
        try
        {
            string line = "";
            while (!line.Contains("Now listening on: ", StringComparison.Ordinal))
            {
                line =
                    await service.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken)
                    ?? throw new InvalidOperationException("The service ended.");
            }

            using var client = new HttpClient { BaseAddress = new Uri(line[line.IndexOf("http", StringComparison.Ordinal)..]) };
            using JsonDocument classes = JsonDocument.Parse(await client.GetStringAsync("classes", TestContext.Current.CancellationToken));
            Assert.Equal(8, classes.RootElement.GetArrayLength());
            using HttpResponseMessage found = await client.PostAsync(
                "detect?threshold=0",
                new ByteArrayContent(File.ReadAllBytes(image)),
                TestContext.Current.CancellationToken
            );
            using JsonDocument objects = JsonDocument.Parse(await found.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            Assert.All(objects.RootElement.EnumerateArray(), item => Assert.Equal(4, item.GetProperty("box").GetArrayLength()));
            using HttpResponseMessage refused = await client.PostAsync(
                "detect",
                new StringContent("no image"),
                TestContext.Current.CancellationToken
            );
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        }
        finally
        {
            service.Kill();
        }
    }

    [Fact]
    public void An_own_loop_lowers_the_loss()
    {
        OwnLoopExample.Run(Images, steps: 8);

        float[] losses =
        [
            .. _printed
                .ToString()
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => float.Parse(line.Split("loss ")[1], System.Globalization.CultureInfo.InvariantCulture)),
        ];
        Assert.Equal(8, losses.Length);
        Assert.True(losses[^1] < losses[0] - 0.05, string.Join(' ', losses));
    }

    /// <summary>Starts an example that is a project of its own, as it was built beside these tests.</summary>
    private static Process Start(string example, params string[] arguments)
    {
        string built = Path.GetRelativePath(Path.Combine(s_root, "tests", "Soco.Tests"), AppContext.BaseDirectory);
        string program = Path.Combine(s_root, "examples", example, built, $"Soco.Examples.{example}.dll");
        return Process.Start(new ProcessStartInfo("dotnet", [program, .. arguments]) { RedirectStandardOutput = true })!;
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}

using Soco.Examples;
using Soco.Vision.Scenes;

namespace Soco.Tests;

/// <summary>The programs of examples/, on drawn images.</summary>
[Collection(Alone.Name)]
public sealed class ExamplesTests : IDisposable
{
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
    public void An_own_loop_lowers_the_loss()
    {
        OwnLoopExample.Run(Images, steps: 8);

        float[] losses = [.. _printed.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => float.Parse(line.Split("loss ")[1], System.Globalization.CultureInfo.InvariantCulture))];
        Assert.Equal(8, losses.Length);
        Assert.True(losses[^1] < losses[0] - 0.05, string.Join(' ', losses));
    }
}

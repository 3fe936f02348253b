using Soco.Jobs;
using Soco.Recipes;
using Soco.Runs;
using Soco.Vision;
using Soco.Vision.Scenes;
using Soco.Vision.Sources;

namespace Soco.Tests.Jobs;

[Collection(Alone.Name)]
public sealed class PretrainJobTests : IDisposable
{
    private static readonly PretrainingRecipe s_recipe = new()
    {
        Arch = Backbone.Resnet18,
        Epochs = 2,
        Batch = 64,
        Threads = 1,
        Device = ComputeDevice.Cpu,
        Views = new() { Size = 64, View3Size = 32 },
        Model = new()
        {
            Width = 0.25,
            FpnChannels = 8,
            HeadChannels = 8,
            HeadFc = 16,
            ProjectorHidden = 16,
            ProjectorOut = 8,
        },
        Optimizer = new() { WarmupEpochs = 0 },
        Logging = new() { EverySteps = 1 },
    };

    private readonly TemporaryFolder _folder = new();

    public PretrainJobTests() => SceneSet.Write(_folder.Root, 6, seed: 1, new SceneOptions { Width = 96, Height = 72 });

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_job_tells_what_it_does_stops_when_it_is_cancelled_and_goes_on()
    {
        using ImageSource images = ImageSource.Open(_folder.File("train"));
        var request = new PretrainRequest
        {
            Images = images,
            Output = _folder.File("run"),
            Recipe = s_recipe,
        };
        using var interruption = new CancellationTokenSource();
        var told = new Receiver { OnStep = interruption.Cancel };

        TrainingResult interrupted = new PretrainJob(request).Run(told, interruption.Token);

        Assert.Equal((TrainingOutcome.Interrupted, 1L), (interrupted.Outcome, interrupted.Step));
        Assert.Equal(["proposals", "step"], told.Events.OfType<JobProgress>().Select(progress => progress.Stage).Distinct());
        Assert.Contains(
            told.Events,
            e =>
                e is JobMessage { Text: var text } && text.StartsWith("The batch of 64 is more than the 6 images", StringComparison.Ordinal)
        );
        Assert.Contains(told.Events, e => e is JobWarning { Text: "Interrupted after step 1 of 2, saved." });

        TrainingResult completed = new PretrainJob(request).Run();

        Assert.Equal((TrainingOutcome.Completed, 2L), (completed.Outcome, completed.Step));
        Assert.True(File.Exists(completed.Folder.WeightsPath));
        Assert.Equal(["PretrainJob", "PretrainJob"], completed.Folder.ReadRecord().Sessions.Select(session => session.Command));
        Assert.Throws<SocoRequestException>(() => new PretrainJob(request with { Recipe = s_recipe with { Seed = 9 } }).Run());
    }

    [Fact]
    public void A_page_that_cannot_be_made_is_a_warning_and_no_failure()
    {
        var told = new Receiver();

        RunReport.Save(_folder.File("nowhere"), new JobReporter(told));

        Assert.StartsWith(
            "The report could not be made: ",
            Assert.IsType<JobWarning>(Assert.Single(told.Events)).Text,
            StringComparison.Ordinal
        );
    }

    private sealed class Receiver : IProgress<JobEvent>
    {
        public List<JobEvent> Events { get; } = [];

        public Action? OnStep { get; init; }

        public void Report(JobEvent value)
        {
            Events.Add(value);
            if (value is JobProgress { Stage: "step" })
            {
                OnStep?.Invoke();
            }
        }
    }
}

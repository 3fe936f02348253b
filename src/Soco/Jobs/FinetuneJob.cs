using Soco.Detection.Data;
using Soco.Distributed;
using Soco.Recipes;
using Soco.Reports;
using Soco.Runs;
using Soco.Training;
using Soco.Vision;
using Soco.Vision.Imaging;
using Soco.Weights;

namespace Soco.Jobs;

/// <summary>What a fine-tuning is asked for.</summary>
public sealed record FinetuneRequest
{
    /// <summary>What is learned from.</summary>
    public required LabelledImages Images { get; init; }

    /// <summary>What is evaluated on; null: nothing.</summary>
    public LabelledImages? Validation { get; init; }

    /// <summary>The run folder. If it holds a run, that run is resumed.</summary>
    public required string Output { get; init; }

    /// <summary>How it is trained.</summary>
    public required DetectionRecipe Recipe { get; init; }

    /// <summary>What a run that has not begun starts from; null: random weights.</summary>
    public WeightsFile? Weights { get; init; }

    /// <summary>What is taken of the weights.</summary>
    public TransferParts Parts { get; init; } = TransferParts.All;

    /// <summary>Whether all of the parts that are taken must be in the weights, and all of the weights be used.</summary>
    public bool Strict { get; init; }

    /// <summary>Whether a backbone may be taken of which the file holds a part.</summary>
    public bool Partial { get; init; }

    /// <summary>Images that were left out before the run: they are listed with those that turn out unreadable.</summary>
    public IReadOnlyList<UnreadableImageException> LeftOut { get; init; } = [];

    /// <summary>The processes that do the job together; each of them runs it with the same request.</summary>
    public ICollective Processes { get; init; } = SingleProcess.Instance;

    /// <summary>How the job was called, for the record of the run.</summary>
    public string Command { get; init; } = nameof(FinetuneJob);
}

/// <summary>Fine-tuning in a run folder: transfer, training, evaluations, the best detector.</summary>
/// <param name="request">What is asked for.</param>
public sealed class FinetuneJob(FinetuneRequest request)
{
    /// <summary>Runs or resumes the job.</summary>
    /// <param name="progress">Receives the events of the job.</param>
    /// <param name="cancellationToken">Stops after the step that is under way, with a save.</param>
    /// <exception cref="SocoRequestException">
    /// The folder holds another run, is in use, or cannot be written; or the device is not here.
    /// </exception>
    /// <exception cref="SocoDataException">Weights, labels or checkpoints are damaged or do not fit.</exception>
    /// <exception cref="SocoRunException">No image can be used, the loss is not finite, or the disk is full.</exception>
    public TrainingResult Run(IProgress<JobEvent>? progress = null, CancellationToken cancellationToken = default) =>
        Run(new JobReporter(progress), cancellationToken);

    internal TrainingResult Run(JobReporter reporter, CancellationToken cancellationToken)
    {
        using var shared = new SharedRun(request.Processes, request.Recipe.Device);
        ICollective processes = shared.Processes;
        reporter = shared.Of(reporter);
        (DetectionRecipe recipe, LabelledImages images, LabelledImages? validation) = (request.Recipe, request.Images, request.Validation);
        if (recipe.Model.Heads == DetectorHeads.Auto)
        {
            recipe = recipe with { Model = recipe.Model with { Heads = images.HasMasks ? DetectorHeads.BoxAndMask : DetectorHeads.Box } };
        }

        if (recipe.Evaluation.Patience > 0 && (validation is null || recipe.Evaluation.EverySteps == 0))
        {
            throw new SocoRequestException(
                "evaluation.patience ends a run whose evaluations get no better: give validation images, and evaluation.every_steps."
            );
        }

        recipe = shared.Settle(request.Output, recipe, reporter);
        shared.OnFirst(() =>
        {
            if (RunFolder.IsRun(request.Output))
            {
                TrainingRun.RefuseOtherRecipe(RunFolder.Open(request.Output), recipe);
            }
        });

        // Whatever is wrong with data or weights is found before there is a folder. Its list of unusable images comes with the folder.
        SkippedList? skipped = null;
        var task = new DetectionTask(recipe, images, validation, image => skipped!.Add(image), processes);
        TransferReport? transferred = Take(task, reporter);
        RunFolder folder = RunFolder.Create(request.Output);
        using IDisposable? held = shared.OnFirst(folder.Lock);
        using var listed = skipped = new SkippedList(folder.SkippedPath, reporter, processes);
        using var trainer = new Trainer(task, folder) { Command = request.Command };
        if (!trainer.HasBegun)
        {
            Begin(folder, trainer, transferred, shared);
        }

        shared.OnFirst(() =>
        {
            folder.WriteRecipe(recipe);
            listed.Add(request.LeftOut);
            Describe(recipe, task, folder, shared, reporter);
            new DetectionPictures(folder).DrawLabels(images);
        });
        var run = new TrainingRun(folder, task, trainer, reporter)
        {
            Details = step => $"loss {step.Loss:0.000}  lr {step.LearningRate:0.00000}",
            Evaluation = figures => string.Join(", ", Sentence(figures)),
        };
        TrainingResult result = run.Go(stopAfter: null, () => Conclude(task, folder, reporter), cancellationToken);
        listed.Gather();
        return result;
    }

    /// <summary>Keeps what the run starts from: it is lost nowhere, even where the run is killed before its first checkpoint.</summary>
    private static void Begin(RunFolder folder, Trainer trainer, TransferReport? transferred, SharedRun shared)
    {
        if (transferred is null)
        {
            shared.OnFirst(() => File.Delete(folder.TransferPath));
            return;
        }

        shared.OnFirst(() => folder.WriteTransfer(transferred));
        trainer.SaveStart();
    }

    private TransferReport? Take(DetectionTask task, JobReporter reporter)
    {
        if (request.Weights is null)
        {
            return null;
        }

        try
        {
            TransferReport report = task.Take(request.Weights, request.Parts, request.Strict, request.Partial);
            if (!reporter.IsPart)
            {
                reporter.Tell(new WeightsTransferred(report));
            }

            return report;
        }
        catch
        {
            task.Dispose();
            throw;
        }
    }

    private void Describe(DetectionRecipe recipe, DetectionTask task, RunFolder folder, SharedRun shared, JobReporter reporter)
    {
        shared.Describe(recipe, reporter);
        (LabelledImages images, LabelledImages? validation) = (request.Images, request.Validation);
        long parameters = task.Detector.TrainableParameters().Sum(p => p.Parameter.numel());
        string classes =
            images.Classes.Count > 8
                ? $"{images.Classes.Count} classes"
                : string.Join(", ", images.Classes.Select(category => category.Name));
        reporter.Say(
            $"{recipe.Method} with {recipe.ArchName} ({parameters / 1e6:0.0} M learned parameters), {(recipe.Model.Heads == DetectorHeads.Box ? "boxes" : "boxes and masks")} of {classes}, {recipe.Precision}"
        );
        reporter.Say(
            $"{task.Images} of {Plural.Of(images.Count, "image")} show objects, {recipe.Batch} a step, {Plural.Of(recipe.Iterations, "step")}; "
                + $"{(validation is null ? "nothing to evaluate on" : $"evaluation on {Plural.Of(validation.Count, "image")}")}; all settings: {folder.RecipePath}"
        );
        foreach (string note in images.Notes(recipe.Model.Heads == DetectorHeads.BoxAndMask))
        {
            reporter.Say($"Labels: {note}.");
        }

        foreach (string note in validation?.Notes(withMasks: false) ?? [])
        {
            reporter.Say($"Validation labels: {note}.");
        }

        if (recipe.Model.Heads == DetectorHeads.BoxAndMask && validation is { MasksAreMeasurable: false })
        {
            reporter.Say(
                $"Validation labels: {validation.Truth.Annotations.Count(found => found.Mask is null)} of {validation.Truth.Annotations.Count} objects have no mask that can be used; only boxes are evaluated."
            );
        }
    }

    private void Conclude(DetectionTask task, RunFolder folder, JobReporter reporter)
    {
        if (task.Best is { } best)
        {
            reporter.Say($"Best: AP {best.Score * 100:0.0} % at step {best.Step}; the last detector is {folder.LastWeightsPath}");
            if (folder.BestDetectorSteps() is { Count: > 0 } kept)
            {
                reporter.Say(
                    $"The best {Plural.Of(kept.Count, "detector")}, of the steps {string.Join(", ", kept.Order())}: {folder.BestPath}"
                );
            }

            new DetectionPictures(folder).DrawFinds(request.Validation!, folder.DetectionsPath);
            reporter.Say($"Labels and finds side by side: {Path.Combine(folder.PicturesPath, "found-1.png")} and its neighbors");
        }
    }

    private static IEnumerable<string> Sentence(IReadOnlyDictionary<string, double> figures)
    {
        foreach (
            (string name, string key) in new[]
            {
                ("AP", "ap"),
                ("AP50", "ap50"),
                ("AP75", "ap75"),
                ("mask AP", "mask_ap"),
                ("mask AP50", "mask_ap50"),
            }
        )
        {
            if (figures.TryGetValue(key, out double value))
            {
                yield return $"{name} {value * 100:0.0} %";
            }
        }
    }
}

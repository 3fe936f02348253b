using Soco.Cli.Terminal;
using Soco.Detection.Data;
using Soco.Recipes;
using Soco.Runs;
using Soco.Training;
using Soco.Vision;
using Soco.Vision.Imaging;
using Soco.Weights;
using Spectre.Console;

namespace Soco.Cli.Jobs;

/// <summary>Fine-tuning in a run folder: transfer, training, evaluations, the best detector.</summary>
/// <param name="path">The run folder, which need not be there yet.</param>
/// <param name="images">What is learned from.</param>
/// <param name="validation">What is evaluated on, if anything.</param>
/// <param name="interruption">Ctrl-C and SIGTERM.</param>
internal sealed class FinetuneJob(string path, LabelledImages images, LabelledImages? validation, Interruption interruption)
{
    private const int MisfitsShown = 8;

    /// <summary>Images that were left out before the run: they are listed with those that turn out unreadable.</summary>
    public IReadOnlyList<UnreadableImageException> LeftOut { get; init; } = [];

    /// <summary>The command that a finished run is good for.</summary>
    public string Next { get; init; } = $"soco predict path/to/images --weights {path} --out found";

    /// <summary>Whether all of the parts that are taken must be in the weights, and all of the weights be used.</summary>
    public bool Strict { get; init; }

    /// <summary>Whether a backbone may be taken of which the file holds a part.</summary>
    public bool Partial { get; init; }

    /// <summary>How much is said.</summary>
    public Narration Narration { get; init; } = Narration.Full;

    /// <summary>Runs or goes on with the job.</summary>
    /// <param name="recipe">As asked for.</param>
    /// <param name="start">The weights that a new run starts from; null: from scratch.</param>
    /// <param name="parts">What is taken of them.</param>
    /// <returns>The exit code.</returns>
    public int Run(DetectionRecipe recipe, WeightsFile? start, TransferParts parts)
    {
        if (recipe.Model.Heads == DetectorHeads.Auto)
        {
            recipe = recipe with { Model = recipe.Model with { Heads = images.HasMasks ? DetectorHeads.BoxAndMask : DetectorHeads.Box } };
        }

        if (recipe.Evaluation.Patience > 0 && (validation is null || recipe.Evaluation.EverySteps == 0))
        {
            throw new SocoRequestException("evaluation.patience ends a run whose evaluations get no better: give validation images with --val-annotations, and evaluation.every_steps.");
        }

        recipe = TrainingRun.WithPrecision(path, recipe, Narration);
        if (RunFolder.IsRun(path))
        {
            TrainingRun.RefuseOtherRecipe(RunFolder.Open(path), recipe);
        }

        // Whatever is wrong with data or weights is found before there is a folder. Its list of unusable images comes with the folder.
        SkippedList? skipped = null;
        var task = new DetectionTask(recipe, images, validation, image => skipped!.Add(image));
        TransferReport? transferred = Take(task, start, parts);
        RunFolder folder = RunFolder.Create(path);
        using IDisposable held = folder.Lock();
        using var listed = skipped = new SkippedList(folder.SkippedPath);
        using var trainer = new Trainer(task, folder);
        if (!trainer.HasBegun)
        {
            Begin(folder, trainer, transferred);
        }

        folder.WriteRecipe(recipe);
        listed.Add(LeftOut);
        Describe(recipe, task, folder);
        new DetectionPictures(folder).DrawLabels(images);
        var run = new TrainingRun(folder, task, trainer, interruption)
        {
            Narration = Narration,
            Details = step => $"loss {step.Loss:0.000}  lr {step.LearningRate:0.00000}",
            Evaluation = figures => string.Join(", ", Sentence(figures)),
        };
        return run.Go(stopAfter: null, () => Conclude(task, folder));
    }

    /// <summary>Keeps what the run starts from: it is lost nowhere, even where the run is killed before its first checkpoint.</summary>
    private static void Begin(RunFolder folder, Trainer trainer, TransferReport? transferred)
    {
        if (transferred is null)
        {
            File.Delete(folder.TransferPath);
            return;
        }

        folder.WriteTransfer(transferred);
        trainer.SaveStart();
    }

    private TransferReport? Take(DetectionTask task, WeightsFile? start, TransferParts parts)
    {
        if (start is null)
        {
            return null;
        }

        try
        {
            TransferReport report = task.Take(start, parts, Strict, Partial);
            if (!Narration.ProgressOnly)
            {
                Print(report);
            }

            return report;
        }
        catch
        {
            task.Dispose();
            throw;
        }
    }

    /// <summary>The parts of the detector, and how many of their tensors came over.</summary>
    private static void Print(TransferReport report)
    {
        if (Console.IsOutputRedirected)
        {
            AnsiConsole.Profile.Width = 160;
        }

        var table = new Table().AddColumns("part of the detector", "taken over", "fresh", "did not fit").Border(TableBorder.Simple);
        foreach (string part in report.Taken.Select(t => t.Name).Concat(report.Fresh.Select(t => t.Name)).Select(TransferReport.PartOf).Distinct())
        {
            FreshTensor[] fresh = [.. report.Fresh.Where(t => TransferReport.PartOf(t.Name) == part)];
            int misfits = fresh.Count(t => t.ShapeInFile is not null);
            table.AddRow(part, $"{report.Taken.Count(t => TransferReport.PartOf(t.Name) == part)}", $"{fresh.Length - misfits}", $"{misfits}");
        }

        AnsiConsole.Write(table);
        Console.WriteLine(report.Describe());
        FreshTensor[] misshaped = [.. report.Fresh.Where(t => t.ShapeInFile is not null)];
        foreach (FreshTensor tensor in misshaped.Take(MisfitsShown))
        {
            Console.WriteLine($"  {tensor.Name} is [{string.Join(", ", tensor.ShapeInFile!)}] in the file and [{string.Join(", ", tensor.Shape)}] here");
        }

        if (misshaped.Length > MisfitsShown)
        {
            Console.WriteLine($"  and {misshaped.Length - MisfitsShown} more, see transfer.json in the run folder");
        }
    }

    private void Describe(DetectionRecipe recipe, DetectionTask task, RunFolder folder)
    {
        long parameters = task.Detector.LearnedParameters().Sum(p => p.Parameter.numel());
        string classes = images.Classes.Count > 8 ? $"{images.Classes.Count} classes" : string.Join(", ", images.Classes.Select(category => category.Name));
        Narration.Say(
            $"{recipe.Method} with {recipe.ArchName} ({parameters / 1e6:0.0} M learned parameters), {(recipe.Model.Heads == DetectorHeads.Box ? "boxes" : "boxes and masks")} of {classes}, {recipe.Precision}");
        Narration.Say(
            $"{task.Images} of {Plural.Of(images.Count, "image")} show objects, {recipe.Batch} a step, {Plural.Of(recipe.Iterations, "step")}; "
            + $"{(validation is null ? "nothing to evaluate on" : $"evaluation on {Plural.Of(validation.Count, "image")}")}; all settings: {folder.RecipePath}");
        foreach (string note in images.Notes(recipe.Model.Heads == DetectorHeads.BoxAndMask))
        {
            Narration.Say($"Labels: {note}.");
        }

        foreach (string note in validation?.Notes(withMasks: false) ?? [])
        {
            Narration.Say($"Validation labels: {note}.");
        }

        if (recipe.Model.Heads == DetectorHeads.BoxAndMask && validation is { MasksAreMeasurable: false })
        {
            Narration.Say($"Validation labels: {validation.Truth.Annotations.Count(found => found.Mask is null)} of {validation.Truth.Annotations.Count} objects have no mask that can be used; only boxes are evaluated.");
        }
    }

    private void Conclude(DetectionTask task, RunFolder folder)
    {
        if (task.Best is { } best)
        {
            Narration.Say($"Best: AP {best.Score * 100:0.0} % at step {best.Step}; the last detector is {folder.LastWeightsPath}");
            new DetectionPictures(folder).DrawFinds(validation!, folder.DetectionsPath);
            Narration.Say($"Labels and finds side by side: {Path.Combine(folder.PicturesPath, "found-1.png")} and its neighbours");
        }

        Narration.Say($"Next: {Next}");
    }

    private static IEnumerable<string> Sentence(IReadOnlyDictionary<string, double> figures)
    {
        foreach ((string name, string key) in new[] { ("AP", "ap"), ("AP50", "ap50"), ("AP75", "ap75"), ("mask AP", "mask_ap"), ("mask AP50", "mask_ap50") })
        {
            if (figures.TryGetValue(key, out double value))
            {
                yield return $"{name} {value * 100:0.0} %";
            }
        }
    }
}

using Soco.Checkpoints;
using Soco.Data;
using Soco.Training;
using Spectre.Console;

namespace Soco.Cli;

/// <summary>Fine-tuning in a run folder: transfer, training, evaluations, the best detector.</summary>
/// <param name="path">The run folder, which need not be there yet.</param>
/// <param name="images">What is learned from.</param>
/// <param name="validation">What is evaluated on, if anything.</param>
/// <param name="interruption">Ctrl-C and SIGTERM.</param>
internal sealed class FinetuneJob(string path, LabelledImages images, LabelledImages? validation, Interruption interruption)
{
    private const int MisfitsShown = 8;

    /// <summary>What may differ when a run goes on: nothing of these changes what is computed from which images.</summary>
    private static readonly string[] s_free = ["threads", "device", "checkpoint_every_steps", "keep_every_steps", "logging.every_steps"];

    /// <summary>Runs or goes on with the job.</summary>
    /// <param name="recipe">As asked for.</param>
    /// <param name="start">The weights that a new run starts from; null: from scratch.</param>
    /// <param name="parts">What is taken of them.</param>
    /// <param name="resumeWith">The command that goes on with this run.</param>
    /// <returns>The exit code.</returns>
    public int Run(DetectionRecipe recipe, WeightsFile? start, TransferParts parts, string resumeWith)
    {
        if (recipe.Model.Heads == DetectorHeads.Auto)
        {
            recipe = recipe with { Model = recipe.Model with { Heads = images.HasMasks ? DetectorHeads.BoxAndMask : DetectorHeads.Box } };
        }

        if (RunFolder.IsRun(path))
        {
            TrainingRun.RefuseOtherRecipe(RunFolder.Open(path), recipe, s_free);
        }

        // Whatever is wrong with data or weights is found before there is a folder. Its list of unusable images comes with the folder.
        SkippedList? skipped = null;
        var task = new DetectionTask(recipe, images, validation, image => skipped!.Add(image));
        TransferReport? transferred = Take(task, start, parts);
        RunFolder folder = RunFolder.Create(path);
        using IDisposable held = folder.Lock();
        using var listed = skipped = new SkippedList(folder.SkippedPath);
        folder.WriteRecipe(recipe);
        if (transferred is not null)
        {
            folder.WriteTransfer(transferred);
        }

        using var trainer = new Trainer(task, folder);
        Describe(recipe, task, folder);
        new DetectionPictures(folder).DrawLabels(images);
        var run = new TrainingRun(folder, task, trainer, interruption)
        {
            Details = step => $"loss {step.Loss:0.000}  lr {step.LearningRate:0.00000}",
            Evaluation = figures => string.Join(", ", Sentence(figures)),
        };
        return run.Go(stopAfter: null, resumeWith, () => Conclude(task, folder));
    }

    private static TransferReport? Take(DetectionTask task, WeightsFile? start, TransferParts parts)
    {
        if (start is null)
        {
            return null;
        }

        try
        {
            TransferReport report = task.Take(start, parts);
            Print(report);
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
        Console.WriteLine(
            $"{recipe.Method} with {recipe.ArchName} ({parameters / 1e6:0.0} M learned parameters), {(recipe.Model.Heads == DetectorHeads.Box ? "boxes" : "boxes and masks")} of {classes}, {recipe.Precision}");
        Console.WriteLine(
            $"{task.Images} of {images.Count} images show objects, {recipe.Batch} a step, {recipe.Iterations} steps; "
            + $"{(validation is null ? "nothing to evaluate on" : $"evaluation on {validation.Count} images")}; all settings: {folder.RecipePath}");
        if (images.Mended.ToString() is { Length: > 0 } mended)
        {
            Console.WriteLine($"Labels: {mended}.");
        }
    }

    private void Conclude(DetectionTask task, RunFolder folder)
    {
        if (task.Best is { } best)
        {
            Console.WriteLine($"Best: AP {best.Score:0.000} at step {best.Step}; the last detector is {folder.LastWeightsPath}");
            new DetectionPictures(folder).DrawFinds(validation!);
            Console.WriteLine($"Labels and finds side by side: {Path.Combine(folder.PicturesPath, "found-1.png")} and its neighbours");
        }

        Console.WriteLine($"Next: soco predict path/to/images --weights {path} --out found");
    }

    private static IEnumerable<string> Sentence(IReadOnlyDictionary<string, double> figures)
    {
        foreach ((string name, string key) in new[] { ("AP", "ap"), ("AP50", "ap50"), ("AP75", "ap75"), ("mask AP", "mask_ap"), ("mask AP50", "mask_ap50") })
        {
            if (figures.TryGetValue(key, out double value))
            {
                yield return $"{name} {value:0.000}";
            }
        }
    }
}

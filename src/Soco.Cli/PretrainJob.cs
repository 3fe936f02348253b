using Soco.Data;
using Soco.Images;
using Soco.Proposals;
using Soco.Reports;
using Soco.Training;
using Soco.Views;

namespace Soco.Cli;

/// <summary>The main job: proposals, pretraining, weights and pictures, in one run folder.</summary>
/// <param name="folder">The run; locked by the caller.</param>
/// <param name="source">The images.</param>
/// <param name="interruption">Ctrl-C and SIGTERM.</param>
internal sealed class PretrainJob(RunFolder folder, ImageSource source, Interruption interruption)
{
    private const int SheetCount = 4;

    /// <summary>What may differ when a run goes on: nothing of these changes what is computed from which images.</summary>
    private static readonly string[] s_free =
        ["threads", "device", "checkpoint_every_steps", "checkpoint_every_epochs", "keep_every_epochs", "logging.every_steps"];

    /// <summary>Called when the network stands, before the first step of this process.</summary>
    public Action<Trainer>? BeforeTraining { get; init; }

    /// <summary>Called when the schedule is done.</summary>
    public Action<Trainer>? AfterTraining { get; init; }

    /// <summary>Runs or goes on with the job.</summary>
    /// <param name="recipe">As asked for.</param>
    /// <param name="proposals">Proposals made before, or null to make them in the run folder.</param>
    /// <param name="stopAfter">Steps in total after which to stop, or null.</param>
    /// <param name="resumeWith">The command that goes on with this run, for the message after an interruption.</param>
    /// <returns>The exit code.</returns>
    public int Run(Recipe recipe, string? proposals, long? stopAfter, string resumeWith)
    {
        using var skipped = new SkippedList(folder.SkippedPath);
        if (FindImages(recipe, proposals, skipped) is not { } images)
        {
            return Interrupted("Interrupted while making proposals; what is done stays", resumeWith);
        }

        recipe = Resolve(recipe, images.Indices.Count);
        RefuseOtherRecipe(recipe);
        folder.WriteRecipe(recipe);
        using var trainer = new Trainer(recipe, folder, images, skipped.Add);
        Describe(recipe, images, trainer);
        DrawViews(recipe, images);
        if (trainer.Step >= Math.Min(trainer.TotalSteps, stopAfter ?? trainer.TotalSteps))
        {
            Console.WriteLine($"Nothing left to do: step {trainer.Step} of {trainer.TotalSteps} is reached. Weights: {folder.WeightsPath}");
            return 0;
        }

        BeforeTraining?.Invoke(trainer);
        long end = Math.Min(trainer.TotalSteps, stopAfter ?? trainer.TotalSteps);
        TrainingOutcome outcome = ProgressLine.Run("step", progress => trainer.Run(stopAfter, step => Tell(progress, step, end), interruption.Token));
        LossCurve.Save(folder.LogPath, Path.Combine(folder.PicturesPath, "loss.png"));
        if (outcome == TrainingOutcome.Interrupted)
        {
            return Interrupted($"Interrupted after step {trainer.Step} of {trainer.TotalSteps}, saved", resumeWith);
        }

        Console.WriteLine(outcome == TrainingOutcome.Completed
            ? $"Done: {trainer.TotalSteps} steps. Weights: {folder.WeightsPath}"
            : $"Stopped at step {trainer.Step} of {trainer.TotalSteps} as asked; without --steps the same command goes on. Weights: {folder.WeightsPath}");
        Console.WriteLine($"Loss curve: {Path.Combine(folder.PicturesPath, "loss.png")}");
        if (outcome == TrainingOutcome.Completed)
        {
            AfterTraining?.Invoke(trainer);
        }

        return 0;
    }

    /// <summary>The images that take part and their boxes; null when interrupted while making proposals.</summary>
    public TrainingImages? FindImages(Recipe recipe, string? proposals, SkippedList skipped)
    {
        int[] all = [.. Enumerable.Range(0, source.Count)];
        if (recipe.Method == PretrainingMethod.Byol)
        {
            return new TrainingImages(source, all, _ => []);
        }

        if (proposals is null)
        {
            proposals = folder.ProposalsPath;
            ProposalStrategy strategy = recipe.Boxes.Strategy == BoxStrategy.Random
                ? new RandomProposals(recipe.Boxes.PerImage, (ulong)recipe.Seed)
                : new SelectiveSearchStrategy();
            int jobs = recipe.Threads > 0 ? recipe.Threads : Environment.ProcessorCount;
            if (ProposalsJob.Run(source, strategy, proposals, jobs, interruption.Token).Cancelled)
            {
                return null;
            }
        }

        ProposalStore store = ProposalStore.Load(proposals);
        int[] known = [.. all.Where(index => store.TryFind(source.NameOf(index), out _))];
        if (known.Length == 0)
        {
            throw new SocoDataException(
                $"{proposals} has proposals for {store.Count} images, but for none of these {source.Count} (the first is {source.NameOf(0)}): make them with soco proposals from the same images.");
        }

        foreach (int index in all.Except(known))
        {
            skipped.Add(new UnreadableImageException(source.NameOf(index), "no proposals"));
        }

        return new TrainingImages(source, known, index => store.TryFind(source.NameOf(index), out BoxXywh[] boxes) ? boxes : []);
    }

    /// <summary>The recipe as these images let it run: a batch is no larger than their number.</summary>
    private static Recipe Resolve(Recipe recipe, int images)
    {
        if (images < 2)
        {
            throw new SocoRunException($"Only {images} of the images can be used, and batch norm needs at least 2: give more images.");
        }

        if (recipe.Batch <= images)
        {
            return recipe;
        }

        Console.WriteLine($"The batch of {recipe.Batch} is more than the {images} images; it is {images} in this run, and the learning rate follows.");
        return recipe with { Batch = images, MicroBatch = recipe.MicroBatch > 0 && images % Math.Min(recipe.MicroBatch, images) == 0 ? recipe.MicroBatch : 0 };
    }

    private void RefuseOtherRecipe(Recipe recipe)
    {
        if (!File.Exists(folder.RecipePath))
        {
            return;
        }

        string[] differences = [.. folder.ReadRecipe().DifferencesTo(recipe).Where(d => !s_free.Contains(d.Split(':')[0]))];
        if (differences.Length > 0)
        {
            throw new SocoRequestException(
                $"{folder.Root} holds a run of another recipe ({string.Join("; ", differences)}): leave these flags out to go on with it, or name another --out folder.");
        }
    }

    private void Describe(Recipe recipe, TrainingImages images, Trainer trainer)
    {
        long parameters = trainer.Model.LearnedParameters().Sum(p => p.Parameter.numel());
        Console.WriteLine(
            $"{recipe.Method} with {recipe.ArchName()} ({parameters / 1e6:0.0} M parameters), views {string.Join(", ", new ViewSampler(recipe).Sides)} px, {recipe.Precision}");
        Console.WriteLine(
            $"{images.Indices.Count} images, {recipe.Batch} a step, {trainer.StepsPerEpoch} steps an epoch, {recipe.Epochs} epochs, {trainer.TotalSteps} steps; all settings: {folder.RecipePath}");
        if (trainer.Step > 0)
        {
            Console.WriteLine($"Going on from step {trainer.Step}.");
        }
    }

    private void DrawViews(Recipe recipe, TrainingImages images)
    {
        var sampler = new ViewSampler(recipe);
        for (int i = 0; i < images.Indices.Count && i < SheetCount; i++)
        {
            int index = images.Indices[i * images.Indices.Count / Math.Min(SheetCount, images.Indices.Count)];
            string path = Path.Combine(folder.PicturesPath, $"views-{i + 1}.png");
            if (File.Exists(path))
            {
                continue;
            }

            try
            {
                RgbImage image = ImageDecoder.Decode(source.ReadBytes(index), source.NameOf(index));
                BoxXywh[] boxes = images.BoxesOf(index);
                ImageWriter.SavePng(new ViewSheet { ShowLevels = recipe.HasLevels }.Draw(image, boxes, sampler.Make(image, boxes, 0, index, withGeometry: true), source.NameOf(index)), path);
            }
            catch (UnreadableImageException)
            {
                // The loader meets it too, and lists it.
            }
        }
    }

    private static void Tell(ProgressLine progress, TrainingStep step, long end)
    {
        TimeSpan left = TimeSpan.FromSeconds((end - step.Step) * step.SecondsPerStep);
        progress.Report(
            step.Step,
            end,
            left,
            $"epoch {step.Epoch}  loss {step.Loss:0.0000}  lr {step.LearningRate:0.0000}  embedding std {step.EmbeddingStd:0.0000}  {step.ImagesPerSecond:0.0} images/s");
    }

    private int Interrupted(string what, string resumeWith)
    {
        Console.Error.WriteLine($"{what}. Go on with: {resumeWith}");
        return interruption.ExitCode;
    }
}


using Soco.Cli.Terminal;
using Soco.Detection.Data;
using Soco.Pretraining.Data;
using Soco.Pretraining.Views;
using Soco.Probing;
using Soco.Recipes;
using Soco.Reports;
using Soco.Runs;
using Soco.Tensors;
using Soco.Training;
using Soco.Vision;
using Soco.Vision.Imaging;
using Soco.Vision.Proposals;
using Soco.Vision.Proposals.Storage;
using Soco.Vision.Sources;
using Soco.Weights;

namespace Soco.Cli.Jobs;

/// <summary>The main job: proposals, pretraining, weights and pictures, in one run folder.</summary>
/// <param name="folder">The run; locked by the caller.</param>
/// <param name="source">The images.</param>
/// <param name="interruption">Ctrl-C and SIGTERM.</param>
internal sealed class PretrainJob(RunFolder folder, ImageSource source, Interruption interruption)
{
    private const int SheetCount = 4;

    // Fewer passes than this gained nothing over a fresh network on the data sets of benchmarks/results.
    private const long FewPasses = 200_000;

    /// <summary>How much is said.</summary>
    public Narration Narration { get; init; } = Narration.Full;

    /// <summary>What a run that has not begun starts from, whether all of it must fit, and whether a part of a backbone will do; null: random weights.</summary>
    public (WeightsFile File, bool Strict, bool Partial)? Start { get; init; }

    /// <summary>Labels that the network is probed with while it learns; null: it is not.</summary>
    public (LabelledImages Training, LabelledImages? Test)? Labels { get; init; }

    /// <summary>Runs or goes on with the job.</summary>
    /// <param name="recipe">As asked for.</param>
    /// <param name="proposals">Proposals made before, or null to make them in the run folder.</param>
    /// <param name="stopAfter">Steps in total after which to stop, or null.</param>
    /// <returns>The exit code.</returns>
    public int Run(PretrainingRecipe recipe, string? proposals, long? stopAfter)
    {
        // Whatever is wrong with the request is found before hours of proposals, and before anything of a run that is there is changed.
        recipe = TrainingRun.WithPrecision(folder.Root, recipe, Narration);
        TrainingRun.RefuseOtherRecipe(folder, recipe, "batch", "micro_batch");
        Devices.Resolve(recipe.Device);
        if (FindImages(recipe, proposals) is not ({ } images, var withoutBoxes))
        {
            Console.Error.WriteLine($"Interrupted while making proposals; what is done stays. Go on with: {ShellCommand.AsTyped}");
            return interruption.ExitCode;
        }

        recipe = Resolve(recipe, images.Indices.Count);
        TrainingRun.RefuseOtherRecipe(folder, recipe);
        using var skipped = new SkippedList(folder.SkippedPath);
        var task = new PretrainingTask(recipe, images, skipped.Add) { Probe = ProbeOf(recipe, skipped) };
        using var trainer = new Trainer(task, folder);
        if (Start is { } start && !trainer.HasBegun)
        {
            Narration.Say(task.Take(start.File, start.Strict, start.Partial).DescribeLoaded());
            trainer.SaveStart();
        }

        folder.WriteRecipe(recipe);
        skipped.Add(withoutBoxes);
        Describe(recipe, images, task);
        DrawViews(recipe, images);
        var run = new TrainingRun(folder, task, trainer, interruption)
        {
            Narration = Narration,
            Details = step => $"loss {step.Loss:0.0000}  lr {step.LearningRate:0.0000}  embedding std {step.Values["embedding_std"]:0.0000}  feature rank {step.Values["feature_rank"]:0.0}",
            Evaluation = Probed,
        };
        return run.Go(stopAfter);
    }

    /// <summary>What a probe of a run found, as a sentence: of the head, or where there is none, of C5.</summary>
    private static string Probed(IReadOnlyDictionary<string, double> figures)
    {
        string place = figures.ContainsKey("probe_head") ? "head" : "c5";
        return $"a linear classifier tells {100 * figures[$"probe_{place}"]:0.0} % of the labelled objects from features of {(place == "head" ? "the head" : "C5")}, "
            + $"{100 * figures[$"probe_{place}_fresh"]:0.0} % from a fresh network's";
    }

    private Func<string, CancellationToken, IReadOnlyDictionary<string, double>>? ProbeOf(PretrainingRecipe recipe, SkippedList skipped)
    {
        if (Labels is not { } labels)
        {
            return null;
        }

        var probe = new BoxProbe(labels.Training, labels.Test ?? labels.Training, new ProbeOptions { Size = recipe.Views.Size, Seed = recipe.Seed, Threads = recipe.ThreadCount });
        return (path, token) =>
        {
            using WeightsFile weights = WeightsFile.Open(path);
            return probe.Run(weights, recipe, null, skipped.Add, token).ToLog();
        };
    }

    /// <summary>What proposes the boxes of a run that is given none.</summary>
    public static ProposalStrategy StrategyOf(PretrainingRecipe recipe) => recipe.Boxes.Strategy == BoxStrategy.Random
        ? new RandomProposals(recipe.Boxes.PerImage, (ulong)recipe.Seed, recipe.Boxes.Filter)
        : new SelectiveSearchStrategy(filter: recipe.Boxes.Filter);

    /// <summary>The images that take part with their boxes, and those without; null when interrupted while making proposals.</summary>
    private (TrainingImages? Images, IReadOnlyList<UnreadableImageException> WithoutBoxes) FindImages(PretrainingRecipe recipe, string? proposals)
    {
        int[] all = [.. Enumerable.Range(0, source.Count)];
        if (recipe.Method == PretrainingMethod.Byol)
        {
            return (new TrainingImages(source, all, _ => []), []);
        }

        if (proposals is null)
        {
            // A run that has trained has all of its proposals: other images are refused, and none are added.
            proposals = folder.ProposalsPath;
            if (!(ProposalStore.IsStore(proposals) && folder.FindLast() is not null)
                && ProposalsJob.Run(source, StrategyOf(recipe), proposals, recipe.ThreadCount, interruption.Token).Cancelled)
            {
                return (null, []);
            }
        }

        ProposalStore store = ProposalStore.Load(proposals);
        int[] known = [.. all.Where(index => store.TryFind(source.NameOf(index), out _))];
        if (known.Length == 0)
        {
            throw new SocoDataException(
                $"{proposals} has proposals for {store.Count} images, but for none of these {source.Count} (the first is {source.NameOf(0)}): make them with soco proposals from the same images.");
        }

        Func<string, string?> reasonOf = SkippedImages.ReasonsIn(Path.Combine(Directory.Exists(proposals) ? proposals : Path.GetDirectoryName(Path.GetFullPath(proposals))!, "skipped.csv"));
        return (
            new TrainingImages(source, known, index => store.TryFind(source.NameOf(index), out BoxXywh[] boxes) ? boxes : []),
            [.. all.Except(known).Select(index => new UnreadableImageException(source.NameOf(index), reasonOf(source.NameOf(index)) ?? "no proposals"))]);
    }

    /// <summary>The recipe as these images let it run: a batch is no larger than their number.</summary>
    private PretrainingRecipe Resolve(PretrainingRecipe recipe, int images)
    {
        if (images < 2)
        {
            throw new SocoRunException($"Only {images} of the images can be used, and batch norm needs at least 2: give more images.");
        }

        if (recipe.Batch <= images)
        {
            return recipe;
        }

        Narration.Say($"The batch of {recipe.Batch} is more than the {images} images; it is {images} in this run, and the learning rate follows.");
        return recipe with { Batch = images, MicroBatch = recipe.MicroBatch > 0 && images % Math.Min(recipe.MicroBatch, images) == 0 ? recipe.MicroBatch : 0 };
    }

    private void Describe(PretrainingRecipe recipe, TrainingImages images, PretrainingTask task)
    {
        long parameters = task.Model.LearnedParameters().Sum(p => p.Parameter.numel());
        Narration.Say(
            $"{recipe.Method} with {recipe.ArchName} ({parameters / 1e6:0.0} M parameters), views {string.Join(", ", new ViewSampler(recipe).Sides)} px, {recipe.Precision}");
        Narration.Say(
            $"{Plural.Of(images.Indices.Count, "image")}, {recipe.Batch} a step, {Plural.Of(task.StepsPerEpoch, "step")} an epoch, {Plural.Of(recipe.Epochs, "epoch")}, {Plural.Of(task.TotalSteps, "step")}; all settings: {folder.RecipePath}");
        long passes = task.TotalSteps * recipe.Batch;
        Narration.Say(
            $"{passes:N0} passes over an image in all"
            + (passes < FewPasses ? $"; runs of fewer than {FewPasses:N0} have not been seen to help a detector: raise --epochs for more than a trial." : "."));
    }

    private void DrawViews(PretrainingRecipe recipe, TrainingImages images)
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
}

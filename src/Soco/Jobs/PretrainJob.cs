using Soco.Detection.Data;
using Soco.Distributed;
using Soco.Pretraining.Data;
using Soco.Pretraining.Views;
using Soco.Probing;
using Soco.Recipes;
using Soco.Reports;
using Soco.Runs;
using Soco.Training;
using Soco.Vision;
using Soco.Vision.Imaging;
using Soco.Vision.Proposals;
using Soco.Vision.Proposals.Storage;
using Soco.Vision.Sources;
using Soco.Weights;

namespace Soco.Jobs;

/// <summary>What a pretraining is asked for.</summary>
public sealed record PretrainRequest
{
    /// <summary>The images.</summary>
    public required ImageSource Images { get; init; }

    /// <summary>The run folder. If it holds a run, that run is resumed.</summary>
    public required string Output { get; init; }

    /// <summary>How it is trained; a batch larger than the number of images is lowered to it.</summary>
    public required PretrainingRecipe Recipe { get; init; }

    /// <summary>Proposals made before: a folder or a JSON file; null makes them in the run folder.</summary>
    public string? Proposals { get; init; }

    /// <summary>Steps in total after which to stop; null: none.</summary>
    public long? StopAfter { get; init; }

    /// <summary>What a run that has not begun starts from; null: random weights.</summary>
    public WeightsFile? Weights { get; init; }

    /// <summary>Whether it is an error if anything of the weights is missing, unexpected or misshaped.</summary>
    public bool Strict { get; init; }

    /// <summary>Whether a backbone may be taken of which tensors are missing or misshaped.</summary>
    public bool Partial { get; init; }

    /// <summary>Labels that the network is probed with while it learns; null: it is not.</summary>
    public LabelledImages? ProbeTraining { get; init; }

    /// <summary>Labels that the probe is tested on; null: those that it learns from.</summary>
    public LabelledImages? ProbeTest { get; init; }

    /// <summary>The processes that do the job together; each of them runs it with the same request.</summary>
    public ICollective Processes { get; init; } = SingleProcess.Instance;

    /// <summary>How the job was called, for the record of the run.</summary>
    public string Command { get; init; } = nameof(PretrainJob);
}

/// <summary>The main job: proposals, pretraining, weights and pictures, in one run folder.</summary>
/// <param name="request">What is asked for.</param>
/// <example>
/// <code>
/// using ImageSource images = ImageSource.Open("path/to/images");
/// var recipe = Recipe.Load&lt;PretrainingRecipe&gt;("small");
/// TrainingResult run = new PretrainJob(new PretrainRequest { Images = images, Output = "run", Recipe = recipe }).Run();
/// Console.WriteLine(run.Folder.WeightsPath);
/// </code>
/// </example>
public sealed class PretrainJob(PretrainRequest request)
{
    private const int SheetCount = 4;

    // Fewer passes than this gained nothing over a fresh network on the data sets of benchmarks/results.
    private const long FewPasses = 200_000;

    /// <summary>Runs or resumes the job.</summary>
    /// <param name="progress">Receives the events of the job.</param>
    /// <param name="cancellationToken">Stops after the step that is under way, with a save.</param>
    /// <exception cref="SocoRequestException">
    /// The folder holds another run, is in use, or cannot be written; or the device is not here.
    /// </exception>
    /// <exception cref="SocoDataException">Weights, proposals or checkpoints are damaged or of other images.</exception>
    /// <exception cref="SocoRunException">Too few images can be used, the loss is not finite, or the disk is full.</exception>
    public TrainingResult Run(IProgress<JobEvent>? progress = null, CancellationToken cancellationToken = default) =>
        Run(new JobReporter(progress), cancellationToken);

    internal TrainingResult Run(JobReporter reporter, CancellationToken cancellationToken)
    {
        using var shared = new SharedRun(request.Processes, request.Recipe.Device);
        ICollective processes = shared.Processes;
        reporter = shared.Of(reporter);
        RunFolder folder = RunFolder.Create(request.Output);
        using IDisposable? held = shared.OnFirst(folder.Lock);

        // Whatever is wrong with the request is found before hours of proposals, and before anything of a run that is there is changed.
        PretrainingRecipe recipe = shared.Settle(folder.Root, request.Recipe, reporter);
        shared.OnFirst(() => TrainingRun.RefuseOtherRecipe(folder, recipe, "batch", "micro_batch"));
        if (FindImages(recipe, folder, reporter, cancellationToken) is not ({ } images, var withoutBoxes))
        {
            reporter.Warn("Interrupted while making proposals; what is done stays.");
            return new TrainingResult(TrainingOutcome.Interrupted, 0, folder);
        }

        recipe = Resolve(recipe, images.Indices.Count, reporter);
        shared.OnFirst(() => TrainingRun.RefuseOtherRecipe(folder, recipe));
        using var skipped = new SkippedList(folder.SkippedPath, reporter, processes);
        var task = new PretrainingTask(recipe, images, skipped.Add, processes) { Probe = ProbeOf(recipe, skipped) };
        using var trainer = new Trainer(task, folder) { Command = request.Command };
        if (request.Weights is { } start && !trainer.HasBegun)
        {
            reporter.Say(task.Take(start, request.Strict, request.Partial).DescribeLoaded());
            trainer.SaveStart();
        }

        shared.OnFirst(() =>
        {
            folder.WriteRecipe(recipe);
            skipped.Add(withoutBoxes);
            Describe(recipe, images, task, folder, shared, reporter);
            DrawViews(recipe, images, folder);
        });
        var run = new TrainingRun(folder, task, trainer, reporter)
        {
            Details = step =>
                $"loss {step.Loss:0.0000}  lr {step.LearningRate:0.0000}  embedding std {step.Values["embedding_std"]:0.0000}  feature rank {step.Values["feature_rank"]:0.0}",
            Evaluation = Probed,
        };
        TrainingResult result = run.Go(request.StopAfter, completed: null, cancellationToken);
        skipped.Gather();
        return result;
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
        if (request.ProbeTraining is not { } labels)
        {
            return null;
        }

        var probe = new BoxProbe(
            labels,
            request.ProbeTest ?? labels,
            new ProbeOptions
            {
                Size = recipe.Views.Size,
                Seed = recipe.Seed,
                Threads = recipe.ThreadCount,
            }
        );
        return (path, token) =>
        {
            using WeightsFile weights = WeightsFile.Open(path);
            return probe.Run(weights, recipe, null, skipped.Add, token).ToLog();
        };
    }

    /// <summary>What proposes the boxes of a run that is given none.</summary>
    public static ProposalStrategy StrategyOf(PretrainingRecipe recipe) =>
        recipe.Boxes.Strategy == BoxStrategy.Random
            ? new RandomProposals(recipe.Boxes.PerImage, (ulong)recipe.Seed, recipe.Boxes.Filter)
            : new SelectiveSearchStrategy(filter: recipe.Boxes.Filter);

    /// <summary>The images that take part with their boxes, and those without; null when interrupted while making proposals.</summary>
    private (TrainingImages? Images, IReadOnlyList<UnreadableImageException> WithoutBoxes) FindImages(
        PretrainingRecipe recipe,
        RunFolder folder,
        JobReporter reporter,
        CancellationToken cancellationToken
    )
    {
        ImageSource source = request.Images;
        string? proposals = request.Proposals;
        int[] all = [.. Enumerable.Range(0, source.Count)];
        if (recipe.Method == PretrainingMethod.Byol)
        {
            return (new TrainingImages(source, all, _ => []), []);
        }

        if (proposals is null)
        {
            // A run that has trained has all of its proposals: other images are refused, and none are added.
            proposals = folder.ProposalsPath;
            if (!(ProposalStore.IsStore(proposals) && folder.FindLast() is not null) && new ProposalsJob(
                    new ProposalsRequest
                    {
                        Images = source,
                        Strategy = StrategyOf(recipe),
                        Output = proposals,
                        Jobs = recipe.ThreadCount,
                        Processes = request.Processes,
                    }
                ).Run(reporter.Progress, cancellationToken).Cancelled)
            {
                return (null, []);
            }
        }

        ProposalStore store = ProposalStore.Load(proposals);
        int[] known = [.. all.Where(index => store.TryFind(source.NameOf(index), out _))];
        if (known.Length == 0)
        {
            throw new SocoDataException(
                $"{proposals} has proposals for {store.Count} images, but for none of these {source.Count} (the first is {source.NameOf(0)}): make them from the same images."
            );
        }

        Func<string, string?> reasonOf = SkippedImages.ReasonsIn(
            Path.Combine(Directory.Exists(proposals) ? proposals : Path.GetDirectoryName(Path.GetFullPath(proposals))!, "skipped.csv")
        );
        return (
            new TrainingImages(source, known, index => store.TryFind(source.NameOf(index), out BoxXywh[] boxes) ? boxes : []),
            [
                .. all.Except(known)
                    .Select(index => new UnreadableImageException(source.NameOf(index), reasonOf(source.NameOf(index)) ?? "no proposals")),
            ]
        );
    }

    /// <summary>The recipe as these images let it run: a batch is no larger than their number.</summary>
    private static PretrainingRecipe Resolve(PretrainingRecipe recipe, int images, JobReporter reporter)
    {
        if (images < 2)
        {
            throw new SocoRunException($"Only {images} of the images can be used, and batch norm needs at least 2: give more images.");
        }

        if (recipe.Batch <= images)
        {
            return recipe;
        }

        reporter.Say(
            $"The batch of {recipe.Batch} is more than the {images} images; it is {images} in this run, and the learning rate follows."
        );
        return recipe with
        {
            Batch = images,
            MicroBatch = recipe.MicroBatch > 0 && images % Math.Min(recipe.MicroBatch, images) == 0 ? recipe.MicroBatch : 0,
        };
    }

    private static void Describe(
        PretrainingRecipe recipe,
        TrainingImages images,
        PretrainingTask task,
        RunFolder folder,
        SharedRun shared,
        JobReporter reporter
    )
    {
        shared.Describe(recipe, reporter);
        long parameters = task.Model.TrainableParameters().Sum(p => p.Parameter.numel());
        reporter.Say(
            $"{recipe.Method} with {recipe.ArchName} ({parameters / 1e6:0.0} M parameters), views {string.Join(", ", new ViewSampler(recipe).Sides)} px, {recipe.Precision}"
        );
        reporter.Say(
            $"{Plural.Of(images.Indices.Count, "image")}, {recipe.Batch} a step, {Plural.Of(task.StepsPerEpoch, "step")} an epoch, {Plural.Of(recipe.Epochs, "epoch")}, {Plural.Of(task.TotalSteps, "step")}; all settings: {folder.RecipePath}"
        );
        long passes = task.TotalSteps * recipe.Batch;
        reporter.Say(
            $"{passes:N0} passes over an image in all"
                + (
                    passes < FewPasses
                        ? $"; runs of fewer than {FewPasses:N0} have not been seen to help a detector: raise epochs for more than a trial."
                        : "."
                )
        );
    }

    private void DrawViews(PretrainingRecipe recipe, TrainingImages images, RunFolder folder)
    {
        ImageSource source = request.Images;
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
                ImageWriter.SavePng(
                    new ViewSheet { ShowLevels = recipe.HasLevels }.Draw(
                        image,
                        boxes,
                        sampler.Make(image, boxes, 0, index, withGeometry: true),
                        source.NameOf(index)
                    ),
                    path
                );
            }
            catch (UnreadableImageException)
            {
                // The loader meets it too, and lists it.
            }
        }
    }
}

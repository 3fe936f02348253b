using System.Globalization;
using Soco.Cli.Terminal;
using Soco.Comparison;
using Soco.Detection.Data;
using Soco.Recipes;
using Soco.Runs;
using Soco.Vision;
using Soco.Vision.Imaging;
using Soco.Vision.Proposals;
using Soco.Vision.Proposals.Storage;
using Soco.Weights;

namespace Soco.Cli.Jobs;

/// <summary>The cells of a comparison: proposals, pretraining, fine-tuning and test, one run at a time.</summary>
/// <param name="config">What is compared.</param>
/// <param name="folder">Where; locked by the caller.</param>
/// <param name="images">What is learned from and measured on.</param>
/// <param name="interruption">Ctrl-C and SIGTERM.</param>
internal sealed class CompareCells(ComparisonConfig config, ComparisonFolder folder, ComparisonImages images, Interruption interruption)
{
    private readonly CompareClock _clock = new(ComparisonResults.Find(folder));

    /// <summary>What relative paths of weights are under.</summary>
    public required string Root { get; init; }

    /// <summary>Threads of computation; null leaves it to the recipes.</summary>
    public int? Threads { get; init; }

    /// <summary>Which cells are run; the others wait.</summary>
    public Func<ComparisonCell, bool> IsAsked { get; init; } = _ => true;

    /// <summary>Runs the cells that are not finished yet.</summary>
    /// <returns>The exit code.</returns>
    public int Run()
    {
        foreach ((int place, ComparisonCell cell) in config.Cells.Index())
        {
            if (!IsAsked(cell))
            {
                continue;
            }

            if (interruption.Token.IsCancellationRequested)
            {
                Console.Error.WriteLine($"Interrupted before {cell.Name}. Go on with: {ShellCommand.AsTyped}");
                return interruption.ExitCode;
            }

            if (!IsFinished(cell))
            {
                int exitCode = Run(cell, $"[{place + 1}/{config.Cells.Count}] ");
                if (exitCode != 0)
                {
                    return exitCode;
                }
            }

            DropCheckpoints(folder.FinetuningPath(cell));
        }

        return 0;
    }

    /// <summary>Writes what is finished.</summary>
    public ComparisonResults Save()
    {
        CellResult[] cells = [.. config.Cells.Select(cell => CellResult.Find(folder.CellPath(cell))).OfType<CellResult>()];
        var results = new ComparisonResults
        {
            Machine = ComparisonMachine.This(ThreadsOf(config.Finetuning)),
            Soco = Machine.SocoVersion,
            Command = ShellCommand.AsTyped,
            Started = _clock.Started,
            Seconds = Math.Round(_clock.Seconds),
            Warnings = images.Warnings,
            Data = ComparisonCounts.Of(images, folder),
            Config = config.ToJson(),
            Baseline = config.Baseline,
            BudgetsPerClass = config.BudgetsPerClass,
            CellsInAll = config.Cells.Count,
            Cells = cells,
            Table = ComparisonResults.TableOf(config, cells),
        };
        results.Save(folder);
        return results;
    }

    private int Run(ComparisonCell cell, string place)
    {
        string? weights = cell.Arm.Weights is { } file ? Path.Combine(Root, file) : null;
        var before = new List<string>();
        if (config.PretrainedArmOf(cell.Arm) is { } arm)
        {
            weights = folder.PretrainingPath(arm, cell.Seed);
            before.Add(weights);
            if (Pretrain(arm, cell.Seed, place) is var exitCode && exitCode != 0)
            {
                return exitCode;
            }
        }

        if (cell.Arm.Align)
        {
            if (Align(cell.Arm, cell.Seed, weights, place) is var exitCode && exitCode != 0)
            {
                return exitCode;
            }

            weights = folder.AlignmentPath(cell.Arm, cell.Seed);
            before.Add(weights);
        }

        Console.WriteLine($"{place}{cell.Name}: fine-tuning{Left()}");
        int ended = _clock.TimeCell(() => Finetune(cell, weights) is var exitCode && exitCode != 0 ? exitCode : Test(cell, before, place));
        if (ended == 0)
        {
            Save();
        }

        return ended;
    }

    private int Pretrain(ComparisonArm arm, long seed, string place)
    {
        string path = folder.PretrainingPath(arm, seed), name = Path.GetFileName(path);
        if (!IsTrained(path))
        {
            PretrainingRecipe recipe = arm.Pretraining! with { Seed = seed, Threads = ThreadsOf(arm.Pretraining!) };
            string? proposals = null;
            if (recipe.Method != PretrainingMethod.Byol && !Propose(recipe, out proposals))
            {
                return InterruptedProposals();
            }

            Console.WriteLine($"{place}{name}: pretraining{Left()}");
            RunFolder run = RunFolder.Create(path);
            using IDisposable held = run.Lock();
            var job = new PretrainJob(run, images.Unlabelled, interruption) { Narration = Narration.OfPart(name) };
            int exitCode = _clock.TimePretraining(() => job.Run(recipe, proposals, stopAfter: null));
            if (exitCode != 0)
            {
                return exitCode;
            }
        }

        DropCheckpointsOfTrained(path);
        return 0;
    }

    /// <summary>The detector learns the proposals of the unlabelled images, as one class.</summary>
    private int Align(ComparisonArm arm, long seed, string? weights, string place)
    {
        string path = folder.AlignmentPath(arm, seed), name = $"{Path.GetFileName(path)} alignment";
        if (!IsTrained(path))
        {
            PretrainingRecipe boxes = (config.PretrainedArmOf(arm)?.Pretraining ?? config.Pretraining) with { Seed = seed };
            if (!Propose(boxes with { Threads = ThreadsOf(boxes) }, out string proposals))
            {
                return InterruptedProposals();
            }

            Console.WriteLine($"{place}{name}{Left()}");
            var leftOut = new List<UnreadableImageException>();
            LabelledImages proposed = ProposalLabels.Of(images.Unlabelled, ProposalStore.Load(proposals), proposals, leftOut.Add);
            using WeightsFile? start = weights is null ? null : RunFolder.OpenWeights(weights);
            var job = new FinetuneJob(path, proposed, validation: null, interruption) { Narration = Narration.OfPart(name), LeftOut = leftOut };
            int exitCode = _clock.TimePretraining(() => job.Run(config.Alignment with { Seed = seed, Threads = ThreadsOf(config.Alignment) }, start, arm.Transfer));
            if (exitCode != 0)
            {
                return exitCode;
            }
        }

        DropCheckpointsOfTrained(path);
        return 0;
    }

    private int InterruptedProposals()
    {
        Console.Error.WriteLine($"Interrupted while making proposals; what is done stays. Go on with: {ShellCommand.AsTyped}");
        return interruption.ExitCode;
    }

    /// <summary>Selective search is the same for all with the same limits; random boxes are drawn for each number of boxes and seed.</summary>
    /// <returns>Whether it came to its end.</returns>
    private bool Propose(PretrainingRecipe recipe, out string proposals)
    {
        ProposalStrategy strategy = PretrainJob.StrategyOf(recipe);
        ProposalFilter limits = recipe.Boxes.Filter;
        string name = strategy is RandomProposals ? $"{strategy.Name}-{recipe.Boxes.PerImage}-seed{recipe.Seed}" : strategy.Name;
        proposals = folder.ProposalsPath(limits == ProposalFilter.Published
            ? name
            : string.Create(CultureInfo.InvariantCulture, $"{name}-side{limits.LeastSide}-size{limits.LeastSizeRatio}-{limits.GreatestSizeRatio}"));
        return !ProposalsJob.Run(images.Unlabelled, strategy, proposals, recipe.ThreadCount, interruption.Token).Cancelled;
    }

    private int Finetune(ComparisonCell cell, string? weights)
    {
        DetectionRecipe asked = config.FinetuningOf(cell.Arm);
        DetectionRecipe recipe = asked with { Seed = cell.Seed, Threads = ThreadsOf(asked) };
        using WeightsFile? start = weights is null ? null : RunFolder.OpenWeights(weights);
        var job = new FinetuneJob(folder.FinetuningPath(cell), images.OfBudget(cell.Budget, cell.Seed), images.Validation, interruption)
        {
            Narration = Narration.OfPart(cell.Name),
        };
        return job.Run(recipe, start, cell.Arm.Align ? TransferParts.All : cell.Arm.Transfer);
    }

    /// <summary>Measures a trained detector, and draws some of what it finds.</summary>
    private int Test(ComparisonCell cell, IEnumerable<string> before, string place)
    {
        double pretrainingSeconds = before.Select(RunFolder.Open).Sum(run => RunLog.TrainingSeconds(run.LogPath, run.ReadRecipe().Batch));
        CellResult? result = ProgressLine.Run($"{cell.Name} test", progress => new CellTest(folder, images.Test).Run(
            cell, pretrainingSeconds, ThreadsOf(config.Finetuning), looked => progress.Report(looked, images.Test.Count, null, "images"), interruption.Token));
        if (result is null)
        {
            Console.Error.WriteLine($"Interrupted while testing {cell.Name}; what was trained is saved. Go on with: {ShellCommand.AsTyped}");
            return interruption.ExitCode;
        }

        string run = folder.FinetuningPath(cell);
        new DetectionPictures(RunFolder.Open(run)).DrawFinds(images.Test, folder.DetectionsPath(cell));
        ReportJob.Save(run, Narration.OfPart(cell.Name));
        Console.WriteLine(
            $"{place}{cell.Name}: AP {result.Bbox.Ap * 100:0.0} %, AP50 {result.Bbox.Ap50 * 100:0.0} %{(result.Segm is { } masks ? $", mask AP {masks.Ap * 100:0.0} %" : "")}");
        return 0;
    }

    private string Left()
    {
        ComparisonCell[] left = [.. config.Cells.Where(cell => IsAsked(cell) && !IsFinished(cell))];
        int pretrainings = left.Select(cell => config.PretrainedArmOf(cell.Arm) is { } arm ? folder.PretrainingPath(arm, cell.Seed) : null)
            .Concat(left.Select(cell => cell.Arm.Align ? folder.AlignmentPath(cell.Arm, cell.Seed) : null))
            .OfType<string>().Distinct().Count(run => !IsTrained(run));
        return _clock.Left(pretrainings, left.Length);
    }

    private bool IsFinished(ComparisonCell cell) => CellResult.Find(folder.CellPath(cell)) is not null;

    private static bool IsTrained(string run) => RunFolder.IsRun(run) && RunFolder.Open(run).IsFinished();

    private int ThreadsOf(Recipe recipe) => Threads ?? recipe.Threads;

    private void DropCheckpointsOfTrained(string run)
    {
        if (!IsTrained(run))
        {
            throw new SocoRunException($"{run} has no weights of its last step; its checkpoints stay. Run the same command again.");
        }

        DropCheckpoints(run);
    }

    private void DropCheckpoints(string run)
    {
        if (!config.KeepCheckpoints)
        {
            RunFolder.Open(run).DropCheckpoints();
        }
    }
}

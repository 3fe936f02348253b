using System.Globalization;
using Soco.Comparison;
using Soco.Detection.Data;
using Soco.Distributed;
using Soco.Recipes;
using Soco.Reports;
using Soco.Runs;
using Soco.Vision;
using Soco.Vision.Imaging;
using Soco.Vision.Proposals;
using Soco.Vision.Proposals.Storage;
using Soco.Weights;

namespace Soco.Jobs;

/// <summary>The cells of a comparison: proposals, pretraining, fine-tuning and test, one run at a time.</summary>
/// <param name="request">What is compared.</param>
/// <param name="folder">Where; locked by the caller.</param>
/// <param name="images">What is learned from and measured on.</param>
/// <param name="reporter">Receives the events.</param>
/// <param name="cancellationToken">Stops after the step that is under way, with a save.</param>
internal sealed class CompareCells(
    CompareRequest request,
    ComparisonFolder folder,
    ComparisonImages images,
    JobReporter reporter,
    CancellationToken cancellationToken
)
{
    private readonly ComparisonConfig _config = request.Config;
    private readonly CompareClock _clock = new(ComparisonResults.Find(folder));

    /// <summary>Runs the cells that are not finished yet.</summary>
    /// <returns>Whether all came to their end; otherwise they were interrupted.</returns>
    public bool Run()
    {
        if (request.Processes.Any(request.Processes.IsFirst() && !ProposeAll()))
        {
            return InterruptedProposals();
        }

        foreach ((int place, ComparisonCell cell) in _config.Cells.Index())
        {
            if (!request.IsAsked(cell) || !IsOwn(cell))
            {
                continue;
            }

            if (cancellationToken.IsCancellationRequested)
            {
                reporter.Warn($"Interrupted before {cell.Name}.");
                return false;
            }

            if (!IsFinished(cell) && !Run(cell, $"[{place + 1}/{_config.Cells.Count}] "))
            {
                return false;
            }

            DropCheckpoints(folder.FinetuningPath(cell));
        }

        return true;
    }

    /// <summary>Writes what is finished.</summary>
    public ComparisonResults Save()
    {
        CellResult[] cells = [.. _config.Cells.Select(cell => CellResult.Find(folder.CellPath(cell))).OfType<CellResult>()];
        var results = new ComparisonResults
        {
            Machine = ComparisonMachine.This(ThreadsOf(_config.Finetuning)),
            Soco = Machine.SocoVersion,
            Command = request.Command,
            Started = _clock.Started,
            Seconds = Math.Round(_clock.Seconds),
            Warnings = images.Warnings,
            Data = ComparisonCounts.Of(images, folder),
            Config = _config.ToJson(),
            Baseline = _config.Baseline,
            BudgetsPerClass = _config.BudgetsPerClass,
            CellsInAll = _config.Cells.Count,
            Cells = cells,
            Table = ComparisonResults.TableOf(_config, cells),
        };
        if (request.Processes.IsFirst())
        {
            results.Save(folder);
        }

        return results;
    }

    /// <summary>Whether a cell is this process's: cells with one pretraining are one process's, and pretrainings go around.</summary>
    private bool IsOwn(ComparisonCell cell)
    {
        (string, long)[] pretrainings = [.. _config.Cells.Where(request.IsAsked).Select(PretrainingOf).Distinct()];
        return Array.IndexOf(pretrainings, PretrainingOf(cell)) % request.Processes.Size == request.Processes.Rank;

        (string, long) PretrainingOf(ComparisonCell of) => ((_config.PretrainedArmOf(of.Arm) ?? of.Arm).Name, of.Seed);
    }

    /// <summary>Makes the proposals of all processes, where there are several: later each of them finds all of its own.</summary>
    private bool ProposeAll()
    {
        if (!request.Processes.IsShared())
        {
            return true;
        }

        foreach (ComparisonCell cell in _config.Cells.Where(cell => request.IsAsked(cell) && !IsFinished(cell)))
        {
            PretrainingRecipe? recipe = _config.PretrainedArmOf(cell.Arm)?.Pretraining ?? (cell.Arm.Align ? _config.Pretraining : null);
            if (
                recipe is not null
                && (recipe.Method != PretrainingMethod.Byol || cell.Arm.Align)
                && !Propose(recipe with { Seed = cell.Seed, Threads = ThreadsOf(recipe) }, out _, complete: true)
            )
            {
                return false;
            }
        }

        return true;
    }

    private bool Run(ComparisonCell cell, string place)
    {
        string? weights = cell.Arm.Weights is { } file ? Path.Combine(request.Root, file) : null;
        var before = new List<string>();
        if (_config.PretrainedArmOf(cell.Arm) is { } arm)
        {
            weights = folder.PretrainingPath(arm, cell.Seed);
            before.Add(weights);
            if (!Pretrain(arm, cell.Seed, place))
            {
                return false;
            }
        }

        if (cell.Arm.Align)
        {
            if (!Align(cell.Arm, cell.Seed, weights, place))
            {
                return false;
            }

            weights = folder.AlignmentPath(cell.Arm, cell.Seed);
            before.Add(weights);
        }

        reporter.Say($"{place}{cell.Name}: fine-tuning{Left()}");
        bool ended = _clock.TimeCell(() => Finetune(cell, weights) && Test(cell, before, place));
        if (ended)
        {
            Save();
        }

        return ended;
    }

    private bool Pretrain(ComparisonArm arm, long seed, string place)
    {
        string path = folder.PretrainingPath(arm, seed),
            name = Path.GetFileName(path);
        if (!IsTrained(path))
        {
            PretrainingRecipe recipe = arm.Pretraining! with { Seed = seed, Threads = ThreadsOf(arm.Pretraining!) };
            string? proposals = null;
            if (recipe.Method != PretrainingMethod.Byol && !Propose(recipe, out proposals))
            {
                return InterruptedProposals();
            }

            reporter.Say($"{place}{name}: pretraining{Left()}");
            var job = new PretrainJob(
                new PretrainRequest
                {
                    Images = images.Unlabelled,
                    Output = path,
                    Recipe = recipe,
                    Proposals = proposals,
                    Command = request.Command,
                }
            );
            if (!_clock.TimePretraining(() => IsCompleted(job.Run(reporter.Of(name), cancellationToken))))
            {
                return false;
            }
        }

        DropCheckpointsOfTrained(path);
        return true;
    }

    /// <summary>The detector learns the proposals of the unlabelled images, as one class.</summary>
    private bool Align(ComparisonArm arm, long seed, string? weights, string place)
    {
        string path = folder.AlignmentPath(arm, seed),
            name = $"{Path.GetFileName(path)} alignment";
        if (!IsTrained(path))
        {
            PretrainingRecipe boxes = (_config.PretrainedArmOf(arm)?.Pretraining ?? _config.Pretraining) with { Seed = seed };
            if (!Propose(boxes with { Threads = ThreadsOf(boxes) }, out string proposals))
            {
                return InterruptedProposals();
            }

            reporter.Say($"{place}{name}{Left()}");
            var leftOut = new List<UnreadableImageException>();
            LabelledImages proposed = ProposalLabels.Of(images.Unlabelled, ProposalStore.Load(proposals), proposals, leftOut.Add);
            using WeightsFile? start = weights is null ? null : RunFolder.OpenWeights(weights);
            var job = new FinetuneJob(
                new FinetuneRequest
                {
                    Images = proposed,
                    Output = path,
                    Recipe = _config.Alignment with { Seed = seed, Threads = ThreadsOf(_config.Alignment) },
                    Weights = start,
                    Parts = arm.Transfer,
                    LeftOut = leftOut,
                    Command = request.Command,
                }
            );
            if (!_clock.TimePretraining(() => IsCompleted(job.Run(reporter.Of(name), cancellationToken))))
            {
                return false;
            }
        }

        DropCheckpointsOfTrained(path);
        return true;
    }

    private bool InterruptedProposals()
    {
        reporter.Warn("Interrupted while making proposals; what is done stays.");
        return false;
    }

    /// <summary>
    /// Selective search is the same for all with the same limits; random boxes are drawn for each number of boxes and seed.
    /// </summary>
    /// <returns>Whether it came to its end.</returns>
    private bool Propose(PretrainingRecipe recipe, out string proposals, bool complete = false)
    {
        ProposalStrategy strategy = PretrainJob.StrategyOf(recipe);
        ProposalFilter limits = recipe.Boxes.Filter;
        string name = strategy is RandomProposals ? $"{strategy.Name}-{recipe.Boxes.PerImage}-seed{recipe.Seed}" : strategy.Name;
        proposals = folder.ProposalsPath(
            limits == ProposalFilter.Published
                ? name
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"{name}-side{limits.LeastSide}-size{limits.LeastSizeRatio}-{limits.GreatestSizeRatio}"
                )
        );
        if (request.Processes.IsShared() && !complete)
        {
            return true;
        }

        return !new ProposalsJob(
            new ProposalsRequest
            {
                Images = images.Unlabelled,
                Strategy = strategy,
                Output = proposals,
                Jobs = recipe.ThreadCount,
            }
        ).Run(reporter.Progress, cancellationToken).Cancelled;
    }

    private bool Finetune(ComparisonCell cell, string? weights)
    {
        DetectionRecipe asked = _config.FinetuningOf(cell.Arm);
        DetectionRecipe recipe = asked with { Seed = cell.Seed, Threads = ThreadsOf(asked) };
        using WeightsFile? start = weights is null ? null : RunFolder.OpenWeights(weights);
        var job = new FinetuneJob(
            new FinetuneRequest
            {
                Images = images.OfBudget(cell.Budget, cell.Seed),
                Validation = images.Validation,
                Output = folder.FinetuningPath(cell),
                Recipe = recipe,
                Weights = start,
                Parts = cell.Arm.Align ? TransferParts.All : cell.Arm.Transfer,
                Command = request.Command,
            }
        );
        return IsCompleted(job.Run(reporter.Of(cell.Name), cancellationToken));
    }

    /// <summary>Measures a trained detector, and draws some of what it finds.</summary>
    private bool Test(ComparisonCell cell, IEnumerable<string> before, string place)
    {
        double pretrainingSeconds = before.Select(RunFolder.Open).Sum(run => RunLog.TrainingSeconds(run.LogPath, run.ReadRecipe().Batch));
        CellResult? result = new CellTest(folder, images.Test).Run(
            cell,
            pretrainingSeconds,
            ThreadsOf(_config.Finetuning),
            looked => reporter.Advance($"{cell.Name} test", looked, images.Test.Count, null, "images"),
            cancellationToken
        );
        if (result is null)
        {
            reporter.Warn($"Interrupted while testing {cell.Name}; what was trained is saved.");
            return false;
        }

        string run = folder.FinetuningPath(cell);
        new DetectionPictures(RunFolder.Open(run)).DrawFinds(images.Test, folder.DetectionsPath(cell));
        RunReport.Save(run, reporter.Of(cell.Name));
        reporter.Say(
            $"{place}{cell.Name}: AP {result.Bbox.Ap * 100:0.0} %, AP50 {result.Bbox.Ap50 * 100:0.0} %{(result.Segm is { } masks ? $", mask AP {masks.Ap * 100:0.0} %" : "")}"
        );
        return true;
    }

    private string Left()
    {
        ComparisonCell[] left = [.. _config.Cells.Where(cell => request.IsAsked(cell) && !IsFinished(cell))];
        int pretrainings = left.Select(cell => _config.PretrainedArmOf(cell.Arm) is { } arm ? folder.PretrainingPath(arm, cell.Seed) : null)
            .Concat(left.Select(cell => cell.Arm.Align ? folder.AlignmentPath(cell.Arm, cell.Seed) : null))
            .OfType<string>()
            .Distinct()
            .Count(run => !IsTrained(run));
        return _clock.Left(pretrainings, left.Length);
    }

    private bool IsFinished(ComparisonCell cell) => CellResult.Find(folder.CellPath(cell)) is not null;

    private static bool IsCompleted(TrainingResult result) => result.Outcome == TrainingOutcome.Completed;

    private static bool IsTrained(string run) => RunFolder.IsRun(run) && RunFolder.Open(run).IsFinished();

    private int ThreadsOf(Recipe recipe) =>
        request.Threads ?? (request.Processes.IsShared() ? request.Processes.ThreadsOf(recipe.Threads) : recipe.Threads);

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
        if (!_config.KeepCheckpoints)
        {
            RunFolder.Open(run).DropCheckpoints();
        }
    }
}

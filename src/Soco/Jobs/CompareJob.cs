using Soco.Comparison;
using Soco.Distributed;
using Soco.Recipes;
using Soco.Runs;
using Soco.Vision;
using Soco.Weights;

namespace Soco.Jobs;

/// <summary>What a comparison is asked for.</summary>
public sealed record CompareRequest
{
    /// <summary>What is compared.</summary>
    public required ComparisonConfig Config { get; init; }

    /// <summary>The folder; if it holds a comparison, that one is resumed.</summary>
    public required string Output { get; init; }

    /// <summary>What relative paths of the configuration's data are under.</summary>
    public required string Root { get; init; }

    /// <summary>Threads of computation; null leaves it to the recipes.</summary>
    public int? Threads { get; init; }

    /// <summary>Which cells are run; the others wait.</summary>
    public Func<ComparisonCell, bool> IsAsked { get; init; } = _ => true;

    /// <summary>Called before the first cell; false where it was interrupted.</summary>
    public Func<ComparisonFolder, ComparisonImages, bool>? Prepare { get; init; }

    /// <summary>Called when all asked cells are measured.</summary>
    public Action<ComparisonFolder, ComparisonImages, ComparisonResults>? Conclude { get; init; }

    /// <summary>
    /// The processes that do the job together; each of them runs it with the same request, and each cell is one process's.
    /// </summary>
    public ICollective Processes { get; init; } = SingleProcess.Instance;

    /// <summary>How the job was called, for the results.</summary>
    public string Command { get; init; } = nameof(CompareJob);
}

/// <summary>A comparison: its data, its cells, its table.</summary>
/// <param name="request">What is asked for.</param>
public sealed class CompareJob(CompareRequest request)
{
    private readonly ComparisonConfig _config = request.Config;

    /// <summary>Runs or resumes the job.</summary>
    /// <param name="progress">Receives the events of the job.</param>
    /// <param name="cancellationToken">Stops after the step that is under way, with a save.</param>
    /// <returns>The results so far; null where it was interrupted.</returns>
    /// <exception cref="SocoRequestException">The folder holds another comparison, is in use, or cannot be written.</exception>
    /// <exception cref="SocoDataException">Data, weights or checkpoints are damaged.</exception>
    /// <exception cref="SocoRunException">A run failed, or the disk is full.</exception>
    public ComparisonResults? Run(IProgress<JobEvent>? progress = null, CancellationToken cancellationToken = default)
    {
        ICollective processes = request.Processes;
        var reporter = new JobReporter(processes.IsFirst() ? progress : null);
        CheckWeights();
        ComparisonFolder folder = ComparisonFolder.Create(request.Output);
        using IDisposable? held = processes.IsFirst() ? folder.Lock() : null;
        if (OpenInTurn(folder, reporter, cancellationToken) is not { } opened)
        {
            reporter.Warn("Interrupted while drawing scenes.");
            return null;
        }

        using ComparisonImages images = opened;
        Describe(folder, images, reporter);
        try
        {
            return Compare(folder, images, reporter, cancellationToken);
        }
        finally
        {
            if (processes.IsFirst())
            {
                RunReport.Save(folder.Root, reporter);
            }
        }
    }

    /// <summary>The first process begins the folder and draws what is to be drawn; the others find it there.</summary>
    private ComparisonImages? OpenInTurn(ComparisonFolder folder, JobReporter reporter, CancellationToken cancellationToken)
    {
        ICollective processes = request.Processes;
        ComparisonImages? opened = null;
        if (processes.IsFirst())
        {
            folder.Begin(_config);
            opened = Open(folder, reporter, cancellationToken);
        }

        processes.Barrier();
        opened ??= processes.IsFirst() ? null : Open(folder, reporter, cancellationToken);
        if (!processes.Any(opened is null))
        {
            return opened;
        }

        opened?.Dispose();
        return null;
    }

    /// <summary>The files that arms start from are there and fit their detectors, before anything is computed.</summary>
    private void CheckWeights()
    {
        foreach (ComparisonArm arm in _config.Arms.Where(arm => arm.Weights is not null))
        {
            string path = Path.Combine(request.Root, arm.Weights!);
            using WeightsFile weights = RunFolder.OpenWeights(path);
            DetectionRecipe first = arm.Align ? _config.Alignment : _config.FinetuningOf(arm);
            WeightsWidths.Of(weights).RefuseOther(path, first.ArchName, first.Model.Width);
        }
    }

    private ComparisonResults? Compare(
        ComparisonFolder folder,
        ComparisonImages images,
        JobReporter reporter,
        CancellationToken cancellationToken
    )
    {
        if (request.Prepare is { } prepare && !prepare(folder, images))
        {
            return null;
        }

        var cells = new CompareCells(request, folder, images, reporter, cancellationToken);
        if (request.Processes.Any(!cells.Run()))
        {
            return null;
        }

        ComparisonResults results = cells.Save();
        if (!request.Processes.IsFirst())
        {
            return results;
        }

        reporter.Tell(new ComparisonMeasured(results));
        reporter.Say($"Results: {folder.TablePath}, {folder.CsvPath}, {folder.ResultsPath}");
        request.Conclude?.Invoke(folder, images, results);
        return results;
    }

    private ComparisonImages? Open(ComparisonFolder folder, JobReporter reporter, CancellationToken cancellationToken)
    {
        try
        {
            return ComparisonImages.Open(
                _config,
                folder,
                request.Root,
                (done, total) => reporter.Advance("scenes", done, total, null, "drawn"),
                cancellationToken
            );
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    private void Describe(ComparisonFolder folder, ComparisonImages images, JobReporter reporter)
    {
        reporter.Say(
            $"{_config.Arms.Count} arms, {_config.Budgets.Count} budgets, {_config.Seeds.Count} seeds: {_config.Cells.Count} cells; "
                + $"{images.Unlabelled.Count} unlabelled, {images.Labelled.Count} labelled, {images.Test.Count} test images; all settings: {folder.ConfigPath}"
        );
        foreach (string warning in images.Warnings)
        {
            reporter.Warn(warning);
        }
    }
}

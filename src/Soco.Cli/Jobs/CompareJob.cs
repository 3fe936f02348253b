

using Soco.Cli.Terminal;
using Soco.Comparison;
using Soco.Recipes;
using Soco.Runs;
using Soco.Weights;

namespace Soco.Cli.Jobs;

/// <summary>A comparison: its data, its cells, its table.</summary>
/// <param name="config">What is compared.</param>
/// <param name="output">The folder; if it holds a comparison, that one goes on.</param>
/// <param name="root">What relative paths of the configuration's data are under.</param>
internal sealed class CompareJob(ComparisonConfig config, string output, string root)
{
    /// <summary>Threads of computation; null leaves it to the recipes.</summary>
    public int? Threads { get; init; }

    /// <summary>Which cells are run; the others wait.</summary>
    public Func<ComparisonCell, bool> IsAsked { get; init; } = _ => true;

    /// <summary>Called before the first cell, with what ends early on Ctrl-C; the exit code, and only 0 goes on.</summary>
    public Func<ComparisonFolder, ComparisonImages, Interruption, int>? Prepare { get; init; }

    /// <summary>Called when the table is printed.</summary>
    public Action<ComparisonFolder, ComparisonImages, ComparisonResults>? Conclude { get; init; }

    /// <summary>Runs or goes on with the job.</summary>
    /// <returns>The exit code.</returns>
    public int Run()
    {
        using var interruption = new Interruption();
        CheckWeights();
        ComparisonFolder folder = ComparisonFolder.Create(output);
        using IDisposable held = folder.Lock();
        folder.Begin(config);
        if (Open(folder, interruption) is not { } opened)
        {
            Console.Error.WriteLine($"Interrupted while drawing scenes. Go on with: {ShellCommand.AsTyped}");
            return interruption.ExitCode;
        }

        using ComparisonImages images = opened;
        Describe(folder, images);
        try
        {
            return Compare(folder, images, interruption);
        }
        finally
        {
            ReportJob.Save(folder.Root, Narration.Full);
        }
    }

    /// <summary>The files that arms start from are there and fit their detectors, before anything is computed.</summary>
    private void CheckWeights()
    {
        foreach (ComparisonArm arm in config.Arms.Where(arm => arm.Weights is not null))
        {
            string path = Path.Combine(root, arm.Weights!);
            using WeightsFile weights = RunFolder.OpenWeights(path);
            DetectionRecipe first = arm.Align ? config.Alignment : config.FinetuningOf(arm);
            WeightsWidths.Of(weights).RefuseOther(path, first.ArchName, first.Model.Width);
        }
    }

    private int Compare(ComparisonFolder folder, ComparisonImages images, Interruption interruption)
    {
        var cells = new CompareCells(config, folder, images, interruption) { Root = root, Threads = Threads, IsAsked = IsAsked };
        if (Prepare is not null && Prepare(folder, images, interruption) is var prepared && prepared != 0)
        {
            return prepared;
        }

        if (cells.Run() is var exitCode && exitCode != 0)
        {
            return exitCode;
        }

        ComparisonResults results = cells.Save();
        CompareTables.Print(results);
        Console.WriteLine($"Results: {folder.TablePath}, {folder.CsvPath}, {folder.ResultsPath}");
        Conclude?.Invoke(folder, images, results);
        return 0;
    }

    private ComparisonImages? Open(ComparisonFolder folder, Interruption interruption)
    {
        try
        {
            return ProgressLine.Run("scenes", progress => ComparisonImages.Open(
                config, folder, root, (done, total) => progress.Report(done, total, null, "drawn"), interruption.Token));
        }
        catch (OperationCanceledException) when (interruption.Token.IsCancellationRequested)
        {
            return null;
        }
    }

    private void Describe(ComparisonFolder folder, ComparisonImages images)
    {
        Console.WriteLine(
            $"{config.Arms.Count} arms, {config.Budgets.Count} budgets, {config.Seeds.Count} seeds: {config.Cells.Count} cells; "
            + $"{images.Unlabelled.Count} unlabelled, {images.Labelled.Count} labelled, {images.Test.Count} test images; all settings: {folder.ConfigPath}");
        foreach (string warning in images.Warnings)
        {
            Console.WriteLine($"Warning: {warning}");
        }
    }
}

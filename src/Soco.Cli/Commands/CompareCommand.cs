using System.CommandLine;
using System.IO.Enumeration;
using Soco.Comparison;

namespace Soco.Cli.Commands;

/// <summary><c>soco compare CONFIG.yaml --out DIR</c>: arms by seeds by label budgets, each pretrained, fine-tuned and tested the same way.</summary>
internal static class CompareCommand
{
    public static Command Create()
    {
        var configuration = new Argument<string>("CONFIG") { Description = "A YAML file: data, budgets, seeds, arms and what is common to them; see docs/compare.md.", HelpName = "CONFIG.yaml" };
        Option<string> output = CommonOptions.Out("The comparison's folder. If it holds one, that one goes on.");
        var data = new Option<string?>("--data") { Description = "What relative paths of the configuration's data are under. Default: the folder of the configuration.", HelpName = "DIR" };
        var only = new Option<string?>("--only") { Description = "Run only the cells whose names match, such as \"soco*-50-seed1\"; the same command without it goes on.", HelpName = "PATTERN" };
        var threads = new Option<int?>("--threads") { Description = "Threads of computation; 0 is one for each core.", HelpName = "N" };
        var command = new Command("compare", "Compare pretraining methods: seeds by label budgets, with confidence intervals.") { configuration, output, data, only, threads };
        command.SetAction(request =>
        {
            if (request.GetValue(threads) is < 0)
            {
                throw new SocoRequestException($"--threads {request.GetValue(threads)} is not possible: give 1 or more, or 0 for one for each core.");
            }

            string path = request.GetValue(configuration)!, folder = request.GetValue(output)!;
            ComparisonConfig config = ComparisonConfig.Load(path);
            string root = request.GetValue(data) ?? Path.GetDirectoryName(Path.GetFullPath(path))!;
            Func<ComparisonCell, bool> isAsked = request.GetValue(only) is { } pattern ? cell => FileSystemName.MatchesSimpleExpression(pattern, cell.Name, ignoreCase: false) : _ => true;
            if (!config.Cells.Any(isAsked))
            {
                throw new SocoRequestException($"--only {request.GetValue(only)} matches no cell; they are named like {config.Cells[0].Name}.");
            }

            string again = $"soco compare {path} --out {folder}"
                + (request.GetValue(data) is { } given ? $" --data {given}" : "")
                + (request.GetValue(only) is { } cells ? $" --only \"{cells}\"" : "")
                + (request.GetValue(threads) is { } count ? $" --threads {count}" : "");
            return Run(config, folder, root, again, request.GetValue(threads), isAsked);
        });
        return command;
    }

    private static int Run(ComparisonConfig config, string output, string root, string again, int? threads, Func<ComparisonCell, bool> isAsked)
    {
        using var interruption = new Interruption();
        ComparisonFolder folder = ComparisonFolder.Create(output);
        using IDisposable held = folder.Lock();
        folder.Begin(config);
        if (Open(config, folder, root, interruption) is not { } opened)
        {
            Console.Error.WriteLine($"Interrupted while drawing scenes. Go on with: {again}");
            return interruption.ExitCode;
        }

        using ComparisonImages images = opened;
        Console.WriteLine(
            $"{config.Arms.Count} arms, {config.Budgets.Count} budgets, {config.Seeds.Count} seeds: {config.Cells.Count} cells; "
            + $"{images.Unlabelled.Count} unlabelled, {images.Labelled.Count} labelled, {images.Test.Count} test images; all settings: {folder.ConfigPath}");
        foreach (string warning in images.Warnings)
        {
            Console.WriteLine($"Warning: {warning}");
        }

        var job = new CompareJob(config, folder, images, interruption) { Command = again, Threads = threads, IsAsked = isAsked };
        int exitCode = job.Run();
        if (exitCode == 0)
        {
            CompareTables.Print(job.Save());
            Console.WriteLine($"Results: {folder.TablePath}, {folder.CsvPath}, {folder.ResultsPath}");
        }

        ReportJob.Save(folder.Root, Narration.Full);
        return exitCode;
    }

    private static ComparisonImages? Open(ComparisonConfig config, ComparisonFolder folder, string root, Interruption interruption)
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
}

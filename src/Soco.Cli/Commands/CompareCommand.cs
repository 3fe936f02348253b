using System.CommandLine;
using System.IO.Enumeration;
using Soco.Cli.Options;
using Soco.Cli.Terminal;
using Soco.Comparison;
using Soco.Jobs;
using Soco.Vision;

namespace Soco.Cli.Commands;

/// <summary>
/// <c>soco compare CONFIG.yaml --out DIR</c>: arms by seeds by label budgets, each pretrained, fine-tuned and tested the same way.
/// </summary>
internal static class CompareCommand
{
    public static Command Create()
    {
        var configuration = new Argument<string>("CONFIG")
        {
            Description = "A YAML file: data, budgets, seeds, arms and what is common to them; see docs/compare.md.",
            HelpName = "CONFIG.yaml",
        };
        Option<string> output = CommonOptions.Out("The comparison's folder. If it holds one, that one goes on.");
        var data = new Option<string?>("--data")
        {
            Description = "What relative paths of the configuration's data are under. Default: the folder of the configuration.",
            HelpName = "DIR",
        };
        var only = new Option<string?>("--only")
        {
            Description = "Run only the cells whose names match, such as \"soco*-50-seed1\"; the same command without it goes on.",
            HelpName = "PATTERN",
        };
        Option<string[]> set = CommonOptions.Set(
            "Override any key of the configuration, such as finetuning.iterations=300. May be given again."
        );
        Option<int?> threads = CommonOptions.Threads();
        var command = new Command("compare", "Compare pretraining methods: seeds by label budgets, with confidence intervals.")
        {
            configuration,
            output,
            data,
            only,
            set,
            threads,
            CommonOptions.ProcessesOption,
        };
        command.SetAction(request =>
        {
            string path = request.GetValue(configuration)!,
                folder = request.GetValue(output)!;
            string[] overrides = request.GetValue(set)!;
            ComparisonConfig config = ComparisonConfig.Load(path, overrides);
            Func<ComparisonCell, bool> isAsked = request.GetValue(only) is { } pattern
                ? cell => FileSystemName.MatchesSimpleExpression(pattern, cell.Name, ignoreCase: false)
                : _ => true;
            if (!config.Cells.Any(isAsked))
            {
                throw new SocoRequestException(
                    $"--only {request.GetValue(only)} matches no cell; they are named like {config.Cells[0].Name}."
                );
            }

            using var interruption = new Interruption();
            using var console = new ConsoleProgress();
            ComparisonResults? results = new CompareJob(
                new CompareRequest
                {
                    Config = config,
                    Output = folder,
                    Root = request.GetValue(data) ?? Path.GetDirectoryName(Path.GetFullPath(path))!,
                    Threads = request.GetValue(threads),
                    IsAsked = isAsked,
                    Processes = ProcessGroup.Current,
                    Command = TypedCommand.Text,
                }
            ).Run(console, interruption.Token);
            return results is null ? TypedCommand.GoOnWith(interruption) : 0;
        });
        return command;
    }
}

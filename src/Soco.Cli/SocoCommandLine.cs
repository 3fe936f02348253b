using System.CommandLine;
using System.CommandLine.Help;
using Soco.Cli.Commands;
using Soco.Cli.Options;
using Soco.Cli.Terminal;
using Soco.Distributed;
using Soco.Distributed.Mpi;
using Soco.Tensors.Native;
using Soco.Vision;

namespace Soco.Cli;

/// <summary>The command line: parses, hands over to a command, and turns every failure into one sentence and an exit code.</summary>
public static class SocoCommandLine
{
    private const int WrongRequest = 2;
    private const int Failed = 1;
    private const string Help = "--help";

    private static readonly TimeSpan s_precedence = TimeSpan.FromSeconds(2);

    private static readonly HashSet<string> s_shared = ["pretrain", "finetune", "proposals", "predict", "compare"];

    private static readonly Option<bool> s_verbose = new("--verbose")
    {
        Description = "Show the stack trace of an error.",
        Recursive = true,
    };

    /// <summary>Runs a command.</summary>
    /// <param name="arguments">As typed.</param>
    /// <returns>0 done, 1 the run failed, 2 the request was wrong, 129, 130, 138 or 143 interrupted after a save.</returns>
    public static int Run(string[] arguments)
    {
        string[] words =
            arguments is [] ? [Help]
            : arguments is ["help", .. var asked] ? [.. asked, Help]
            : arguments;
        Command root = Root();
        if (CompletionCommand.Answer(root, words))
        {
            return 0;
        }

        ParseResult request = root.Parse(words);
        if (request.Action is not HelpAction && RequestErrors.Of(request, words) is { } wrong)
        {
            Console.Error.WriteLine($"soco: {PlainText.Of(wrong)} See soco {NameOf(request)}--help.");
            return WrongRequest;
        }

        try
        {
            if (request.GetResult(CommonOptions.ProcessesOption) is { } several && !MpiCollective.IsLaunched)
            {
                return MpiRun.Run(several.GetValueOrDefault<int?>() ?? 1, words);
            }

            ProcessGroup.Join();
        }
        catch (SocoException exception)
        {
            return Report(exception, request);
        }

        // What the processes cannot do together the first one does alone.
        int code =
            ProcessGroup.Current.IsFirst() || s_shared.Contains(request.CommandResult.Command.Name)
                ? Invoke(request, out bool agreed)
                : Done(out agreed);
        ProcessGroup.Leave(code, agreed);

        // A launcher ends all processes when one ends with an error: the first one, which has most to say, ends last.
        return agreed && !ProcessGroup.Current.IsFirst() ? 0 : code;
    }

    private static int Done(out bool agreed)
    {
        agreed = true;
        return 0;
    }

    private static int Invoke(ParseResult request, out bool agreed)
    {
        agreed = false;
        try
        {
            int code = request.Invoke(
                new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }
            );
            agreed = code is 0 or > 128;
            return code;
        }
        catch (Exception exception)
        {
            return Report(exception, request);
        }
    }

    /// <summary>All commands with their options.</summary>
    internal static Command Root()
    {
        // A RootCommand would have the name of the assembly.
        var root = new Command("soco", "Self-supervised pretraining for object detectors (SoCo, NeurIPS 2021): start with `soco demo`.")
        {
            new HelpOption(),
            new VersionOption(),
            s_verbose,
        };
        root.Subcommands.Add(DemoCommand.Create());
        root.Subcommands.Add(ProposalsCommand.Create());
        root.Subcommands.Add(ViewsCommand.Create());
        root.Subcommands.Add(PretrainCommand.Create());
        root.Subcommands.Add(ProbeCommand.Create());
        root.Subcommands.Add(EmbedCommand.Create());
        root.Subcommands.Add(FinetuneCommand.Create());
        root.Subcommands.Add(EvaluateCommand.Create());
        root.Subcommands.Add(PredictCommand.Create());
        root.Subcommands.Add(CompareCommand.Create());
        root.Subcommands.Add(ExportCommand.Create());
        root.Subcommands.Add(ConvertCommand.Create());
        root.Subcommands.Add(InspectCommand.Create());
        root.Subcommands.Add(ReportCommand.Create());
        root.Subcommands.Add(DoctorCommand.Create());
        root.Subcommands.Add(CompletionCommand.Create());
        return root;
    }

    private static string NameOf(ParseResult request) =>
        request.CommandResult.Command == request.RootCommandResult.Command ? "" : request.CommandResult.Command.Name + " ";

    /// <summary>Prints an error as one sentence.</summary>
    /// <returns>The exit code of a command that ends this way.</returns>
    private static int Report(Exception thrown, ParseResult request)
    {
        string? loading =
            TorchRuntime.LoadError
            ?? (
                thrown is TypeInitializationException { TypeName: "TorchSharp.torch" }
                    ? thrown.GetBaseException().Message.Split('\n')[0]
                    : null
            );
        Exception exception =
            loading is null || thrown is SocoException
                ? thrown
                : new SocoRunException($"libtorch cannot be loaded: {loading} `soco doctor` shows what this machine has.");
        if (!ProcessGroup.Current.IsFirst())
        {
            // What the first process meets too it says itself, and ends the others meanwhile.
            Thread.Sleep(s_precedence);
            Console.SetError(ProcessGroup.Errors);
            Console.Error.Write($"process {ProcessGroup.Current.Rank} on {ProcessGroup.Current.Hosts[ProcessGroup.Current.Rank]}: ");
        }

        bool expected = exception is SocoException;
        Console.Error.WriteLine($"soco: {(expected ? "" : "unexpected error: ")}{PlainText.Of(exception.Message)}");
        if (request.GetValue(s_verbose))
        {
            Console.Error.WriteLine(thrown);
        }
        else if (!expected)
        {
            Console.Error.WriteLine("Run again with --verbose for the place it came from.");
        }

        return exception is SocoRequestException or SocoDataException ? WrongRequest : Failed;
    }
}

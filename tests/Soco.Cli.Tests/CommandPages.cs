using System.Collections;
using System.CommandLine;
using System.CommandLine.Completions;
using System.Globalization;
using System.Text;

namespace Soco.Cli.Tests;

/// <summary>The pages of <c>docs/commands</c>, made from the commands themselves.</summary>
internal static class CommandPages
{
    /// <summary>Every page: its file name and its text.</summary>
    public static IReadOnlyDictionary<string, string> All()
    {
        Command root = SocoCommandLine.Root();
        Option[] common = [.. root.Options.Where(option => option.Recursive)];
        var pages = new Dictionary<string, string> { ["README.md"] = Index(root, common), ["toc.yml"] = Contents(root) };
        foreach (Command command in root.Subcommands)
        {
            pages[$"{command.Name}.md"] = Page(command);
        }

        return pages;
    }

    private static string Index(Command root, Option[] common) =>
        new StringBuilder()
            .Append("# Commands\n\n")
            .Append(root.Description)
            .Append("\n\n")
            .Append("| command | what it does |\n|---|---|\n")
            .AppendJoin(
                '\n',
                root.Subcommands.Select(command => $"| [`soco {command.Name}`]({command.Name}.md) | {Cell(command.Description)} |")
            )
            .Append("\n\nEvery command also takes\n\n")
            .Append(Options(common))
            .Append("\nExit codes: 0 done, 1 the run failed, 2 the request was wrong, 129, 130 or 143 interrupted after a save.\n")
            .ToString();

    /// <summary>The contents of the folder on the documentation's site.</summary>
    private static string Contents(Command root) =>
        "- { name: All commands, href: README.md }\n"
        + string.Concat(root.Subcommands.Select(command => $"- {{ name: soco {command.Name}, href: {command.Name}.md }}\n"));

    private static string Page(Command command)
    {
        Option[] required = [.. command.Options.Where(option => option.Required)],
            others = [.. command.Options.Where(option => !option.Required && !option.Recursive)];
        var page = new StringBuilder();
        page.Append($"# soco {command.Name}\n\n{command.Description}\n\n```sh\nsoco {command.Name}");
        page.Append(string.Concat(command.Arguments.Select(argument => $" {NameOf(argument)}")));
        page.Append(string.Concat(required.Select(option => $" {Usage(option)}")));
        page.Append(others.Length > 0 ? " [options]\n```\n" : "\n```\n");
        if (command.Arguments.Count > 0)
        {
            page.Append("\n| argument | what it is |\n|---|---|\n");
            page.Append(
                string.Concat(command.Arguments.Select(argument => $"| `{Cell(NameOf(argument))}` | {Cell(argument.Description)} |\n"))
            );
        }

        return page.Append(command.Options.Count > 0 ? "\n" + Options([.. required, .. others]) : "").ToString();
    }

    private static string Options(Option[] options) =>
        "| option | what it is | default |\n|---|---|---|\n"
        + string.Concat(
            options.Select(option =>
                $"| `{Cell(Usage(option))}` | {Cell(option.Description)} | {(option.Required ? "required" : Default(option))} |\n"
            )
        );

    private static string NameOf(Argument argument) =>
        (argument.HelpName ?? argument.Name) + (argument.Arity.MaximumNumberOfValues > 1 ? "..." : "");

    private static string Usage(Option option)
    {
        string value =
            option.ValueType == typeof(bool)
                ? ""
                : option.HelpName ?? string.Join('|', option.GetCompletions(CompletionContext.Empty).Select(item => item.Label));
        return value.Length > 0 ? $"{option.Name} {value}" : option.Name;
    }

    private static string Default(Option option) =>
        !option.HasDefaultValue
            ? ""
            : option.GetDefaultValue() switch
            {
                Enum choice => $"`{choice.ToString().ToLowerInvariant()}`",
                string text => $"`{text}`",
                null or false or IEnumerable => "",
                object value => $"`{Convert.ToString(value, CultureInfo.InvariantCulture)}`",
            };

    private static string Cell(string? text) => (text ?? "").Replace("|", @"\|");
}

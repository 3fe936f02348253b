using System.CommandLine;
using System.CommandLine.Parsing;

namespace Soco.Cli.Options;

/// <summary>What is wrong with a request that cannot be carried out as it was typed.</summary>
internal static class RequestErrors
{
    private const string EndOfOptions = "--";

    /// <summary>A sentence or more; null where nothing is wrong.</summary>
    /// <param name="request">As it was understood.</param>
    /// <param name="arguments">As it was typed.</param>
    public static string? Of(ParseResult request, string[] arguments)
    {
        Command command = request.CommandResult.Command;
        string[] options = [.. arguments.TakeWhile(word => word != EndOfOptions).Where(word => word.Length > 1 && word[0] == '-')];
        IEnumerable<string> taken = request
            .CommandResult.Children.OfType<ArgumentResult>()
            .SelectMany(argument => argument.Tokens)
            .Select(token => token.Value);
        if (taken.Concat(request.UnmatchedTokens).FirstOrDefault(options.Contains) is { } unknown)
        {
            string name = unknown.Split('=')[0];
            return $"{(command == request.RootCommandResult.Command ? "" : $"{command.Name} ")}has no option {name}"
                + Meant(name, command.Options.Where(option => !option.Hidden).Select(option => option.Name), least: 4);
        }

        if (command == request.RootCommandResult.Command && request.UnmatchedTokens.Count > 0)
        {
            return $"there is no command {request.UnmatchedTokens[0]}"
                + Meant(request.UnmatchedTokens[0], command.Subcommands.Select(known => known.Name), least: 3);
        }

        return request.Errors.Count == 0 ? null : string.Join(" ", request.Errors.Select(Sentence));
    }

    private static string Meant(string typed, IEnumerable<string> known, int least)
    {
        string? nearest = known
            .Where(name =>
                name.StartsWith(typed, StringComparison.Ordinal) || EditDistance.Between(typed, name) <= Math.Max(2, typed.Length / 3)
            )
            .OrderBy(name => EditDistance.Between(typed, name))
            .FirstOrDefault();
        return typed.Length >= least && nearest is not null ? $"; did you mean {nearest}?" : ".";
    }

    /// <summary>An error as a person says it: of a value that is no number or no known name, without the name of its type.</summary>
    private static string Sentence(ParseError error)
    {
        if (
            error.SymbolResult is not OptionResult { Option: var option, Tokens: [var token, ..] }
            || !error.Message.Contains("as expected type", StringComparison.Ordinal)
        )
        {
            return error.Message;
        }

        Type type = Nullable.GetUnderlyingType(option.ValueType) ?? option.ValueType;
        string needed =
            type.IsEnum ? string.Join(", ", Enum.GetNames(type).Select(name => name.ToLowerInvariant()))
            : type == typeof(double) ? "a number"
            : "a whole number";
        return $"{option.Name} {token.Value} is not possible: give {needed}.";
    }
}

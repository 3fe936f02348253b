using System.CommandLine;

namespace Soco.Cli.Commands;

/// <summary><c>soco completion</c>: the script that a shell reads to complete commands, options and their values.</summary>
internal static class CompletionCommand
{
    /// <summary>
    /// How a script asks for the completions of a line: <c>soco [suggest:POSITION] LINE</c>, as System.CommandLine's own tools do.
    /// </summary>
    private const string Directive = "[suggest:";

    private static readonly Dictionary<string, string> s_scripts = new(StringComparer.Ordinal)
    {
        // Files are completed where Soco knows no better.
        ["bash"] = """
            _soco() {
                local IFS=$'\n'
                COMPREPLY=($(soco "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null))
            }
            complete -o bashdefault -o default -F _soco soco
            """,
        ["zsh"] = """
            _soco() {
                local -a words_found
                words_found=("${(@f)$(soco "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)}")
                if [[ -n "${words_found[1]}" ]]; then compadd -Q -- "${words_found[@]}"; else _files; fi
            }
            compdef _soco soco
            """,
        ["fish"] = """
            function __soco_complete
                set -l found (soco "[suggest:"(commandline -C)"]" (commandline -p) 2>/dev/null)
                if test -n "$found[1]"
                    string join -- \n $found
                else
                    __fish_complete_path (commandline -ct)
                end
            end
            complete -c soco -f -a '(__soco_complete)'
            """,
        ["pwsh"] = """
            Register-ArgumentCompleter -Native -CommandName soco -ScriptBlock {
                param($wordToComplete, $commandAst, $cursorPosition)
                soco "[suggest:$cursorPosition]" "$commandAst" 2>$null | ForEach-Object {
                    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
                }
            }
            """,
    };

    public static Command Create()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh, fish or pwsh." };
        shell.AcceptOnlyFromAmong([.. s_scripts.Keys]);
        var command = new Command("completion", "Print the script of shell completion; for bash: source <(soco completion bash).")
        {
            shell,
        };
        command.SetAction(request => Console.WriteLine(s_scripts[request.GetRequiredValue(shell)]));
        return command;
    }

    /// <summary>Answers a script of <see cref="Create"/>: one completion a line.</summary>
    /// <param name="root">All commands.</param>
    /// <param name="arguments">The arguments of this process.</param>
    /// <returns>False where the arguments ask for something else.</returns>
    public static bool Answer(Command root, string[] arguments)
    {
        if (
            arguments is not [var directive, var line]
            || !directive.StartsWith(Directive, StringComparison.Ordinal)
            || !int.TryParse(directive[Directive.Length..].TrimEnd(']'), out int position)
        )
        {
            return false;
        }

        // Names of enums are typed in lower case here, and no option begins with the slash of Windows. System.CommandLine also finds words
        // inside of others.
        string typed = line[..Math.Clamp(position, 0, line.Length)];
        string begun = typed[(typed.LastIndexOf(' ') + 1)..];
        IEnumerable<string> words = root.Parse(typed).GetCompletions(typed.Length).Select(item => item.Label.ToLowerInvariant());
        foreach (string word in words.Where(word => !word.StartsWith('/') && word.StartsWith(begun, StringComparison.OrdinalIgnoreCase)))
        {
            Console.WriteLine(word);
        }

        return true;
    }
}

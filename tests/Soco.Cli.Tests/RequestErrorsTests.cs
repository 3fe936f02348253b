using System.CommandLine;
using Soco.Cli.Options;

namespace Soco.Cli.Tests;

public sealed class RequestErrorsTests
{
    [Theory]
    [InlineData("there is no command pretran; did you mean pretrain?", "pretran", "x")]
    [InlineData("there is no command expor; did you mean export?", "expor")]
    [InlineData("there is no command xyz.", "xyz")]
    [InlineData("pretrain has no option --epoch; did you mean --epochs?", "pretrain", "images", "--epoch", "3", "--out", "run")]
    [InlineData("pretrain has no option --epoch; did you mean --epochs?", "pretrain", "images", "--out", "run", "--epoch=3")]
    [InlineData("finetune has no option --annotation; did you mean --annotations?", "finetune", "--annotation", "x", "--out", "run")]
    [InlineData("inspect has no option --quick.", "inspect", "run", "--quick")]
    [InlineData("has no option --verson; did you mean --version?", "--verson")]
    [InlineData(
        "--transfer banana is not possible: give backbone, fpn, head, all.",
        "finetune",
        "--annotations",
        "x",
        "--out",
        "run",
        "--transfer",
        "banana"
    )]
    [InlineData("--steps many is not possible: give a whole number.", "pretrain", "images", "--out", "run", "--steps", "many")]
    [InlineData(
        "--threshold high is not possible: give a number.",
        "predict",
        "images",
        "--weights",
        "w",
        "--out",
        "run",
        "--threshold",
        "high"
    )]
    public void What_was_meant_is_named(string sentence, params string[] arguments) => Assert.Equal(sentence, Of(arguments));

    [Theory]
    [InlineData("pretrain", "images", "--out", "run", "--epochs", "3")]
    [InlineData("pretrain", "--out", "run", "--", "--images-of-today")]
    [InlineData("pretrain", "images", "--out", "--odd-name")]
    public void What_can_be_carried_out_is_not_refused(params string[] arguments) => Assert.Null(Of(arguments));

    [Fact]
    public void Every_option_is_suggested_where_its_last_letter_is_missing()
    {
        foreach (Command command in SocoCommandLine.Root().Subcommands)
        {
            HashSet<string> names = [.. command.Options.Select(option => option.Name)];
            foreach (string name in names.Where(name => name.Length > 5 && !names.Contains(name[..^1])))
            {
                Assert.Contains($"{command.Name} has no option {name[..^1]}; did you mean {name}?", Of(command.Name, name[..^1]));
            }
        }
    }

    [Fact]
    public void No_sentence_about_a_value_names_a_type()
    {
        foreach (Command command in SocoCommandLine.Root().Subcommands)
        {
            foreach (Option option in command.Options.Where(option => option.ValueType != typeof(bool)))
            {
                string? sentence = Of(command.Name, option.Name, "banana");
                Assert.DoesNotContain("expected type", sentence);
                Assert.DoesNotContain("System.", sentence);
            }
        }
    }

    private static string? Of(params string[] arguments) => RequestErrors.Of(SocoCommandLine.Root().Parse(arguments), arguments);
}

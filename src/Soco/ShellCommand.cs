namespace Soco;

/// <summary>Commands as a shell takes them.</summary>
public static class ShellCommand
{
    /// <summary>The command of this process, as it was typed.</summary>
    public static string AsTyped => string.Join(' ', Environment.GetCommandLineArgs().Skip(1).Prepend("soco").Select(Quoted));

    /// <summary>A word, in quotes where a shell would take it for something else.</summary>
    public static string Quoted(string word) =>
        word.Length > 0 && word.All(letter => char.IsLetterOrDigit(letter) || "-_=+./,:@%".Contains(letter)) ? word : $"'{word.Replace("'", @"'\''")}'";
}

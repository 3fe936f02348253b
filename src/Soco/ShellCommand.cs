namespace Soco;

/// <summary>Commands as a shell takes them.</summary>
public static class ShellCommand
{
    /// <summary>A word, in quotes where a shell would take it for something else.</summary>
    public static string Quoted(string word) =>
        word.Length > 0 && word.All(letter => char.IsLetterOrDigit(letter) || "-_=+./,:@%".Contains(letter))
            ? word
            : $"'{word.Replace("'", @"'\''")}'";
}

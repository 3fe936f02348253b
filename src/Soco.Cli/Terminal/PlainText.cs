using System.Text;
using Spectre.Console;

namespace Soco.Cli.Terminal;

/// <summary>
/// Text of files and names as a terminal may have it: what would move its cursor or change its colors is shown, not sent.
/// </summary>
internal static class PlainText
{
    /// <summary>The text with each control character but line feeds as its number, such as <c>\x1b</c>.</summary>
    public static string Of(string text)
    {
        if (!text.Any(IsUnsafe))
        {
            return text;
        }

        var plain = new StringBuilder();
        foreach (char letter in text)
        {
            plain.Append(IsUnsafe(letter) ? $@"\x{(int)letter:x2}" : letter);
        }

        return plain.ToString();
    }

    /// <summary>The same for a cell of a table or the words beside a bar.</summary>
    public static string Cell(string text) => Markup.Escape(Of(text));

    // Characters that turn the direction of writing hide what a name is as well as an escape does.
    private static bool IsUnsafe(char letter) =>
        (char.IsControl(letter) && letter != '\n') || letter is (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');
}

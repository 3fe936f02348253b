namespace Soco.Vision.IO;

/// <summary>Fields of comma-separated lists that people open in a spreadsheet.</summary>
internal static class CsvText
{
    /// <summary>
    /// A text as a field. A line of the file is a line of the list: what breaks lines becomes a space. What a spreadsheet would take for a
    /// formula gets an apostrophe.
    /// </summary>
    public static string Quote(string field)
    {
        string line = field.ReplaceLineEndings(" ");
        line = line is ['=' or '+' or '-' or '@' or '\t', ..] ? "'" + line : line;
        return line.AsSpan().ContainsAny(",\"") ? $"\"{line.Replace("\"", "\"\"")}\"" : line;
    }
}

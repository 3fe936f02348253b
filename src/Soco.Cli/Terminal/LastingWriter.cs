using System.Text;

namespace Soco.Cli.Terminal;

/// <summary>
/// A console that may fail: its disk is full, or whoever read it is gone. What cannot be written is lost, and the work goes on.
/// </summary>
/// <param name="console">The console.</param>
internal sealed class LastingWriter(TextWriter console) : TextWriter
{
    /// <inheritdoc/>
    public override Encoding Encoding => console.Encoding;

    /// <summary>Puts both streams of the console behind such a writer.</summary>
    public static void Install()
    {
        Console.SetOut(new LastingWriter(Console.Out));
        Console.SetError(new LastingWriter(Console.Error));
    }

    /// <inheritdoc/>
    public override void Write(char value) => Try(() => console.Write(value));

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Try(() => console.Write(buffer, index, count));

    /// <inheritdoc/>
    public override void Write(string? value) => Try(() => console.Write(value));

    /// <inheritdoc/>
    public override void WriteLine(string? value) => Try(() => console.WriteLine(value));

    /// <inheritdoc/>
    public override void Flush() => Try(console.Flush);

    private static void Try(Action write)
    {
        try
        {
            write();
        }
        catch (IOException)
        {
            // A log line never ends a run.
        }
    }
}

namespace Soco.Cli.Terminal;

/// <summary>How much a job says: everything where it is a command of its own, its progress alone where it is a part of a longer one.</summary>
/// <param name="Title">What its progress is called.</param>
/// <param name="ProgressOnly">Whether it says nothing else.</param>
internal sealed record Narration(string Title, bool ProgressOnly)
{
    /// <summary>Of a command.</summary>
    public static Narration Full { get; } = new("step", ProgressOnly: false);

    /// <summary>Of a part of a longer command.</summary>
    /// <param name="name">The part.</param>
    public static Narration OfPart(string name) => new($"{name} step", ProgressOnly: true);

    /// <summary>Says something beside the progress.</summary>
    public void Say(string text)
    {
        if (!ProgressOnly)
        {
            Console.WriteLine(PlainText.Of(text));
        }
    }
}

using System.Diagnostics;
using Spectre.Console;

namespace Soco.Cli.Terminal;

/// <summary>
/// Progress of long work: a bar with rate and time left on a terminal, plain lines in a log, at first every few seconds and then ever more seldom.
/// </summary>
internal sealed class ProgressLine
{
    private const double ShareBetween = 0.05;
    private static readonly TimeSpan s_between = TimeSpan.FromSeconds(5);

    private readonly ProgressTask? _bar;
    private readonly string _title;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _told = -s_between;

    private ProgressLine(string title, ProgressTask? bar)
    {
        _title = title;
        _bar = bar;
    }

    /// <summary>Runs the work with a place to report to.</summary>
    /// <param name="title">What the work is, in a word or two.</param>
    /// <param name="work">Calls <see cref="Report"/> as it goes; what it throws passes through.</param>
    public static T Run<T>(string title, Func<ProgressLine, T> work)
    {
        if (Console.IsOutputRedirected || !AnsiConsole.Profile.Capabilities.Ansi)
        {
            return work(new ProgressLine(title, null));
        }

        T result = default!;
        AnsiConsole.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn())
            .Start(context => result = work(new ProgressLine(title, context.AddTask(PlainText.Cell(title)))));
        return result;
    }

    /// <summary>Tells how far the work is.</summary>
    /// <param name="done">Units done.</param>
    /// <param name="total">Units in all.</param>
    /// <param name="left">Time left; null when it cannot be told yet.</param>
    /// <param name="details">Rate and figures, with units.</param>
    public void Report(long done, long total, TimeSpan? left, string details)
    {
        string text = $"{details}{(left is { } time ? $", {Durations.Format(time)} left" : "")}";
        if (_bar is not null)
        {
            _bar.MaxValue = Math.Max(total, 1);
            _bar.Value = done;
            _bar.Description = PlainText.Cell($"{_title} {done}/{total}  {text}");
        }
        else if (done == total || (_clock.Elapsed - _told >= s_between && _clock.Elapsed - _told >= _clock.Elapsed * ShareBetween))
        {
            _told = _clock.Elapsed;
            Console.WriteLine(PlainText.Of($"{_title} {done}/{total}  {text}"));
        }
    }

    /// <summary>Tells something that is not to be overwritten by what comes after.</summary>
    public void Say(string text)
    {
        if (_bar is not null)
        {
            AnsiConsole.MarkupLine(PlainText.Cell(text));
        }
        else
        {
            Console.WriteLine(PlainText.Of(text));
        }
    }
}

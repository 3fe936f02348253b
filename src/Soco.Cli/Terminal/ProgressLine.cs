using System.Diagnostics;

namespace Soco.Cli.Terminal;

/// <summary>
/// Progress of long work: a bar with rate and time left on a terminal, plain lines in a log, at first every few seconds and then ever more
/// seldom.
/// </summary>
/// <param name="title">What the work is, in a word or two.</param>
internal sealed class ProgressLine(string title) : IDisposable
{
    private const double ShareBetween = 0.05;
    private const int BarWidth = 24;
    private const int UsualWidth = 80;
    private const string EraseLine = "\r\u001b[K";
    private static readonly TimeSpan s_between = TimeSpan.FromSeconds(5);

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _told = -s_between;
    private string _shown = "";

    /// <summary>What the work is.</summary>
    public string Title => title;

    private static bool IsTerminal => !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "dumb");

    /// <summary>Tells how far the work is.</summary>
    /// <param name="done">Units done.</param>
    /// <param name="total">Units in all.</param>
    /// <param name="left">Time left; null when it cannot be told yet.</param>
    /// <param name="details">Rate and figures, with units.</param>
    public void Report(long done, long total, TimeSpan? left, string details)
    {
        string text = PlainText.Of($"{title} {done}/{total}  {details}{(left is { } time ? $", {Durations.Format(time)} left" : "")}");
        if (IsTerminal)
        {
            int filled = (int)(BarWidth * Math.Clamp((double)done / Math.Max(total, 1), 0, 1));
            string line = $"{new string('=', filled)}{new string('-', BarWidth - filled)} {text}";
            _shown = line[..Math.Min(line.Length, (Console.WindowWidth > 0 ? Console.WindowWidth : UsualWidth) - 1)];
            Console.Write(EraseLine + _shown);
        }
        else if (done == total || (_clock.Elapsed - _told >= s_between && _clock.Elapsed - _told >= _clock.Elapsed * ShareBetween))
        {
            _told = _clock.Elapsed;
            Console.WriteLine(text);
        }
    }

    /// <summary>Takes the bar away, for other lines; the next report draws it again.</summary>
    public void Clear()
    {
        if (_shown.Length > 0)
        {
            Console.Write(EraseLine);
            _shown = "";
        }
    }

    /// <summary>Leaves the last line where it is.</summary>
    public void Dispose()
    {
        if (_shown.Length > 0)
        {
            Console.WriteLine();
            _shown = "";
        }
    }
}

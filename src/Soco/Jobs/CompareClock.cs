using System.Diagnostics;
using Soco.Comparison;

namespace Soco.Jobs;

/// <summary>How long a comparison has taken, over all its sessions, and how long it will.</summary>
internal sealed class CompareClock
{
    private readonly Stopwatch _session = Stopwatch.StartNew();
    private readonly List<double> _pretrainings = [];
    private readonly List<double> _cells = [];
    private readonly double _before;

    /// <param name="results">What earlier sessions left, if anything.</param>
    public CompareClock(ComparisonResults? results)
    {
        (Started, _before) = (results?.Started ?? DateTimeOffset.UtcNow, results?.Seconds ?? 0);
        foreach (CellResult cell in results?.Cells ?? [])
        {
            _cells.Add(cell.FinetuneSeconds);
            if (cell.PretrainSeconds > 0)
            {
                _pretrainings.Add(cell.PretrainSeconds);
            }
        }
    }

    /// <summary>When the first session began, UTC.</summary>
    public DateTimeOffset Started { get; }

    /// <summary>Time of all sessions.</summary>
    public double Seconds => _before + _session.Elapsed.TotalSeconds;

    /// <summary>Runs a pretraining, and takes its time where it comes to its end.</summary>
    public bool TimePretraining(Func<bool> run) => Time(_pretrainings, run);

    /// <summary>Runs fine-tuning and test of a cell, and takes their time where they come to their end.</summary>
    public bool TimeCell(Func<bool> run) => Time(_cells, run);

    /// <summary>Time left, as the end of a sentence; empty where nothing tells it yet.</summary>
    /// <param name="pretrainings">Pretrainings that are to come.</param>
    /// <param name="cells">Cells that are to come.</param>
    public string Left(int pretrainings, int cells) =>
        (pretrainings > 0 && _pretrainings.Count == 0) || _cells.Count == 0
            ? ""
            : $", about {Durations.Format(TimeSpan.FromSeconds((pretrainings > 0 ? pretrainings * _pretrainings.Average() : 0) + cells * _cells.Average()))} left in all";

    private static bool Time(List<double> times, Func<bool> run)
    {
        var clock = Stopwatch.StartNew();
        bool ended = run();
        if (ended)
        {
            times.Add(clock.Elapsed.TotalSeconds);
        }

        return ended;
    }
}

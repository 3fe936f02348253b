using System.Diagnostics;

namespace Soco.Vision.Proposals;

/// <summary>How far a run is.</summary>
/// <param name="Done">Images that are proposed or skipped, those of earlier runs included.</param>
/// <param name="Total">Images of the source.</param>
/// <param name="Skipped">Images that could not be read.</param>
/// <param name="ImagesPerSecond">Over the last ten seconds or so; 0 before there is anything to go by.</param>
/// <param name="Remaining">Time left at that rate; null before there is one.</param>
public sealed record ProposalProgress(int Done, int Total, int Skipped, double ImagesPerSecond, TimeSpan? Remaining);

/// <summary>What a run did.</summary>
/// <param name="Proposed">Images proposed in this run.</param>
/// <param name="AlreadyThere">Images that earlier runs had proposed.</param>
/// <param name="Skipped">Images that could not be read; <c>skipped.csv</c> lists them.</param>
/// <param name="Boxes">Boxes written in this run.</param>
/// <param name="WithoutBoxes">Images of this run for which no box was kept: the whole image stands in when training reads them.</param>
/// <param name="Cancelled">Whether it was told to stop; what it had done is kept, and the same request continues there.</param>
public sealed record ProposalRunResult(int Proposed, int AlreadyThere, int Skipped, long Boxes, int WithoutBoxes, bool Cancelled);

/// <summary>The rate over a recent window.</summary>
internal sealed class RecentRate
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(0.2);

    private readonly Queue<(long Time, int Done)> _samples = new();
    private long _lastReport;

    /// <summary>Starts the clock.</summary>
    public RecentRate(int done)
    {
        _samples.Enqueue((Stopwatch.GetTimestamp(), done));
    }

    /// <summary>Whether it is time for another report; a report a fifth of a second is enough.</summary>
    public bool IsDue => _lastReport == 0 || Stopwatch.GetElapsedTime(_lastReport) >= Between;

    /// <summary>Reports how far the run is.</summary>
    public ProposalProgress Report(int done, int total, int skipped)
    {
        long now = _lastReport = Stopwatch.GetTimestamp();
        while (_samples.Count > 1 && Stopwatch.GetElapsedTime(_samples.Peek().Time, now) > Window)
        {
            _samples.Dequeue();
        }

        (long time, int before) = _samples.Peek();
        double seconds = Stopwatch.GetElapsedTime(time, now).TotalSeconds;
        double rate = seconds > 0 ? (done - before) / seconds : 0;
        _samples.Enqueue((now, done));
        return new ProposalProgress(done, total, skipped, rate, rate > 0 ? TimeSpan.FromSeconds((total - done) / rate) : null);
    }
}

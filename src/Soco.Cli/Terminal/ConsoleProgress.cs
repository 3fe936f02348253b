using Soco.Jobs;

namespace Soco.Cli.Terminal;

/// <summary>Prints the events of jobs: progress as one line that is overwritten on a terminal, warnings to standard error.</summary>
internal sealed class ConsoleProgress : IProgress<JobEvent>, IDisposable
{
    private ProgressLine? _line;

    /// <inheritdoc/>
    public void Report(JobEvent value)
    {
        if (value is JobProgress progress)
        {
            Line(progress.Stage).Report(progress.Done, progress.Total, progress.Left, progress.Details);
            return;
        }

        _line?.Clear();
        switch (value)
        {
            case JobMessage message:
                Console.WriteLine(PlainText.Of(message.Text));
                break;
            case JobWarning warning:
                Console.Error.WriteLine($"soco: {PlainText.Of(warning.Text)}");
                break;
            case WeightsTransferred transferred:
                TransferTable.Print(transferred.Report);
                break;
            case ComparisonMeasured measured:
                CompareTables.Print(measured.Results);
                break;
        }
    }

    /// <summary>For a job that is part of a longer command: progress and warnings only.</summary>
    /// <param name="name">The part.</param>
    public IProgress<JobEvent> Part(string name) => new PartProgress(this, name);

    /// <summary>Ends the line of progress.</summary>
    public void Dispose() => _line?.Dispose();

    private ProgressLine Line(string stage)
    {
        if (_line?.Title != stage)
        {
            _line?.Dispose();
            _line = new ProgressLine(stage);
        }

        return _line;
    }

    private sealed class PartProgress(ConsoleProgress whole, string name) : IProgress<JobEvent>
    {
        public void Report(JobEvent value)
        {
            if (value is not JobMessage)
            {
                whole.Report(value is JobProgress progress ? progress with { Stage = $"{name} {progress.Stage}" } : value);
            }
        }
    }
}

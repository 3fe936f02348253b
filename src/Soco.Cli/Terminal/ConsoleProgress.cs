using Soco.Jobs;

namespace Soco.Cli.Terminal;

/// <summary>What jobs tell, on the console: progress as a line that is written over on a terminal, warnings on standard error.</summary>
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

    /// <summary>For a job that is a part of a longer command: its progress and warnings alone.</summary>
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

using Soco.Recipes;
using Soco.Reports.Html;
using Soco.Runs;
using Soco.Vision;
using Soco.Weights;

namespace Soco.Reports;

/// <summary>How a run stands.</summary>
internal enum RunState
{
    /// <summary>The whole schedule is done.</summary>
    Completed,

    /// <summary>It stopped where it was asked to.</summary>
    Stopped,

    /// <summary>Ctrl-C or SIGTERM, after a save.</summary>
    Interrupted,

    /// <summary>It ended with an error.</summary>
    Failed,

    /// <summary>A process has it.</summary>
    Running,

    /// <summary>No end was written down, as after a kill or a power cut.</summary>
    Broken,

    /// <summary>Not even its beginning was written down.</summary>
    Unrecorded,
}

/// <summary>What there is of a run on disk. Whatever is missing or damaged is left out; only a folder without a run is refused.</summary>
internal sealed class RunReading
{
    private RunReading(RunFolder folder, string name)
    {
        (Folder, Name) = (folder, name);
        try
        {
            Recipe = folder.ReadRecipe();
        }
        catch (SocoException)
        {
            // A run without its recipe still has its curves.
        }

        (Lines, DamagedLines) = File.Exists(folder.LogPath) ? RunLog.ReadWhole(folder.LogPath) : ([], 0);
        Record = folder.ReadRecord();
        Evaluation = EvaluationReading.Read(folder.EvaluationPath);
        Found = FoundPictures.Read(folder.FoundPath);
        Transfer = folder.ReadTransfer();
        Skipped = File.Exists(folder.SkippedPath) ? Math.Max(0, File.ReadLines(folder.SkippedPath).Count() - 1) : 0;
        State = Record.Sessions.LastOrDefault() switch
        {
            { Error: not null } => RunState.Failed,
            { Outcome: TrainingOutcome.Completed } => RunState.Completed,
            { Outcome: TrainingOutcome.Stopped } => RunState.Stopped,
            { Outcome: TrainingOutcome.Interrupted } => RunState.Interrupted,
            _ when folder.IsLocked => RunState.Running,
            null => RunState.Unrecorded,
            _ => RunState.Broken,
        };
    }

    /// <summary>Where it is.</summary>
    public RunFolder Folder { get; }

    /// <summary>What a person calls it.</summary>
    public string Name { get; }

    /// <summary>How it stands.</summary>
    public RunState State { get; }

    /// <summary>What it was told; null where that cannot be read.</summary>
    public Recipe? Recipe { get; }

    /// <summary>Its log.</summary>
    public IReadOnlyList<IReadOnlyDictionary<string, double>> Lines { get; }

    /// <summary>Lines of the log that are left out because they are damaged.</summary>
    public int DamagedLines { get; }

    /// <summary>How it was made.</summary>
    public RunRecord Record { get; }

    /// <summary>What it took over from its weights; null where it began from scratch.</summary>
    public TransferReport? Transfer { get; }

    /// <summary>What its best detector measures, if it has been measured.</summary>
    public EvaluationReading? Evaluation { get; }

    /// <summary>The pictures of what its best detector found.</summary>
    public FoundPictures Found { get; }

    /// <summary>Images that could not be used.</summary>
    public int Skipped { get; }

    /// <summary>Steps done, as far as anything tells.</summary>
    public long Steps => Math.Max(Record.Sessions.LastOrDefault()?.LastStep ?? 0, Lines.Count > 0 ? (long)Lines[^1]["step"] : 0);

    /// <summary>Steps of the schedule; 0 where nothing tells.</summary>
    public long TotalSteps =>
        Record.TotalSteps > 0 ? Record.TotalSteps
        : Recipe is DetectionRecipe detection ? detection.Iterations
        : 0;

    /// <summary>Time of training; where the last session has no end, up to the last line of its log.</summary>
    public TimeSpan Duration
    {
        get
        {
            RunSession? last = Record.Sessions.LastOrDefault();
            TimeSpan open = last is { Ended: null } ? File.GetLastWriteTimeUtc(Folder.LogPath) - last.Started.UtcDateTime : TimeSpan.Zero;
            return Record.Duration + (open > TimeSpan.Zero ? open : TimeSpan.Zero);
        }
    }

    /// <summary>Opens a run.</summary>
    /// <param name="path">Its folder.</param>
    /// <param name="name">What a person calls it; null: the folder's name.</param>
    /// <exception cref="SocoRequestException">There is no run.</exception>
    public static RunReading Open(string path, string? name = null)
    {
        RunFolder folder = RunFolder.Look(path);
        return new RunReading(folder, name ?? Path.GetFileName(folder.Root));
    }

    /// <summary>A value of the log over the steps, where it is there and finite.</summary>
    public IReadOnlyList<CurvePoint> Curve(string name) =>
        [
            .. Lines
                .Where(line => double.IsFinite(line.GetValueOrDefault(name, double.NaN)))
                .Select(line => new CurvePoint(line["step"], line[name])),
        ];

    /// <summary>The last value of a noisy curve, smoothed; null where there is none.</summary>
    public double? Last(string name) => Decimation.Smooth(Curve(name)) is [.., var last] ? last.Y : null;

    /// <summary>The middle value of a curve; null where there is none.</summary>
    public double? Median(string name) =>
        Curve(name).Select(point => point.Y).Order().ToArray() is { Length: > 0 } sorted ? sorted[sorted.Length / 2] : null;

    /// <summary>The names in the log that begin so, in its order.</summary>
    public IReadOnlyList<string> Names(string prefix) =>
        [.. Lines.SelectMany(line => line.Keys).Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Distinct()];
}

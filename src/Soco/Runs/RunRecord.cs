using System.Text.Json.Serialization;
using Soco.Distributed;
using Soco.Recipes;
using Soco.Tensors;

namespace Soco.Runs;

/// <summary>How a run was made: every process that trained it (<see cref="RunFolder.RecordPath"/>).</summary>
internal sealed record RunRecord
{
    /// <summary>Optimizer steps of the whole schedule; 0 where nothing was written down.</summary>
    public long TotalSteps { get; init; }

    /// <summary>Images that are trained on.</summary>
    public long Images { get; init; }

    /// <summary>The processes, the first one first.</summary>
    public IReadOnlyList<RunSession> Sessions { get; init; } = [];

    /// <summary>Time of all sessions.</summary>
    [JsonIgnore]
    public TimeSpan Duration => Sessions.Aggregate(TimeSpan.Zero, (sum, session) => sum + session.Duration);

    /// <summary>
    /// Writes down that training begins, or goes on. A session before it that found no end was killed: it ends with the last line of its
    /// log.
    /// </summary>
    /// <param name="folder">The run.</param>
    /// <param name="command">How the training was called.</param>
    /// <param name="recipe">Its recipe.</param>
    /// <param name="processes">The processes that train it.</param>
    /// <param name="totalSteps">Optimizer steps of the whole schedule.</param>
    /// <param name="images">Images that are trained on.</param>
    /// <param name="step">Steps done.</param>
    internal static void Begin(
        RunFolder folder,
        string command,
        Recipe recipe,
        ICollective processes,
        long totalSteps,
        long images,
        long step
    )
    {
        RunRecord before = folder.ReadRecord();
        DateTimeOffset logged = File.GetLastWriteTimeUtc(folder.LogPath);
        folder.WriteRecord(
            before with
            {
                TotalSteps = totalSteps,
                Images = images,
                Sessions =
                [
                    .. before.Sessions.Select(session =>
                        session.Ended is null ? session with { Ended = logged > session.Started ? logged : session.Started } : session
                    ),
                    RunSession.Now(command, step, recipe, processes),
                ],
            }
        );
    }

    /// <summary>Writes down how the session that was begun last ended.</summary>
    /// <param name="folder">The run.</param>
    /// <param name="step">Steps done.</param>
    /// <param name="outcome">How; null where it failed.</param>
    /// <param name="error">Why it failed.</param>
    internal static void End(RunFolder folder, long step, TrainingOutcome? outcome, string? error = null)
    {
        RunRecord record = folder.ReadRecord();
        if (record.Sessions.Count > 0)
        {
            RunSession ended = record.Sessions[^1] with
            {
                Ended = DateTimeOffset.UtcNow,
                LastStep = step,
                Outcome = outcome,
                Error = error,
            };
            folder.WriteRecord(record with { Sessions = [.. record.Sessions.SkipLast(1), ended] });
        }
    }
}

/// <summary>One process that trained a run.</summary>
internal sealed record RunSession
{
    /// <summary>How it was called: what was typed, or the job.</summary>
    public string Command { get; init; } = "";

    /// <summary>The version of Soco, with the commit it was built from.</summary>
    public string Version { get; init; } = "";

    /// <summary>What it ran on.</summary>
    public Machine Machine { get; init; } = new();

    /// <summary>Threads of computation of each process.</summary>
    public int Threads { get; init; }

    /// <summary>Processes that took each step together.</summary>
    public int Processes { get; init; } = 1;

    /// <summary>The hosts that they ran on, each once.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>What carried data between them.</summary>
    public string Engine { get; init; } = "";

    /// <summary>cpu or cuda.</summary>
    public string Device { get; init; } = "";

    /// <summary>When it began, UTC.</summary>
    public DateTimeOffset Started { get; init; }

    /// <summary>When it ended, UTC; null while it runs, and after a kill until the run goes on.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>Steps that were done before.</summary>
    public long FirstStep { get; init; }

    /// <summary>Steps that were done in the end; null where it found no end.</summary>
    public long? LastStep { get; init; }

    /// <summary>How it ended; null where it failed or found no end.</summary>
    public TrainingOutcome? Outcome { get; init; }

    /// <summary>Why it failed.</summary>
    public string? Error { get; init; }

    /// <summary>How long it took, as far as it is known.</summary>
    [JsonIgnore]
    public TimeSpan Duration => Ended is { } ended && ended > Started ? ended - Started : TimeSpan.Zero;

    internal static RunSession Now(string command, long step, Recipe recipe, ICollective processes) =>
        new()
        {
            Command = command,
            Version = Machine.SocoVersion,
            Machine = Machine.This(),
            Threads = recipe.ThreadCount,
            Processes = processes.Size,
            Hosts = [.. processes.Hosts.Distinct()],
            Engine = processes.Engine,
            Device = Devices.Resolve(recipe.Device).type.ToString().ToLowerInvariant(),
            Started = DateTimeOffset.UtcNow,
            FirstStep = step,
        };
}

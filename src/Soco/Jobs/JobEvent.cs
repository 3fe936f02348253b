using Soco.Comparison;
using Soco.Weights;

namespace Soco.Jobs;

/// <summary>
/// What a job reports while it runs. A job reports on its own thread and waits until the receiver returns; <see cref="Progress{T}"/>
/// forwards to another thread, asynchronously.
/// </summary>
public abstract record JobEvent;

/// <summary>A sentence for the user.</summary>
/// <param name="Text">The sentence, or a few.</param>
public sealed record JobMessage(string Text) : JobEvent;

/// <summary>A warning: something is wrong, but the job continues.</summary>
/// <param name="Text">The sentence.</param>
public sealed record JobWarning(string Text) : JobEvent;

/// <summary>How far a stage of a job is.</summary>
/// <param name="Stage">The stage, in a word or two.</param>
/// <param name="Done">Units done.</param>
/// <param name="Total">Units in all.</param>
/// <param name="Left">Time left; null when it cannot be told yet.</param>
/// <param name="Details">Rate and figures, with units.</param>
public sealed record JobProgress(string Stage, long Done, long Total, TimeSpan? Left, string Details) : JobEvent;

/// <summary>The tensors that a detector loaded from pretrained weights.</summary>
/// <param name="Report">The tensors.</param>
public sealed record WeightsTransferred(TransferReport Report) : JobEvent;

/// <summary>The results of a comparison.</summary>
/// <param name="Results">All finished cells and their table.</param>
public sealed record ComparisonMeasured(ComparisonResults Results) : JobEvent;

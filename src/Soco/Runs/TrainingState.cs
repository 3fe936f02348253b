using System.Text.Json;
using Soco.Vision;
using Soco.Weights.Safetensors;

namespace Soco.Runs;

/// <summary>Where a run stands, beside its tensors: with both, training goes on to the bit.</summary>
public sealed record TrainingState
{
    private const string Key = "soco.training_state";
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Optimizer steps done.</summary>
    public required long Step { get; init; }

    /// <summary>Epochs done.</summary>
    public required int Epoch { get; init; }

    /// <summary>Steps done in the epoch that has begun.</summary>
    public required long StepInEpoch { get; init; }

    /// <summary>EMA updates done, where they are not one a step.</summary>
    public long EmaStep { get; init; }

    /// <summary>The step whose evaluation was the last; -1 before the first.</summary>
    public long EvaluatedStep { get; init; } = -1;

    /// <summary>The best evaluation so far, by the figure that the task goes by; null before the first.</summary>
    public double? BestScore { get; init; }

    /// <summary>The step of the best evaluation.</summary>
    public long BestStep { get; init; }

    /// <summary>Seed of the run.</summary>
    public required long Seed { get; init; }

    /// <summary>Images of one step.</summary>
    public required int Batch { get; init; }

    /// <summary>The recipe that the run was last started with, as YAML; null in checkpoints of before it was kept.</summary>
    public string? Recipe { get; init; }

    /// <summary>The images.</summary>
    public required DatasetFingerprint Dataset { get; init; }

    /// <summary>The version of Soco that wrote this.</summary>
    public string SocoVersion { get; init; } = typeof(TrainingState).Assembly.GetName().Version!.ToString(3);

    /// <summary>Whether a file is a checkpoint: it holds a state.</summary>
    internal static bool IsIn(SafetensorsFile file) => file.Metadata.ContainsKey(Key);

    internal static TrainingState ReadFrom(SafetensorsFile file, string path)
    {
        try
        {
            if (
                file.Metadata.TryGetValue(Key, out string? text)
                && JsonSerializer.Deserialize<TrainingState>(text, Json) is TrainingState state
            )
            {
                return state;
            }
        }
        catch (JsonException error)
        {
            throw new SocoDataException(
                $"{path} holds a training state that cannot be read ({error.Message.TrimEnd('.')}); resume from an older one.",
                error
            );
        }

        throw new SocoDataException(
            $"{path} holds weights but no training state, so it cannot be resumed; name a file of a run's checkpoints."
        );
    }

    internal Dictionary<string, string> ToMetadata() => new() { [Key] = ToJson() };

    internal string ToJson() => JsonSerializer.Serialize(this, Json);

    internal static TrainingState FromJson(string text) => JsonSerializer.Deserialize<TrainingState>(text, Json)!;
}

using System.Text.Json;

namespace Soco.Reports;

/// <summary>What <c>evaluation.json</c> of a run says.</summary>
internal sealed record EvaluationReading
{
    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Steps of the detector that was measured.</summary>
    public long Step { get; init; }

    /// <summary>Images it was measured on.</summary>
    public int Images { get; init; }

    /// <summary>What is right and wrong at one score.</summary>
    public ErrorCounts Errors { get; init; } = new();

    /// <summary>Which class objects are detected as; null where an earlier version measured.</summary>
    public ConfusionCounts? Confusion { get; init; }

    /// <summary>Boxes.</summary>
    public MeasuredType? Bbox { get; init; }

    /// <summary>Masks.</summary>
    public MeasuredType? Segm { get; init; }

    /// <summary>Reads the file; null where there is none that can be read.</summary>
    public static EvaluationReading? Read(string path) =>
        JsonFile.Find<EvaluationReading>(path, s_json) is { Bbox: not null } read ? read : null;

    /// <summary>Objects found and missed, and false alarms, from a score on.</summary>
    internal sealed record ErrorCounts
    {
        public double Score { get; init; }

        public int Found { get; init; }

        public int Missed { get; init; }

        public int FalseAlarms { get; init; }

        public double Precision { get; init; }

        public double Recall { get; init; }

        /// <summary>The classes of which anything is right.</summary>
        public List<ClassScore>? Classes { get; init; }

        /// <summary>The best score of a class.</summary>
        public double? ScoreOf(int id) => Classes?.Find(known => known.Id == id)?.Score;
    }

    /// <summary>The score from which on precision and recall of one class balance best.</summary>
    internal sealed record ClassScore(int Id, double Score);

    /// <summary>The confusion matrix.</summary>
    internal sealed record ConfusionCounts
    {
        /// <summary>Its numbers above 0.</summary>
        public List<ConfusionCount>? Counts { get; init; }
    }

    /// <summary>How many objects of a class were detected as a class: ids, null for the background.</summary>
    internal sealed record ConfusionCount(int? Truth, int? Detected, int Count);

    /// <summary>COCO's numbers of boxes or masks.</summary>
    internal sealed record MeasuredType
    {
        /// <summary>By name: AP, AP50, ...</summary>
        public Dictionary<string, double> Numbers { get; init; } = [];

        /// <summary>Each class: its name, objects, and its numbers.</summary>
        public List<Dictionary<string, JsonElement>> Categories { get; init; } = [];
    }
}

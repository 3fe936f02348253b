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

    /// <summary>Boxes.</summary>
    public MeasuredType? Bbox { get; init; }

    /// <summary>Masks.</summary>
    public MeasuredType? Segm { get; init; }

    /// <summary>Reads the file; null where there is none that can be read.</summary>
    public static EvaluationReading? Read(string path) => JsonFile.Find<EvaluationReading>(path, s_json) is { Bbox: not null } read ? read : null;

    /// <summary>Objects found and missed, and false alarms, from a score on.</summary>
    internal sealed record ErrorCounts
    {
        public double Score { get; init; }

        public int Found { get; init; }

        public int Missed { get; init; }

        public int FalseAlarms { get; init; }

        public double Precision { get; init; }

        public double Recall { get; init; }
    }

    /// <summary>COCO's numbers of boxes or masks.</summary>
    internal sealed record MeasuredType
    {
        /// <summary>By name: AP, AP50, ...</summary>
        public Dictionary<string, double> Numbers { get; init; } = [];

        /// <summary>Each class: its name, objects, and its numbers.</summary>
        public List<Dictionary<string, JsonElement>> Categories { get; init; } = [];
    }
}

namespace Soco.Training;

/// <summary>What a finished optimizer step measured.</summary>
/// <param name="Step">Steps done, from 1.</param>
/// <param name="TotalSteps">Steps of the whole schedule.</param>
/// <param name="Epoch">The pass over the images that the step belongs to, from 1.</param>
/// <param name="Values">What the task measured, by name, in the order of the log.</param>
/// <param name="Vectors">Lists of values by name; null when there are none.</param>
/// <param name="ImagesPerSecond">Over the last steps.</param>
/// <param name="SecondsPerStep">Over the last steps.</param>
/// <param name="DataWaitSeconds">Time that the step waited for its data.</param>
internal sealed record TrainingStep(
    long Step,
    long TotalSteps,
    int Epoch,
    IReadOnlyDictionary<string, double> Values,
    IReadOnlyDictionary<string, IReadOnlyList<float>>? Vectors,
    double ImagesPerSecond,
    double SecondsPerStep,
    double DataWaitSeconds
)
{
    /// <summary>The loss.</summary>
    public double Loss => Values["loss"];

    /// <summary>Learning rate of the step.</summary>
    public double LearningRate => Values["lr"];

    /// <summary>The values of a line of the log, with units in the names.</summary>
    public IReadOnlyDictionary<string, double> ToLog()
    {
        var line = new Dictionary<string, double> { ["epoch"] = Epoch };
        foreach ((string name, double value) in Values)
        {
            line[name] = value;
        }

        line["images_per_s"] = ImagesPerSecond;
        line["data_wait_s"] = DataWaitSeconds;
        line["memory_mb"] = Math.Round(Environment.WorkingSet / 1e6);
        return line;
    }
}

namespace Soco.Training;

/// <summary>What a finished optimiser step measured.</summary>
/// <param name="Step">Steps done, from 1.</param>
/// <param name="TotalSteps">Steps of the whole schedule.</param>
/// <param name="Epoch">The epoch that the step belongs to, from 1.</param>
/// <param name="Loss">Sum over the pairs of views.</param>
/// <param name="PairLosses">Loss of each pair of views, by the number of the other view (2, 3, 4).</param>
/// <param name="LearningRate">Learning rate of the step.</param>
/// <param name="EmaMomentum">Momentum of the target's update before the step.</param>
/// <param name="MatchedPairs">Pairs of boxes for each pair of views, mean over the images.</param>
/// <param name="GradientNorm">Euclidean norm of all gradients.</param>
/// <param name="EmbeddingStd">Standard deviation of the unit embeddings; near 1/sqrt(dimensions) when healthy, 0 when collapsed.</param>
/// <param name="ProjectorStd">Standard deviation of each dimension of the projector's output.</param>
/// <param name="ImagesPerSecond">Over the last steps.</param>
/// <param name="SecondsPerStep">Over the last steps.</param>
/// <param name="DataWaitSeconds">Time that the step waited for its samples.</param>
public sealed record TrainingStep(
    long Step,
    long TotalSteps,
    int Epoch,
    double Loss,
    IReadOnlyList<(int View, double Loss)> PairLosses,
    double LearningRate,
    double EmaMomentum,
    double MatchedPairs,
    double GradientNorm,
    double EmbeddingStd,
    IReadOnlyList<float> ProjectorStd,
    double ImagesPerSecond,
    double SecondsPerStep,
    double DataWaitSeconds)
{
    /// <summary>The values of a line of the log, with units in the names.</summary>
    public IReadOnlyDictionary<string, double> ToLog()
    {
        var values = new Dictionary<string, double> { ["epoch"] = Epoch, ["loss"] = Loss };
        foreach ((int view, double loss) in PairLosses)
        {
            values[$"loss_1_{view}"] = loss;
        }

        values["lr"] = LearningRate;
        values["ema_momentum"] = EmaMomentum;
        values["matched_pairs"] = MatchedPairs;
        values["gradient_norm"] = GradientNorm;
        values["embedding_std"] = EmbeddingStd;
        values["projector_std_min"] = ProjectorStd.Count == 0 ? 0 : ProjectorStd.Min();
        values["projector_std_mean"] = ProjectorStd.Count == 0 ? 0 : ProjectorStd.Average();
        values["images_per_s"] = ImagesPerSecond;
        values["data_wait_s"] = DataWaitSeconds;
        return values;
    }

    /// <summary>The lists of values of a line of the log.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<float>> ToLogVectors() =>
        new Dictionary<string, IReadOnlyList<float>> { ["projector_std"] = ProjectorStd };
}

/// <summary>How training ended.</summary>
public enum TrainingOutcome
{
    /// <summary>The whole schedule is done.</summary>
    Completed,

    /// <summary>The step that was asked for is reached; the schedule goes on.</summary>
    Stopped,

    /// <summary>The run was interrupted, after a save.</summary>
    Interrupted,
}

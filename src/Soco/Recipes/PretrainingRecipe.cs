using System.ComponentModel.DataAnnotations;

namespace Soco.Recipes;

/// <summary>
/// Everything that a pretraining run is told, with the paper's values where nothing is said (SoCo, arXiv 2106.02637, section 4.1).
/// </summary>
public sealed record PretrainingRecipe : Recipe
{
    /// <summary>The paper's batch.</summary>
    public PretrainingRecipe() => Batch = 2048;

    /// <summary>What is learned.</summary>
    public PretrainingMethod Method { get; init; }

    /// <summary>Passes over the images; the schedules span them.</summary>
    [Range(1, 100000)]
    public int Epochs { get; init; } = 100;

    /// <summary>How boxes meet pyramid levels.</summary>
    public LevelAssignment Assignment { get; init; }

    /// <summary>Epochs from one checkpoint to the next.</summary>
    [Range(1, 100000)]
    public int CheckpointEveryEpochs { get; init; } = 1;

    /// <summary>Checkpoints at multiples of this many epochs are never deleted; 0 keeps the last two only.</summary>
    [Range(0, 100000)]
    public int KeepEveryEpochs { get; init; } = 25;

    /// <summary>The views.</summary>
    public ViewRecipe Views { get; init; } = new();

    /// <summary>The boxes.</summary>
    public BoxRecipe Boxes { get; init; } = new();

    /// <summary>The color chain.</summary>
    public ColorRecipe Color { get; init; } = new();

    /// <summary>Cutout inside boxes.</summary>
    public CutoutRecipe Cutout { get; init; } = new();

    /// <summary>The network.</summary>
    public ModelRecipe Model { get; init; } = new();

    /// <summary>What is learned of a pair of boxes.</summary>
    public ObjectiveRecipe Objective { get; init; } = new();

    /// <summary>The optimizer and its learning rates.</summary>
    public OptimizerRecipe Optimizer { get; init; } = new();

    /// <summary>The target network's moving average.</summary>
    public EmaRecipe Ema { get; init; } = new();

    /// <summary>What is measured while the network learns.</summary>
    public ProbingRecipe Evaluation { get; init; } = new();

    /// <summary>Whether samples have V3: SoCo and SoCo* do, unless <c>views.use_view3</c> is off.</summary>
    public bool HasView3 => Views.UseView3 && Method is PretrainingMethod.Soco or PretrainingMethod.SocoStar;

    /// <summary>Whether samples have V4: SoCo* does.</summary>
    public bool HasView4 => Method is PretrainingMethod.SocoStar;

    /// <summary>Whether boxes meet pyramid levels: in SoCo and SoCo* they do.</summary>
    public bool HasLevels => Method is PretrainingMethod.Soco or PretrainingMethod.SocoStar;

    /// <summary>Learning rate after warm-up: <c>base_lr * batch / 256</c>.</summary>
    public double PeakLr => Optimizer.BaseLr * Batch / 256;

    /// <summary>Level limits in pixels: those given, or the paper's scaled from 224-pixel views.</summary>
    public LevelLimits LevelLimits
    {
        get
        {
            double scale = Views.Size / 224.0;
            return Boxes.Limits ?? new LevelLimits(48 * scale, 96 * scale, 192 * scale, 224 * scale);
        }
    }

    /// <summary>The level limits for images of another size than the views, pixels.</summary>
    /// <param name="size">Their side, or short side, pixels.</param>
    internal LevelLimits LevelLimitsAt(int size)
    {
        double scale = (double)size / Views.Size;
        LevelLimits limits = LevelLimits;
        return new LevelLimits(limits.P2 * scale, limits.P3 * scale, limits.P4 * scale, limits.P5 * scale);
    }
}

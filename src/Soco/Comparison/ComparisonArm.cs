using Soco.Recipes;
using Soco.Weights;

namespace Soco.Comparison;

/// <summary>What is compared: a way to start the detector.</summary>
/// <param name="Name">Its row in the table, and part of its folders' names.</param>
public sealed record ComparisonArm(string Name)
{
    /// <summary>Its own pretraining, without seed; null where it has none.</summary>
    public PretrainingRecipe? Pretraining { get; init; }

    /// <summary>The arm whose pretraining it starts from in place of one of its own; null: of none.</summary>
    public string? Pretrained { get; init; }

    /// <summary>A file of weights or a run that it starts from in place of a pretraining, relative to the data; null: none.</summary>
    public string? Weights { get; init; }

    /// <summary>Whether the detector learns the unlabelled images' proposals as one class before it learns labels.</summary>
    public bool Align { get; init; }

    /// <summary>Its own fine-tuning, without seed; null: the common one.</summary>
    public DetectionRecipe? Finetuning { get; init; }

    /// <summary>What it takes over of its pretraining.</summary>
    public TransferParts Transfer { get; init; } = TransferParts.All;
}

/// <summary>One detector that is fine-tuned and measured.</summary>
/// <param name="Arm">How it starts.</param>
/// <param name="Budget">Labelled images that it learns from, or labels a class.</param>
/// <param name="Seed">Of the labelled images, of the pretraining and of the fine-tuning.</param>
public sealed record ComparisonCell(ComparisonArm Arm, int Budget, long Seed)
{
    /// <summary>Such as <c>soco-50-seed1</c>.</summary>
    public string Name => $"{Arm.Name}-{Budget}-seed{Seed}";
}

using Soco.Recipes;

namespace Soco.Pretraining.Model;

/// <summary>What a box's vector is made from.</summary>
public enum Variant
{
    /// <summary>FPN levels, RoIAlign, box head (SoCo and SoCo*).</summary>
    Fpn,

    /// <summary>RoIAlign on C4, then C5 and average pooling (SoCo-C4).</summary>
    C4,

    /// <summary>Pooled C5 of the whole view: the image-level baseline (BYOL).</summary>
    Image,
}

/// <summary>The network of a pretraining run. The defaults are the paper's.</summary>
public sealed record SocoModelOptions
{
    /// <summary>Which part of the network describes a box.</summary>
    public Variant Variant { get; init; } = Variant.Fpn;

    /// <summary>resnet18, resnet34, resnet50 or resnet101.</summary>
    public string Arch { get; init; } = "resnet50";

    /// <summary>Factor on the backbone's channels.</summary>
    public double Width { get; init; } = 1;

    /// <summary>Whether the last norm of a residual block starts at 0, else at 1.</summary>
    public bool ZeroInitResidual { get; init; } = true;

    /// <summary>What the online network learns to tell of the target's vectors.</summary>
    public ObjectiveRecipe Objective { get; init; } = new();

    /// <summary>How boxes meet levels.</summary>
    public LevelAssignment Assignment { get; init; } = LevelAssignment.Sparse;

    /// <summary>Whether there is an FPN; without one the regions are read from C5.</summary>
    public bool Fpn { get; init; } = true;

    /// <summary>Whether there is a box head; without one the regions are averaged.</summary>
    public bool Head { get; init; } = true;

    /// <summary>Channels of the FPN.</summary>
    public int FpnChannels { get; init; } = 256;

    /// <summary>Channels of the head's convolutions.</summary>
    public int HeadChannels { get; init; } = 256;

    /// <summary>Width of the head's fully connected layer.</summary>
    public int HeadFc { get; init; } = 1024;

    /// <summary>Hidden width of projector and predictor.</summary>
    public int ProjectorHidden { get; init; } = 4096;

    /// <summary>Width of the embedding.</summary>
    public int ProjectorOut { get; init; } = 256;

    /// <summary>Bins along a side of a region on a pyramid level; C4 regions have 14.</summary>
    public int RoiSize { get; init; } = 7;

    /// <summary>Whether RoIAlign samples at pixel centers.</summary>
    public bool RoiAligned { get; init; } = true;

    /// <summary>Samples along a side of a bin; 0 adapts to the region.</summary>
    public int RoiSamplingRatio { get; init; }

    /// <summary>
    /// Whether activations lie channels-last in memory, which is faster; the published code's order is the other. The function is the same
    /// to rounding.
    /// </summary>
    public bool ChannelsLast { get; init; } = true;

    /// <summary>Whether activations flow in bfloat16; weights, statistics, losses and reductions stay float32.</summary>
    public bool Bfloat16 { get; init; }

    /// <summary>The network that a recipe asks for.</summary>
    public static SocoModelOptions Of(PretrainingRecipe recipe) =>
        new()
        {
            Variant = recipe.Method switch
            {
                PretrainingMethod.SocoC4 => Variant.C4,
                PretrainingMethod.Byol => Variant.Image,
                _ => Variant.Fpn,
            },
            Arch = recipe.ArchName,
            Width = recipe.Model.Width,
            ZeroInitResidual = recipe.Model.ZeroInitResidual,
            Objective = recipe.Objective.Kind == ObjectiveKind.Infonce ? recipe.Objective : recipe.Objective with { Queue = 0 },
            Assignment = recipe.Assignment,
            Fpn = recipe.Model.Fpn,
            Head = recipe.Model.Head,
            FpnChannels = recipe.Model.FpnChannels,
            HeadChannels = recipe.Model.HeadChannels,
            HeadFc = recipe.Model.HeadFc,
            ProjectorHidden = recipe.Model.ProjectorHidden,
            ProjectorOut = recipe.Model.ProjectorOut,
            RoiSize = recipe.Model.RoiSize,
            RoiAligned = recipe.Model.RoiAligned,
            RoiSamplingRatio = recipe.Model.RoiSamplingRatio,
            Bfloat16 = recipe.Precision == NumberFormat.Bf16,
        };
}

using Soco.Detection;
using Soco.Pretraining;

namespace Soco.Training;

/// <summary>From a recipe to the network it asks for.</summary>
public static class RecipeModels
{
    /// <summary>The network of a pretraining run.</summary>
    public static SocoModelOptions ModelOptions(this PretrainingRecipe recipe) => new()
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
        Objective = recipe.Objective.Options,
        Assignment = recipe.Assignment == LevelAssignment.Dense ? Assignment.Dense : Assignment.Sparse,
        WithFpn = recipe.Model.Fpn,
        WithHead = recipe.Model.Head,
        FpnChannels = recipe.Model.FpnChannels,
        HeadChannels = recipe.Model.HeadChannels,
        HeadWidth = recipe.Model.HeadFc,
        HiddenWidth = recipe.Model.ProjectorHidden,
        EmbeddingWidth = recipe.Model.ProjectorOut,
        RegionBins = recipe.Model.RoiSize,
        Aligned = recipe.Model.RoiAligned,
        SamplingRatio = recipe.Model.RoiSamplingRatio,
        Bfloat16 = recipe.Precision == NumberFormat.Bf16,
    };

    /// <summary>The detector of a fine-tuning run.</summary>
    /// <param name="recipe">The run; <c>model.heads</c> is resolved, <c>auto</c> is boxes alone.</param>
    /// <param name="classes">Classes of objects.</param>
    public static MaskRcnnOptions ModelOptions(this DetectionRecipe recipe, int classes)
    {
        MaskRcnnOptions published = recipe.Method == DetectionMethod.MaskRcnnC4 ? MaskRcnnOptions.C4 : new MaskRcnnOptions();
        return published with
        {
            Arch = recipe.ArchName,
            Width = recipe.Model.Width,
            ZeroInitResidual = recipe.Model.ZeroInitResidual,
            Classes = classes,
            WithMasks = recipe.Model.Heads == DetectorHeads.BoxAndMask,
            FpnChannels = recipe.Model.FpnChannels,
            HeadChannels = recipe.Model.HeadChannels,
            HeadWidth = recipe.Model.HeadFc,
            BackboneNorm = recipe.Model.BackboneNorm == NormMode.Frozen ? BackboneNorm.Frozen : BackboneNorm.Batch,
            FrozenStages = recipe.Model.FrozenStages,
            Bfloat16 = recipe.Precision == NumberFormat.Bf16,
            Rpn = published.Rpn with { AnchorSizes = [.. Enumerable.Range(0, 5).Select(level => recipe.Model.SmallestAnchor << level)] },
            Roi = published.Roi with
            {
                CanonicalSide = recipe.Model.CanonicalSide,
                SamplesPerImage = recipe.Model.RegionsPerImage,
                ScoreThreshold = (float)recipe.Model.ScoreThreshold,
                DetectionsPerImage = recipe.Model.DetectionsPerImage,
            },
        };
    }
}

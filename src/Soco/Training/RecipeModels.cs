using Soco.Pretraining;

namespace Soco.Training;

/// <summary>From a recipe to the network it asks for.</summary>
public static class RecipeModels
{
    /// <summary>The network's options.</summary>
    public static SocoModelOptions ModelOptions(this Recipe recipe) => new()
    {
        Variant = recipe.Method switch
        {
            PretrainingMethod.SocoC4 => Variant.C4,
            PretrainingMethod.Byol => Variant.Image,
            _ => Variant.Fpn,
        },
        Arch = recipe.ArchName(),
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

    /// <summary>The backbone's name, such as resnet50.</summary>
    public static string ArchName(this Recipe recipe) => recipe.Arch.ToString().ToLowerInvariant();
}

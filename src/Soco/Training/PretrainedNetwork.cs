using Soco.Pretraining.Model;
using Soco.Recipes;
using Soco.Runs;
using Soco.Tensors;
using Soco.Vision;
using Soco.Weights;

namespace Soco.Training;

/// <summary>The network of a pretraining run, as it was initialized and as it was trained.</summary>
public static class PretrainedNetwork
{
    /// <summary>The network before the first step.</summary>
    /// <param name="recipe">The run; its seed decides the weights.</param>
    public static SocoModel Initialize(PretrainingRecipe recipe) =>
        InitialWeights.Seeded(recipe.Seed, () => new SocoModel(SocoModelOptions.Of(recipe)));

    /// <summary>The network with what a detector is handed: backbone, pyramid and head as trained, the rest as initialized.</summary>
    /// <param name="folder">The run.</param>
    /// <returns>The network, and the recipe of the run.</returns>
    /// <exception cref="SocoRequestException">The folder holds no pretraining, or has no weights yet.</exception>
    /// <exception cref="SocoDataException">The weights are damaged.</exception>
    public static (SocoModel Model, PretrainingRecipe Recipe) Open(RunFolder folder)
    {
        PretrainingRecipe recipe =
            folder.ReadRecipe() as PretrainingRecipe
            ?? throw new SocoRequestException($"{folder.Root} holds no pretraining; name a run of `soco pretrain`.");
        using WeightsFile weights = RunFolder.OpenWeights(folder.Root);
        return (Load(recipe, weights), recipe);
    }

    /// <summary>The network with what a file hands on: backbone, pyramid and head as there, the rest as initialized.</summary>
    /// <param name="recipe">A run with the file's widths.</param>
    /// <param name="weights">The file.</param>
    /// <exception cref="SocoDataException">The weights are damaged, or of other widths.</exception>
    public static SocoModel Load(PretrainingRecipe recipe, WeightsFile weights)
    {
        SocoModel model = Initialize(recipe);
        try
        {
            StateLoading.Load(model.TransferableState(), weights, weights.Path);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }
}

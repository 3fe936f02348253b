using System.Text.Json;
using Soco.Detection.Model;
using Soco.Recipes;
using Soco.Runs;
using Soco.Vision;
using Soco.Vision.Annotations.Coco;
using Soco.Weights;
using Soco.Weights.Safetensors;

namespace Soco.Training;

/// <summary>A detector on disk: its tensors under torchvision's names, and beside them the recipe and the classes, so that the file is enough to run it.</summary>
public static class DetectorWeights
{
    private const string RecipeKey = "soco.recipe";
    private const string ClassesKey = "soco.classes";

    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Writes a detector.</summary>
    /// <exception cref="SocoRunException">The disk is full.</exception>
    public static void Save(string path, MaskRcnn detector, DetectionRecipe recipe, IReadOnlyList<CocoCategory> classes, long step) => SafetensorsWriter.Write(
        path,
        StateLoading.TensorsOf(detector),
        new Dictionary<string, string>
        {
            ["format"] = "pt",
            ["soco.method"] = recipe.Method.ToString(),
            ["soco.arch"] = recipe.ArchName,
            ["soco.step"] = step.ToString(),
            ["soco.total_steps"] = recipe.Iterations.ToString(),
            [RecipeKey] = recipe.ToYaml(),
            [ClassesKey] = JsonSerializer.Serialize(classes.Select(category => new DetectorClass(category.Id, category.Name)), s_json),
        });

    /// <summary>Reads a detector that was fine-tuned here, in evaluation mode.</summary>
    /// <param name="path">A run folder, whose best detector is taken, or a file of weights.</param>
    /// <returns>The detector, its recipe and its classes in the order of its labels.</returns>
    /// <exception cref="SocoRequestException">There is no such run or file, or no detector in it yet.</exception>
    /// <exception cref="SocoDataException">The file is damaged, or holds no detector of Soco's.</exception>
    public static (MaskRcnn Detector, DetectionRecipe Recipe, IReadOnlyList<CocoCategory> Classes) Open(string path)
    {
        if (Directory.Exists(path))
        {
            RunFolder folder = RunFolder.Open(path);
            path = File.Exists(folder.WeightsPath)
                ? folder.WeightsPath
                : throw new SocoRequestException($"{path} holds no detector yet: the first is written with the first evaluation; let it train on.");
        }

        using WeightsFile file = RunFolder.OpenWeights(path);
        if (!file.Metadata.TryGetValue(RecipeKey, out string? yaml) || !file.Metadata.TryGetValue(ClassesKey, out string? json))
        {
            throw new SocoDataException(
                $"{path} holds no detector that was fine-tuned with Soco: make one of it with `soco finetune --weights {path}`.");
        }

        var recipe = Recipe.Parse<DetectionRecipe>(yaml, path);
        CocoCategory[] classes = ClassesOf(json, path);
        var detector = new MaskRcnn(MaskRcnnOptions.Of(recipe, classes.Length));
        try
        {
            WeightsTransfer.Load(StateLoading.TensorsOf(detector), file, strict: true);
            detector.eval();
            return (detector, recipe, classes);
        }
        catch
        {
            detector.Dispose();
            throw;
        }
    }

    private static CocoCategory[] ClassesOf(string json, string path)
    {
        try
        {
            return JsonSerializer.Deserialize<DetectorClass?[]>(json, s_json) is { } known && known.All(item => item?.Name is not null)
                ? [.. known.Select(item => new CocoCategory(item!.Id, item.Name, ""))]
                : throw new JsonException("a class is missing");
        }
        catch (JsonException error)
        {
            throw new SocoDataException($"{path} holds a list of classes that cannot be read ({error.Message.TrimEnd('.')}); copy or make the file again.", error);
        }
    }

    private sealed record DetectorClass(int Id, string Name);
}

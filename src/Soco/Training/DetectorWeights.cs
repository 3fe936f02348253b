using System.Globalization;
using System.Text.Json;
using Soco.Detection.Model;
using Soco.Recipes;
using Soco.Runs;
using Soco.Vision;
using Soco.Vision.Annotations.Coco;
using Soco.Weights;
using Soco.Weights.Safetensors;

namespace Soco.Training;

/// <summary>
/// A detector on disk: its tensors under torchvision's names, and beside them the recipe and the classes, so that the file is enough to run
/// it.
/// </summary>
public static class DetectorWeights
{
    private const string RecipeKey = "soco.recipe";
    private const string ClassesKey = "soco.classes";
    private const string ScoreKey = "soco.ap";

    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Writes a detector.</summary>
    /// <param name="path">The file.</param>
    /// <param name="detector">The detector.</param>
    /// <param name="recipe">The run that trained it.</param>
    /// <param name="classes">Its classes in the order of its labels.</param>
    /// <param name="step">Optimizer steps that it was trained for.</param>
    /// <param name="score">Its AP in [0, 1]; null where it was not evaluated.</param>
    /// <exception cref="SocoRunException">The disk is full.</exception>
    public static void Save(
        string path,
        MaskRcnn detector,
        DetectionRecipe recipe,
        IReadOnlyList<CocoCategory> classes,
        long step,
        double? score = null
    )
    {
        var metadata = new Dictionary<string, string>
        {
            ["format"] = "pt",
            ["soco.method"] = recipe.Method.ToString(),
            ["soco.arch"] = recipe.ArchName,
            ["soco.step"] = step.ToString(),
            ["soco.total_steps"] = recipe.Iterations.ToString(),
            [RecipeKey] = recipe.ToYaml(),
            [ClassesKey] = JsonSerializer.Serialize(classes.Select(category => new DetectorClass(category.Id, category.Name)), s_json),
        };
        if (score is { } measured)
        {
            metadata[ScoreKey] = measured.ToString("R", CultureInfo.InvariantCulture);
        }

        SafetensorsWriter.Write(path, StateLoading.TensorsOf(detector), metadata);
    }

    /// <summary>The AP in [0, 1] that a detector was evaluated with; not a number where the file is damaged or does not tell.</summary>
    internal static double ScoreOf(string path)
    {
        try
        {
            using SafetensorsFile file = SafetensorsFile.Open(path);
            return
                file.Metadata.TryGetValue(ScoreKey, out string? text)
                && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double score)
                ? score
                : double.NaN;
        }
        catch (SocoDataException)
        {
            return double.NaN;
        }
    }

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
                : throw new SocoRequestException(
                    $"{path} holds no detector yet: the first is written with the first evaluation; let it train on."
                );
        }

        using WeightsFile file = RunFolder.OpenWeights(path);
        (DetectionRecipe recipe, IReadOnlyList<CocoCategory> classes) = Description(file);
        return (Load(file, MaskRcnnOptions.Of(recipe, classes.Count)), recipe, classes);
    }

    /// <summary>A detector with the tensors of a file, in evaluation mode.</summary>
    /// <param name="file">The file.</param>
    /// <param name="options">The detector that it holds.</param>
    /// <exception cref="SocoDataException">The file is damaged, or holds another detector.</exception>
    public static MaskRcnn Load(WeightsFile file, MaskRcnnOptions options)
    {
        var detector = new MaskRcnn(options);
        try
        {
            WeightsTransfer.Load(StateLoading.TensorsOf(detector), file, strict: true);
            detector.eval();
            return detector;
        }
        catch
        {
            detector.Dispose();
            throw;
        }
    }

    /// <summary>
    /// What is written beside the tensors of a detector that was fine-tuned here: its recipe and its classes in the order of its labels.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <exception cref="SocoDataException">The file holds no detector of Soco's.</exception>
    public static (DetectionRecipe Recipe, IReadOnlyList<CocoCategory> Classes) Description(WeightsFile file) =>
        file.Metadata.TryGetValue(RecipeKey, out string? yaml) && file.Metadata.TryGetValue(ClassesKey, out string? json)
            ? (Recipe.Parse<DetectionRecipe>(yaml, file.Path), ClassesOf(json, file.Path))
            : throw new SocoDataException(
                $"{file.Path} holds no detector that was fine-tuned with Soco: make one of it with `soco finetune --weights {file.Path}`."
            );

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
            throw new SocoDataException(
                $"{path} holds a list of classes that cannot be read ({error.Message.TrimEnd('.')}); copy or make the file again.",
                error
            );
        }
    }

    private sealed record DetectorClass(int Id, string Name);
}

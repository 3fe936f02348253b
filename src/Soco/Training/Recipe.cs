using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Text;

namespace Soco.Training;

/// <summary>
/// Everything that a pretraining run is told, with the paper's values where nothing is said (SoCo, arXiv 2106.02637, section 4.1).
/// In YAML every key is the property's name in snake_case; sections nest.
/// </summary>
public sealed record Recipe
{
    /// <summary>What is learned.</summary>
    public PretrainingMethod Method { get; init; }

    /// <summary>The backbone.</summary>
    public Backbone Arch { get; init; } = Backbone.Resnet50;

    /// <summary>Passes over the images; the schedules span them.</summary>
    [Range(1, 100000)]
    public int Epochs { get; init; } = 100;

    /// <summary>Images of one optimiser step.</summary>
    [Range(1, 1000000)]
    public int Batch { get; init; } = 2048;

    /// <summary>Images of one forward and backward pass, accumulated up to <see cref="Batch"/>; 0 is the whole batch.</summary>
    [Range(0, 1000000)]
    public int MicroBatch { get; init; }

    /// <summary>Seed of every random choice.</summary>
    [Range(0, long.MaxValue)]
    public long Seed { get; init; }

    /// <summary>Threads of computation; 0 is one for each core.</summary>
    [Range(0, 4096)]
    public int Threads { get; init; }

    /// <summary>Number format of the computation.</summary>
    public NumberFormat Precision { get; init; }

    /// <summary>How boxes meet pyramid levels.</summary>
    public LevelAssignment Assignment { get; init; }

    /// <summary>Where the tensors live.</summary>
    public ComputeDevice Device { get; init; }

    /// <summary>Steps from one checkpoint to the next; 0 saves at the ends of epochs only.</summary>
    [Range(0, 1000000000)]
    public int CheckpointEverySteps { get; init; }

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

    /// <summary>The colour chain.</summary>
    public ColorRecipe Color { get; init; } = new();

    /// <summary>Cutout inside boxes.</summary>
    public CutoutRecipe Cutout { get; init; } = new();

    /// <summary>The network.</summary>
    public ModelRecipe Model { get; init; } = new();

    /// <summary>The optimiser and its learning rates.</summary>
    public OptimizerRecipe Optimizer { get; init; } = new();

    /// <summary>The target network's moving average.</summary>
    public EmaRecipe Ema { get; init; } = new();

    /// <summary>Logging.</summary>
    public LoggingRecipe Logging { get; init; } = new();

    /// <summary>Whether samples have V3: SoCo and SoCo* do, unless <c>views.use_view3</c> is off.</summary>
    public bool HasView3 => Views.UseView3 && Method is PretrainingMethod.Soco or PretrainingMethod.SocoStar;

    /// <summary>Whether samples have V4: SoCo* does.</summary>
    public bool HasView4 => Method is PretrainingMethod.SocoStar;

    /// <summary>Whether boxes meet pyramid levels: in SoCo and SoCo* they do.</summary>
    public bool HasLevels => Method is PretrainingMethod.Soco or PretrainingMethod.SocoStar;

    /// <summary>Images of one forward and backward pass.</summary>
    public int PassSize => MicroBatch == 0 ? Batch : Math.Min(MicroBatch, Batch);

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

    /// <summary>Names of the recipes that come with Soco, in name order.</summary>
    public static IReadOnlyList<string> BuiltInNames => BuiltInRecipes.Names;

    /// <summary>Reads a recipe that comes with Soco or a YAML file, then applies <c>key=value</c> overrides in order; the last one wins.</summary>
    /// <param name="nameOrPath">A name of <see cref="BuiltInNames"/>, or a path; a name goes before a file of that name.</param>
    /// <param name="overrides">Dotted keys with YAML values, such as <c>views.size=128</c>.</param>
    /// <exception cref="SocoRequestException">No such recipe, an unknown key, a wrong type or a value out of range.</exception>
    public static Recipe Load(string nameOrPath, IEnumerable<string>? overrides = null)
    {
        var reader = new RecipeReader();
        if (BuiltInRecipes.TryRead(nameOrPath, out string? yaml))
        {
            reader.Add(yaml, nameOrPath);
        }
        else if (File.Exists(nameOrPath))
        {
            reader.AddFile(nameOrPath);
        }
        else
        {
            throw new SocoRequestException(
                $"There is no recipe \"{nameOrPath}\"; name a YAML file that exists or one of {string.Join(", ", BuiltInNames)}.");
        }

        foreach (string given in overrides ?? [])
        {
            reader.AddOverride(given);
        }

        return reader.Bind();
    }

    /// <summary>Reads a recipe from YAML text.</summary>
    /// <param name="yaml">The text.</param>
    /// <param name="source">What error sentences call it.</param>
    /// <exception cref="SocoRequestException">The text is not YAML, an unknown key, a wrong type or a value out of range.</exception>
    public static Recipe Parse(string yaml, string source = "recipe")
    {
        var reader = new RecipeReader();
        reader.Add(yaml, source);
        return reader.Bind();
    }

    /// <summary>All values as YAML; <see cref="Parse"/> gives an equal recipe back.</summary>
    public string ToYaml()
    {
        var text = new StringBuilder();
        string section = "";
        foreach (RecipeKey key in RecipeKey.All)
        {
            if (key.Section != section)
            {
                section = key.Section;
                text.Append('\n').Append(section).Append(":\n");
            }

            text.Append(section.Length > 0 ? "  " : "").Append(key.Name).Append(": ").Append(RecipeValue.Format(key.Get(this))).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>The keys that differ, each as <c>key: here -> there</c>; empty when the recipes are equal.</summary>
    public IReadOnlyList<string> DifferencesTo(Recipe other) =>
        [.. from key in RecipeKey.All
            let here = RecipeValue.Format(key.Get(this))
            let there = RecipeValue.Format(key.Get(other))
            where here != there
            select $"{key.Path}: {here} -> {there}"];

    /// <summary>SHA-256 of <see cref="ToYaml"/>, hexadecimal.</summary>
    public string Hash() => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(ToYaml())));
}

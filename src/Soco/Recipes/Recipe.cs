using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text;
using Soco.Vision;

namespace Soco.Recipes;

/// <summary>
/// What every run is told, whatever it trains. In YAML every key is the property's name in snake_case; sections nest, and <c>method</c>
/// tells which kind of run the recipe is for.
/// </summary>
public abstract record Recipe
{
    private static readonly HashSet<string> s_free =
    [
        "threads",
        "device",
        "checkpoint_every_steps",
        "checkpoint_every_epochs",
        "keep_every_epochs",
        "keep_every_steps",
        "logging.every_steps",
        "evaluation.probe",
        "evaluation.patience",
    ];

    /// <summary>The backbone.</summary>
    public Backbone Arch { get; init; } = Backbone.Resnet50;

    /// <summary>Images of one optimizer step.</summary>
    [Range(1, 1000000)]
    public int Batch { get; init; } = 1;

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

    /// <summary>Where the tensors live.</summary>
    public ComputeDevice Device { get; init; }

    /// <summary>Steps from one checkpoint to the next; 0 saves where the run would anyway.</summary>
    [Range(0, 1000000000)]
    public int CheckpointEverySteps { get; init; }

    /// <summary>Logging.</summary>
    public LoggingRecipe Logging { get; init; } = new();

    /// <summary>Images of one forward and backward pass.</summary>
    public int PassSize => MicroBatch == 0 ? Batch : Math.Min(MicroBatch, Batch);

    /// <summary>The backbone's name, such as resnet50.</summary>
    public string ArchName => Arch.ToString().ToLowerInvariant();

    /// <summary>Threads of computation, counted.</summary>
    public int ThreadCount => Threads > 0 ? Threads : Environment.ProcessorCount;

    internal RecipeKind Kind => RecipeKind.Of(GetType());

    /// <summary>
    /// The keys that keep a run of this recipe from resuming with another one, each as <c>key: here -> there</c>. Free keys may differ, and
    /// <c>epochs</c> or <c>iterations</c> may be larger: the schedules are then those of the longer run.
    /// </summary>
    /// <param name="asked">The recipe that the run would resume with.</param>
    /// <param name="undecided">Keys that are not resolved yet.</param>
    public IReadOnlyList<string> RefusedChanges(Recipe asked, params IReadOnlyList<string> undecided) =>
        asked.Kind != Kind
            ? DifferencesTo(asked)
            :
            [
                .. ChangesTo(asked)
                    .Where(change =>
                        !IsFree(change.Key.Path)
                        && !undecided.Contains(change.Key.Path)
                        && !Lengthens(change.Key.Path, change.Here, change.There)
                    )
                    .Select(Describe),
            ];

    private static bool Lengthens(string key, string here, string there) =>
        key is "epochs" or "iterations" && int.Parse(there, CultureInfo.InvariantCulture) > int.Parse(here, CultureInfo.InvariantCulture);

    /// <summary>Whether a key may differ when a run goes on: it does not change what is computed from which images.</summary>
    public static bool IsFree(string key) => s_free.Contains(key);

    /// <summary>Names of the recipes of a kind that come with Soco, in name order.</summary>
    public static IReadOnlyList<string> NamesOf<T>()
        where T : Recipe => BuiltInRecipes.NamesOf(RecipeKind.Of(typeof(T)));

    /// <summary>
    /// Reads a recipe that comes with Soco or a YAML file, then applies <c>key=value</c> overrides in order; the last one wins.
    /// </summary>
    /// <param name="nameOrPath">A name of <see cref="NamesOf"/>, or a path; a name goes before a file of that name.</param>
    /// <param name="overrides">Dotted keys with YAML values, such as <c>views.size=128</c>.</param>
    /// <exception cref="SocoRequestException">
    /// No such recipe, one of another kind, an unknown key, a wrong type or a value out of range.
    /// </exception>
    public static T Load<T>(string nameOrPath, IEnumerable<string>? overrides = null)
        where T : Recipe, new()
    {
        var reader = new RecipeReader(RecipeKind.Of(typeof(T)));
        reader.AddFrom(nameOrPath);
        foreach (string given in overrides ?? [])
        {
            reader.AddOverride(given);
        }

        return (T)reader.Bind();
    }

    /// <summary>Reads a recipe of whichever kind a file holds.</summary>
    /// <exception cref="SocoRequestException">It cannot be read, or is not valid.</exception>
    public static Recipe Open(string path) => ParseAny(RecipeReader.TextOf(path), path);

    /// <summary>Reads a recipe of whichever kind a text is.</summary>
    /// <param name="yaml">The text.</param>
    /// <param name="source">What error sentences call it.</param>
    /// <exception cref="SocoRequestException">It is not valid.</exception>
    internal static Recipe ParseAny(string yaml, string source)
    {
        var reader = new RecipeReader(RecipeReader.KindOf(yaml, source));
        reader.Add(yaml, source);
        return reader.Bind();
    }

    /// <summary>Reads a recipe from YAML text.</summary>
    /// <param name="yaml">The text.</param>
    /// <param name="source">What error sentences call it.</param>
    /// <exception cref="SocoRequestException">
    /// The text is not YAML, of another kind, an unknown key, a wrong type or a value out of range.
    /// </exception>
    public static T Parse<T>(string yaml, string source = "recipe")
        where T : Recipe, new()
    {
        var reader = new RecipeReader(RecipeKind.Of(typeof(T)));
        reader.Add(yaml, source);
        return (T)reader.Bind();
    }

    /// <summary>All values as YAML; <see cref="Parse"/> gives an equal recipe back.</summary>
    public string ToYaml()
    {
        var text = new StringBuilder();
        string section = "";
        foreach ((string of, string name, string value) in Values())
        {
            if (of != section)
            {
                section = of;
                text.Append('\n').Append(section).Append(":\n");
            }

            text.Append(section.Length > 0 ? "  " : "").Append(name).Append(": ").Append(value).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>Every key in order, with its section (empty for none) and its value as YAML.</summary>
    internal IEnumerable<(string Section, string Name, string Value)> Values() =>
        Kind.Keys.Select(key => (key.Section, key.Name, RecipeValue.Format(key.Get(this))));

    /// <summary>The value of a key, as YAML.</summary>
    /// <param name="key">Such as <c>views.size</c>.</param>
    /// <exception cref="ArgumentException">There is no such key.</exception>
    public string ValueOf(string key) =>
        RecipeValue.Format(
            (
                Kind.Keys.FirstOrDefault(known => known.Path == key) ?? throw new ArgumentException($"There is no key {key}.", nameof(key))
            ).Get(this)
        );

    /// <summary>
    /// The keys that differ, each as <c>key: here -> there</c>; empty when the recipes are equal. Of two kinds of run only these differ.
    /// </summary>
    public IReadOnlyList<string> DifferencesTo(Recipe other) =>
        other.Kind != Kind ? [$"kind: {Kind.Command} -> {other.Kind.Command}"] : [.. ChangesTo(other).Select(Describe)];

    private static string Describe((RecipeKey Key, string Here, string There) change) =>
        $"{change.Key.Path}: {change.Here} -> {change.There}";

    /// <summary>The keys whose values differ from those of a recipe of the same kind, with both values as YAML.</summary>
    internal IEnumerable<(RecipeKey Key, string Here, string There)> ChangesTo(Recipe other) =>
        from key in Kind.Keys
        let here = RecipeValue.Format(key.Get(this))
        let there = RecipeValue.Format(key.Get(other))
        where here != there
        select (key, here, there);
}

/// <summary>What is written down while training.</summary>
public sealed record LoggingRecipe
{
    /// <summary>Steps from one line of the log to the next.</summary>
    [Range(1, 1000000)]
    public int EverySteps { get; init; } = 10;
}
